// SPDX-License-Identifier: Apache-2.0
// The result as a table for people and as one JSON object for programs. Names in the JSON are stable; README lists
// them.
#pragma once

#include <string>

#include "bench/tester/runner.h"
#include "bench/tester/verdict.h"

namespace baton::tester {

struct Outcome {
    Verdict verdict;
    std::vector<Verdict> by_window;
    std::vector<WindowReport> windows;
    Counts total;
    OwnTrouble own;
    std::vector<HostReport> hosts;
};

Outcome outcome_of(Runner& runner);
std::string as_text(const Runner& runner, const Outcome& outcome);
std::string as_json(const Runner& runner, const Outcome& outcome);  // one line

/// `text` as a JSON string, quotes included.
std::string quoted(const std::string& text);

}  // namespace baton::tester
