// SPDX-License-Identifier: Apache-2.0
// baton-tester, running beside the failovers: it shows the switch the addresses, sends numbered frames both ways all
// the time, and says at the end what became of each of them, by window.
#pragma once

#include <nlohmann/json.hpp>

#include "bench/takeover/lab.h"

namespace baton::takeover {

class Traffic {
  public:
    /// Starts both flows at `rate` frames per second each, and shows `addresses` to the switch, each once. Returns when
    /// it knows 99 % of them: those that meet a full bucket while the FDB grows are learnt when they speak again.
    Traffic(const Lab& lab, std::uint64_t addresses, double rate, unsigned core);

    /// A window of that name begins: frames sent from here on are booked there.
    void mark(const std::string& window);

    /// Ends it; the report (bench/tester/README.md has its fields).
    nlohmann::json stop();

    std::uint64_t known() const { return known_; }  // addresses, when the failovers began

  private:
    nlohmann::json answer(const char* event, Duration at_most);

    Process tester_;
    std::uint64_t known_ = 0;
};

}  // namespace baton::takeover
