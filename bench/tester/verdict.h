// SPDX-License-Identifier: Apache-2.0
// Good, bad or void. Good is refused unless everything was sent, arrived and was right. Void says that the tester, or
// its machine, cannot tell: frames are missing, but its own queues overflowed, or it offered less than it was told to.
// What no overflow can cause - a duplicate, a wrong port, a wrong order, a damaged frame - stays bad.
#pragma once

#include <string>
#include <vector>

#include "bench/tester/hosts.h"
#include "bench/tester/ledger.h"

namespace baton::tester {

enum class Judgement { good = 0, bad = 1, void_ = 3 };  // the program exits with these

constexpr const char* name_of(Judgement judgement) {
    return judgement == Judgement::good ? "good" : judgement == Judgement::bad ? "bad" : "void";
}

struct Verdict {
    Judgement judgement = Judgement::good;
    std::vector<std::string> reasons;  // sentences

    void bad(std::string reason);
    void cannot_tell(std::string reason);
};

Verdict judge_window(const Plan& plan, const WindowReport& window);

/// The run as a whole. `failure_to_start`: the warm-up's complaint, or empty.
Verdict judge_run(const Plan& plan, const Ledger& ledger, const std::vector<WindowReport>& windows,
                  const std::vector<HostReport>& hosts, const std::string& failure_to_start);

}  // namespace baton::tester
