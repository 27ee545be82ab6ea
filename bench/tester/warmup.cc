// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/warmup.h"

namespace baton::tester {
namespace {

constexpr Duration probe_after = milliseconds(5);      // an announcement has passed the switch by then
constexpr Duration evaluate_after = milliseconds(30);  // and a probe

bool has_place_to_announce(const FlowPlan& flow) {
    return flow.expect == Expect::unicast && !flow.packet && !flow.destination.is_multicast();
}

bool judged(const FlowPlan& flow) {
    return flow.probe && flow.expect != Expect::none && flow.expect != Expect::denied && flow.expect != Expect::any;
}

}  // namespace

bool emit(Ends& ends, const Place& from, const Mac& to, const Mac& source, const Stamp& stamp) {
    auto& end = *ends[from.end];
    if (end.room(1) == 0) return false;
    const FrameMould mould(stamp.flow, least_frame, from.tag);
    mould.cast(end.to_fill(0, mould.size()), to, source, stamp);
    return end.send(1) == 1;
}

Warmup::Warmup(const Plan& plan, std::vector<unsigned> flows, std::uint16_t run, Time now)
    : plan_(&plan),
      flows_(std::move(flows)),
      seen_(flows_.size(), std::vector<unsigned>(plan.ends.size())),
      wrong_form_(flows_.size()),
      run_(run),
      next_(now),
      give_up_(now + Duration{static_cast<std::int64_t>(plan.ready_s * 1e9)}) {}

bool Warmup::passed(std::size_t which) const {
    const auto& flow = plan_->flows[flows_[which]];
    if (!judged(flow)) return true;
    if (wrong_form_[which]) return false;
    unsigned at_home = 0;
    for (unsigned end = 0; end < seen_[which].size(); ++end) {
        bool expected = false;
        for (const auto& to : flow.to) expected |= to.end == end;
        if (seen_[which][end] > (expected ? 1u : 0u)) return false;
        at_home += seen_[which][end];
    }
    return at_home == (flow.expect == Expect::one ? 1 : flow.to.size());
}

void Warmup::probe(Ends& ends, unsigned f, Time now) const {
    const auto& flow = plan_->flows[f];
    const Stamp stamp{run_, static_cast<std::uint16_t>(probe_bit | f), round_, ticks(now)};
    if (!flow.packet) {
        emit(ends, flow.from, flow.destination, flow.source, stamp);
        return;
    }
    auto& end = *ends[flow.from.end];
    if (end.room(1) == 0) return;
    const PacketMould mould(*flow.packet, flow.packet->least_size(), flow.from.tag);
    mould.cast(end.to_fill(0, mould.size()), flow.source, 0, 0, stamp);
    end.send(1);
}

bool Warmup::show_all(Ends& ends, Time now) {
    for (unsigned budget = burst_size; budget; --budget) {
        while (shown_flow_ < flows_.size()) {
            const auto& flow = plan_->flows[flows_[shown_flow_]];
            if (has_place_to_announce(flow) && flow.destinations > 1 && shown_ < flow.destinations) break;
            ++shown_flow_;
            shown_ = 0;
        }
        if (shown_flow_ == flows_.size()) return true;
        const auto f = flows_[shown_flow_];
        const auto& flow = plan_->flows[f];
        const Stamp stamp{run_, static_cast<std::uint16_t>(announce_bit | f), shown_, ticks(now)};
        if (!emit(ends, flow.to[0], flow.source, Mac::of(flow.destination.value() + shown_), stamp)) return false;
        ++shown_;
    }
    return false;
}

Warmup::State Warmup::step(Ends& ends, Time now) {
    if (now < next_) return State::going;
    switch (phase_) {
        case Phase::announce:
            ++round_;
            for (std::size_t i = 0; i < flows_.size(); ++i) {
                const auto& flow = plan_->flows[flows_[i]];
                const Stamp stamp{run_, static_cast<std::uint16_t>(announce_bit | flows_[i]), round_, ticks(now)};
                if (has_place_to_announce(flow)) emit(ends, flow.to[0], flow.source, flow.destination, stamp);
            }
            phase_ = Phase::probe;
            next_ = now + probe_after;
            break;
        case Phase::probe:
            for (std::size_t i = 0; i < flows_.size(); ++i) {
                const auto& flow = plan_->flows[flows_[i]];
                seen_[i].assign(plan_->ends.size(), 0);
                wrong_form_[i] = false;
                if (plan_->probe && judged(flow)) probe(ends, flows_[i], now);
            }
            phase_ = Phase::evaluate;
            next_ = now + evaluate_after;
            break;
        case Phase::evaluate: {
            bool all = true;
            for (std::size_t i = 0; i < flows_.size(); ++i) all &= !plan_->probe || passed(i);
            if (!all && now >= give_up_) return State::failed;
            phase_ = all ? Phase::show_all : Phase::announce;
            break;
        }
        case Phase::show_all:
            if (!show_all(ends, now)) break;
            phase_ = Phase::settle;
            next_ = now + probe_after;
            break;
        case Phase::settle: return State::ready;
    }
    return State::going;
}

void Warmup::arrived(unsigned end, const Looked& seen) {
    if (!(seen.stamp.flow & probe_bit) || seen.stamp.sequence != round_) return;
    for (std::size_t i = 0; i < flows_.size(); ++i) {
        if (flows_[i] != (seen.stamp.flow & flow_mask)) continue;
        ++seen_[i][end];
        for (const auto& to : plan_->flows[flows_[i]].to)
            if (to.end == end && (to.tag != seen.tag || seen.wrong_hop)) wrong_form_[i] = true;
    }
}

std::string Warmup::complaint() const {
    std::string text;
    bool routed = false;
    for (std::size_t i = 0; i < flows_.size(); ++i) {
        if (passed(i)) continue;
        const auto& flow = plan_->flows[flows_[i]];
        text += (text.empty() ? "" : "; ") + ("a probe of flow " + flow.name) + " sent into " +
                plan_->ends[flow.from.end].name + " came out at";
        bool anywhere = false;
        for (unsigned end = 0; end < seen_[i].size(); ++end) {
            if (!seen_[i][end]) continue;
            text += (anywhere ? ", " : " ") + plan_->ends[end].name;
            anywhere = true;
        }
        text += anywhere ? ", expected" : " no end, expected";
        for (const auto& to : flow.to) text += " " + plan_->ends[to.end].name;
        if (wrong_form_[i]) text += flow.packet ? ", and in another VLAN or to another hop" : ", and in another VLAN";
        routed |= flow.packet.has_value();
    }
    return text + ". Look at the VLANs, the links and `show fdb`" + (routed ? ", `show iparp` and `show iproute`" : "");
}

}  // namespace baton::tester
