// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/verdict.h"

#include <fmt/format.h>

namespace baton::tester {
namespace {

void judge_counts(Verdict& verdict, const Counts& counts, const OwnTrouble& own) {
    const std::pair<std::uint64_t, const char*> faults[] = {
        {counts.duplicated, "duplicated"}, {counts.reordered, "reordered"}, {counts.misdelivered, "misdelivered"},
        {counts.flooded, "flooded"},       {counts.corrupted, "corrupted"}, {counts.moved, "moved"}};
    for (const auto& [count, word] : faults)
        if (count) verdict.bad(fmt::format("{} {}", count, word));
    if (own.overflows)
        verdict.cannot_tell(
            fmt::format("the tester's own receive queue was full {} times ({} lost)", own.overflows, counts.lost));
    else if (counts.lost)
        verdict.bad(fmt::format("{} lost", counts.lost));
    if (own.refused)
        verdict.cannot_tell(fmt::format("{} frames could not be offered: an end took no more", own.refused));
}

}  // namespace

void Verdict::bad(std::string reason) {
    judgement = Judgement::bad;
    reasons.push_back(std::move(reason));
}

void Verdict::cannot_tell(std::string reason) {
    if (judgement == Judgement::good) judgement = Judgement::void_;
    reasons.push_back(std::move(reason));
}

Verdict judge_window(const Plan& plan, const WindowReport& window) {
    Verdict verdict;
    judge_counts(verdict, window.total, window.own);
    const double seconds = (window.ended - window.begun).seconds();
    for (std::size_t f = 0; f < plan.flows.size(); ++f) {
        const bool had_time = plan.flows[f].rate <= 0 || seconds > 2 / plan.flows[f].rate + plan.late_s;
        if (window.active[f] && had_time && window.flows[f].offered == 0)
            verdict.bad("flow " + plan.flows[f].name + " sent nothing");
    }
    return verdict;
}

Verdict judge_run(const Plan& plan, const Ledger& ledger, const std::vector<WindowReport>& windows,
                  const std::vector<HostReport>& hosts, const std::string& failure_to_start) {
    Verdict verdict;
    if (!failure_to_start.empty()) verdict.bad("not started: " + failure_to_start);
    Counts total;
    OwnTrouble own;
    for (const auto& window : windows) {
        total.add(window.total);
        own.add(window.own);
    }
    judge_counts(verdict, total, own);
    for (unsigned f = 0; f < plan.flows.size(); ++f) {
        if (ledger.next(f) == 0) verdict.bad("flow " + plan.flows[f].name + " sent nothing");
        if (!ledger.last_arrived(f)) verdict.bad("the last frame of flow " + plan.flows[f].name + " did not arrive");
    }
    for (const auto& host : hosts)
        if (host.asked != host.answered)
            verdict.bad(fmt::format("{} of {} questions of host {} for its gateway were not answered",
                                    host.asked - host.answered, host.asked, host.name));
    for (const auto& host : plan.hosts)
        if (const auto& asked = hosts[static_cast<std::size_t>(&host - plan.hosts.data())];
            host.ask > 0 && !asked.asked)
            verdict.bad("host " + host.name + " asked nothing");
    if (ledger.gave_up()) verdict.cannot_tell("too many gaps to remember: losses are a lower bound");
    return verdict;
}

}  // namespace baton::tester
