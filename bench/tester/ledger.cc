// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/ledger.h"

#include <algorithm>

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
    denied += other.denied;
    moved += other.moved;
    wrong_hop += other.wrong_hop;
    wrong_ttl += other.wrong_ttl;
    wrong_checksum += other.wrong_checksum;
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
        flow.moves = plan.flows[f].moves;
        if (flow.expect == Expect::one) flow.streams.resize(plan.flows[f].packet->streams());
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
        auto& live = windows_.back().flows[known].live;
        ++live.corrupted;
        live.wrong_ttl += seen.wrong_ttl;
        live.wrong_checksum += seen.wrong_checksum;
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
    if (!receipt.expected || seen.tag != receipt.tag || seen.wrong_hop) {
        ++wrong_;
        if (receipt.expected) {
            live.mistagged += seen.tag != receipt.tag;
            live.wrong_hop += seen.wrong_hop;
            ++live.misdelivered;
        } else if (receipt.came.add(seen.stamp.sequence) == SequenceSet::Added::again) {
            ++live.misdelivered;
        }
        return;
    }
    if (!first_copy(flow, end, seen, live)) {
        ++live.duplicated;
        ++wrong_;
        return;
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

/// Books the order in which it came; false when it came before.
bool Ledger::first_copy(Flow& flow, unsigned end, const Looked& seen, Counts& live) {
    const auto sequence = seen.stamp.sequence;
    const bool one = flow.expect == Expect::one;
    const auto added = (one ? flow.came : flow.ends[end].came).add(sequence);
    if (added == SequenceSet::Added::again) return false;
    if (!one) {
        live.reordered += added == SequenceSet::Added::late;
        return true;
    }
    auto& stream = flow.streams[seen.stream];
    const bool elsewhere = stream.next && stream.end != end;
    if (elsewhere && !flow.moves) {
        ++live.moved;
        ++wrong_;
    }
    live.reordered += !elsewhere && stream.next > sequence;
    stream = {sequence + 1, end};
    return true;
}

void Ledger::own(const OwnTrouble& trouble, Time now) {
    auto& present = windows_.back();
    present.own.add(trouble);
    if (trouble.overflows && windows_.size() > 1 && now - present.begun < just_now)
        windows_[windows_.size() - 2].own.overflows += trouble.overflows;
}

bool Ledger::all_arrived() const {
    for (const auto& flow : flows_)
        if (flow.expect != Expect::any && arrived_of(flow, 0, flow.next) != flow.next * flow.copies()) return false;
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
    return arrived_of(flow, flow.next - 1, flow.next) == flow.copies();
}

/// Copies of the flow's frames [first, end) that came where they had to.
std::uint64_t Ledger::arrived_of(const Flow& flow, std::uint64_t first, std::uint64_t end) const {
    if (flow.expect == Expect::one) return flow.came.count(first, end);
    std::uint64_t sum = 0;
    for (const auto e : flow.expected_ends) sum += flow.ends[e].came.count(first, end);
    return sum;
}

std::uint64_t Ledger::gave_up() const {
    std::uint64_t sum = 0;
    for (const auto& flow : flows_) {
        sum += flow.came.given_up();
        for (const auto& receipt : flow.ends) sum += receipt.came.given_up();
    }
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
    counts.expected = counts.offered * flow.copies();
    counts.delivered = arrived_of(flow, first, end);
    counts.lost = counts.expected - counts.delivered;
    for (const auto& receipt : flow.ends) {
        if (receipt.expected || receipt.came.empty()) continue;
        const auto stray = receipt.came.count(first, end);
        const bool has_home = flow.expect != Expect::flood && flow.copies() == 1;
        const auto& home = flow.expect == Expect::one || !has_home ? flow.came : flow.ends[flow.expected_ends[0]].came;
        const auto also = has_home ? receipt.came.count_common(home, first, end) : 0;
        counts.flooded += also;
        counts.misdelivered += stray - also;
    }
    if (flow.expect == Expect::denied) counts.denied = counts.offered - std::min(counts.offered, counts.misdelivered);
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
