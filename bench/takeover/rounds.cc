// SPDX-License-Identifier: Apache-2.0
#include "bench/takeover/rounds.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

namespace baton::takeover {

Round Rounds::one(How how) {
    lab_.wait_ready();
    ::usleep(2000 + random_() % 20000);  // so that no timer of the switch keeps step with the driver
    const Term term = lab_.term() + 1;
    const Slot next = other(lab_.master());
    const std::int64_t taken_ns = monotonic_now().ns;
    if (how == How::command) {
        if (const int code = lab_.command({"run", "msm-failover"}); code != 0)
            throw StartupError{1, fmt::format("run msm-failover ended with {}", code)};
    } else {
        ::kill(lab_.master_pid(), how == How::sigkill ? SIGKILL : SIGSEGV);
    }
    const GrantRecord& record = lab_.baton().records[term % 64];
    const TermAccount& account = lab_.tables().applier.terms[term % 64];
    const bool served = wait_until(seconds(10), [&] {
        return record.term == term && account.term == term && account.first_accept_ns != 0 &&
               lab_.board(next).took_over_ns != 0 && lab_.board(next).term == term;
    });
    if (!served || lab_.term() != term)
        throw StartupError{1, fmt::format("no master served term {} within 10 s", term)};

    Round round;
    const std::int64_t from = how == How::command ? record.lost_ns.load() : taken_ns;
    round.notice_ns = record.lost_ns - taken_ns;
    round.grant_ns = record.granted_ns - record.lost_ns;
    round.accept_ns = account.first_accept_ns - record.granted_ns;
    round.takeover_ns = account.first_accept_ns - from;
    round.serving_ns = static_cast<std::int64_t>(lab_.board(next).took_over_ns.load()) - from;
    return round;
}

}  // namespace baton::takeover
