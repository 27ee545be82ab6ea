// SPDX-License-Identifier: Apache-2.0
// What the rounds add up to, as a table for people and as one JSON object per line.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/takeover/rounds.h"

namespace baton::takeover {

struct Loss {  // of the frames sent while this kind of failover went on
    std::uint64_t offered = 0, lost = 0, duplicated = 0, reordered = 0, misdelivered = 0, withheld = 0;
    double longest_gap_us = 0, longest_stall_us = 0;
    bool voided = false;

    void add(const nlohmann::json& window);

    bool clean() const { return lost + duplicated + reordered + misdelivered == 0; }
};

struct Cell {  // one number of addresses, one way
    std::uint64_t addresses = 0;
    How how{};
    std::vector<std::vector<Round>> passes;  // A B B A: two passes of each size, far apart in time
    Loss loss;
};

std::string table(const std::vector<Cell>& cells);
std::string json(const Cell& cell, const std::string& commit);

}  // namespace baton::takeover
