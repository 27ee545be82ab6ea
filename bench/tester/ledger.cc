// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/ledger.h"

namespace baton::tester {
namespace {

constexpr Duration just_now = milliseconds(500);

}  // namespace

void Counts::add(const Counts& other) {
    offered += other.offered;
    expected += other.expected;
    delivered += other.delivered;
    lost += other.lost;
    duplicated += other.duplicated;
    reordered += other.reordered;
    misdelivered += other.misdelivered;
    mistagged += other.mistagged;
    flooded += other.flooded;
    corrupted += other.corrupted;
    longest_gap_ns = std::max(longest_gap_ns, other.longest_gap_ns);
    latency.add(other.latency);
}

void OwnTrouble::add(const OwnTrouble& other) {
    overflows += other.overflows;
    refused += other.refused;
    withheld += other.withheld;
    longest_stall_ns = std::max(longest_stall_ns, other.longest_stall_ns);
}

Ledger::Ledger(const Plan& plan, Time now) : flows_(plan.flows.size()) {
    for (unsigned f = 0; f < flows_.size(); ++f) {
        auto& flow = flows_[f];
        flow.expect = plan.flows[f].expect;
        flow.ends.resize(plan.ends.size());
        for (const auto& to : plan.flows[f].to) {
            flow.ends[to.end].expected = true;
            flow.ends[to.end].tag = to.tag;
            flow.expected_ends.push_back(to.end);
        }
    }
    mark(plan.first_window, now);
}

void Ledger::mark(std::string name, Time now) {
    Window window{std::move(name), now, {}, std::vector<FlowWindow>(flows_.size())};
    for (unsigned f = 0; f < flows_.size(); ++f) window.flows[f].first = flows_[f].next;
    windows_.push_back(std::move(window));
}

Ledger::FlowWindow& Ledger::window_of(unsigned flow, std::uint64_t sequence) {
    for (std::size_t w = windows_.size(); w-- > 1;)
        if (windows_[w].flows[flow].first <= sequence) return windows_[w].flows[flow];
    return windows_.front().flows[flow];
}

void Ledger::arrived(unsigned end, const Looked& seen, Time now) {
    const unsigned f = seen.stamp.flow & flow_mask;
    if (seen.look == Look::corrupted) {
        const unsigned known = f < flows_.size() ? f : 0;
        ++windows_.back().flows[known].live.corrupted;
        ++wrong_;
        return;
    }
    if (seen.look != Look::ours || seen.stamp.flow != f || f >= flows_.size()) return;
    auto& flow = flows_[f];
    auto& receipt = flow.ends[end];
    auto& live = window_of(f, seen.stamp.sequence).live;
    if (flow.expect == Expect::any) {
        ++live.delivered;
        ++flow.delivered;
        return;
    }
    if (!receipt.expected || seen.tag != receipt.tag) {
        ++wrong_;
        if (receipt.expected) {
            ++live.mistagged;
            ++live.misdelivered;
        } else if (receipt.came.add(seen.stamp.sequence) == SequenceSet::Added::again) {
            ++live.misdelivered;
        }
        return;
    }
    switch (receipt.came.add(seen.stamp.sequence)) {
        case SequenceSet::Added::again:
            ++live.duplicated;
            ++wrong_;
            return;
        case SequenceSet::Added::late: ++live.reordered; break;
        case SequenceSet::Added::in_order: break;
    }
    ++delivered_;
    ++flow.delivered;
    const auto latency = since(seen.stamp.sent, now);
    const auto gap = receipt.last_ns ? static_cast<std::uint64_t>(now.ns - receipt.last_ns) : 0;
    receipt.last_ns = now.ns;
    live.latency.add(latency);
    live.longest_gap_ns = std::max(live.longest_gap_ns, gap);
    peaks_.latency_ns = std::max(peaks_.latency_ns, latency);
    peaks_.gap_ns = std::max(peaks_.gap_ns, gap);
}

void Ledger::own(const OwnTrouble& trouble, Time now) {
    auto& present = windows_.back();
    present.own.add(trouble);
    if (trouble.overflows && windows_.size() > 1 && now - present.begun < just_now)
        windows_[windows_.size() - 2].own.overflows += trouble.overflows;
}

bool Ledger::all_arrived() const {
    for (const auto& flow : flows_)
        for (const auto end : flow.expected_ends)
            if (flow.expect != Expect::any && flow.ends[end].came.count(0, flow.next) != flow.next) return false;
    return true;
}

std::uint64_t Ledger::offered() const {
    std::uint64_t sum = 0;
    for (const auto& flow : flows_) sum += flow.next;
    return sum;
}

bool Ledger::last_arrived(unsigned f) const {
    const auto& flow = flows_[f];
    if (flow.next == 0 || flow.expect == Expect::any) return true;
    for (const auto end : flow.expected_ends)
        if (!flow.ends[end].came.has(flow.next - 1)) return false;
    return true;
}

std::uint64_t Ledger::gave_up() const {
    std::uint64_t sum = 0;
    for (const auto& flow : flows_)
        for (const auto& receipt : flow.ends) sum += receipt.came.given_up();
    return sum;
}

/// What the receipts say of the frames that the flow sent in the window.
Counts Ledger::settle(std::size_t window, unsigned f) const {
    const auto& flow = flows_[f];
    const auto first = windows_[window].flows[f].first;
    const auto end = window + 1 < windows_.size() ? windows_[window + 1].flows[f].first : flow.next;
    Counts counts = windows_[window].flows[f].live;
    counts.offered = end - first;
    if (flow.expect == Expect::any) return counts;
    counts.expected = counts.offered * flow.expected_ends.size();
    for (const auto e : flow.expected_ends) counts.delivered += flow.ends[e].came.count(first, end);
    counts.lost = counts.expected - counts.delivered;
    for (const auto& receipt : flow.ends) {
        if (receipt.expected || receipt.came.empty()) continue;
        const auto stray = receipt.came.count(first, end);
        const auto also = flow.expect == Expect::unicast
                              ? receipt.came.count_common(flow.ends[flow.expected_ends[0]].came, first, end)
                              : 0;
        counts.flooded += also;
        counts.misdelivered += stray - also;
    }
    return counts;
}

std::vector<WindowReport> Ledger::report(Time now) const {
    std::vector<WindowReport> reports;
    for (std::size_t w = 0; w < windows_.size(); ++w) {
        WindowReport report;
        report.name = windows_[w].name;
        report.begun = windows_[w].begun;
        report.ended = w + 1 < windows_.size() ? windows_[w + 1].begun : now;
        report.own = windows_[w].own;
        for (unsigned f = 0; f < flows_.size(); ++f) {
            report.flows.push_back(settle(w, f));
            report.active.push_back(windows_[w].flows[f].active);
            report.total.add(report.flows.back());
        }
        reports.push_back(std::move(report));
    }
    return reports;
}

}  // namespace baton::tester
