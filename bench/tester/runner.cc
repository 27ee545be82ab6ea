// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/runner.h"

#include <fmt/format.h>

#include <algorithm>

namespace baton::tester {
namespace {

constexpr Duration check_every = milliseconds(20);
constexpr Duration show_every = milliseconds(200);  // hosts, while a flow warms up
constexpr std::uint32_t most_reannounced = 1024;    // addresses of one flow; more would be a load of their own

Duration from_s(double s) {
    return {static_cast<std::int64_t>(s * 1e9)};
}

}  // namespace

Runner::Runner(const Plan& plan, Ends ends, std::uint16_t run, Clock clock, Tell tell)
    : plan_(plan),
      ends_(std::move(ends)),
      run_(run),
      clock_(std::move(clock)),
      tell_(std::move(tell)),
      eye_(plan_, run_),
      hosts_(plan_),
      ledger_(plan_, clock_()),
      senders_(plan_.flows.size()),
      overflows_seen_(ends_.size()),
      last_turn_(clock_()),
      random_(0x9e3779b97f4a7c15ull ^ run) {
    std::vector<unsigned> first;
    for (unsigned f = 0; f < senders_.size(); ++f) {
        const auto& flow = plan_.flows[f];
        for (const auto size : flow.sizes) {
            if (flow.packet)
                senders_[f].packets.emplace_back(*flow.packet, size, flow.from.tag);
            else
                senders_[f].moulds.emplace_back(static_cast<std::uint16_t>(f), size, flow.from.tag);
        }
        senders_[f].rate = flow.rate;
        if (!flow.autostart) continue;
        senders_[f].state = State::warming;
        first.push_back(f);
    }
    for (unsigned e = 0; e < ends_.size(); ++e) overflows_seen_[e] = ends_[e]->trouble().overflows;
    warmups_.emplace_back(plan_, std::move(first), run_, last_turn_);
}

bool Runner::turn() {
    const Time now = clock_();
    if (phase_ == Phase::finished) return false;
    const auto stall = static_cast<std::uint64_t>((now - last_turn_).ns);
    last_turn_ = now;
    sample_stall_ns_ = std::max(sample_stall_ns_, stall);
    if (phase_ != Phase::warming) ledger_.own({.longest_stall_ns = stall}, now);

    bool busy = false;
    for (unsigned e = 0; e < ends_.size(); ++e) busy |= receive(e);
    if (phase_ == Phase::running) {
        for (unsigned f = 0; f < senders_.size(); ++f) busy |= send_due(f);
        hosts_.ask(ends_, now);
    }
    if (!warmups_.empty() && now >= next_showing_) {
        hosts_.announce(ends_);
        next_showing_ = now + show_every;
    }
    warm(now);
    look_after(now);
    return busy;
}

void Runner::warm(Time now) {
    for (std::size_t i = 0; i < warmups_.size(); ++i) {
        const auto state = warmups_[i].step(ends_, now);
        if (state == Warmup::State::going) continue;
        const auto flows = warmups_[i].flows();
        const auto complaint = state == Warmup::State::failed ? warmups_[i].complaint() : "";
        warmups_.erase(warmups_.begin() + static_cast<std::ptrdiff_t>(i));
        if (!complaint.empty()) {
            failure_to_start_ = complaint;
            stop();
            return;
        }
        if (first_start_) {
            first_start_ = false;
            begun_ = now;
            ledger_.begin(now);
            phase_ = Phase::running;
            next_announce_ = now + from_s(plan_.announce_s);
            next_sample_ = now + from_s(plan_.sample_s);
            for (unsigned e = 0; e < ends_.size(); ++e) overflows_seen_[e] = ends_[e]->trouble().overflows;
            tell_(R"({"event":"ready"})");
        }
        for (const auto f : flows) tell_(fmt::format(R"({{"event":"started","flow":"{}"}})", plan_.flows[f].name));
        for (const auto f : flows) go(f, now);
        return;
    }
}

void Runner::go(unsigned f, Time now) {
    senders_[f].state = State::running;
    senders_[f].epoch = now;
    senders_[f].released = 0;
    ledger_.active(f);
}

std::uint64_t Runner::draw(std::uint32_t below) {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return (random_ >> 32) * below >> 32;
}

bool Runner::send_due(unsigned f) {
    auto& sender = senders_[f];
    if (sender.state != State::running) return false;
    const auto& flow = plan_.flows[f];
    const Time now = clock_();
    std::uint64_t pending = burst_size;
    if (sender.rate > 0) {
        const auto due = static_cast<std::uint64_t>((now - sender.epoch).seconds() * sender.rate) + 1;
        pending = due > sender.released ? due - sender.released : 0;
        const auto most = std::max<std::uint64_t>(32, static_cast<std::uint64_t>(sender.rate * plan_.late_s));
        if (pending > most) {
            const auto excess = pending - most;
            ledger_.own(sender.blocked ? OwnTrouble{.refused = excess} : OwnTrouble{.withheld = excess}, now);
            sender.released += excess;
            pending = most;
        }
    }
    if (flow.count) pending = std::min(pending, flow.count - ledger_.next(f));
    if (pending == 0) return false;

    auto& end = *ends_[flow.from.end];
    const auto wanted = static_cast<unsigned>(std::min<std::uint64_t>(pending, burst_size));
    const unsigned room = end.room(wanted);
    for (unsigned n = 0; n < room; ++n) fill(f, n, ledger_.next(f) + n, now);
    const unsigned taken = room ? end.send(room) : 0;
    sender.blocked = taken < wanted;
    sender.released += taken;
    ledger_.sent(f, taken);
    if (flow.count && ledger_.next(f) == flow.count) sender.state = State::complete;
    return taken > 0;
}

std::uint32_t Runner::pick(const FlowPlan& flow, std::uint64_t sequence, std::uint32_t count) {
    if (count == 1) return 0;
    return static_cast<std::uint32_t>(flow.in_order ? sequence % count : draw(count));
}

/// Writes frame `sequence` of the flow as the n-th of its end's burst.
void Runner::fill(unsigned f, unsigned n, std::uint64_t sequence, Time now) {
    auto& sender = senders_[f];
    const auto& flow = plan_.flows[f];
    auto& end = *ends_[flow.from.end];
    const Stamp stamp{run_, static_cast<std::uint16_t>(f), sequence, ticks(now)};
    const auto source = Mac::of(flow.source.value() + pick(flow, sequence, flow.sources));
    if (flow.packet) {
        const auto& mould = sender.packets[sequence % sender.packets.size()];
        const auto from = pick(flow, sequence, flow.packet->sources);
        const auto to = pick(flow, sequence / flow.packet->sources, flow.packet->destinations);
        mould.cast(end.to_fill(n, mould.size()), source, from, to, stamp);
    } else {
        const auto& mould = sender.moulds[sequence % sender.moulds.size()];
        const auto to = Mac::of(flow.destination.value() + pick(flow, sequence, flow.destinations));
        mould.cast(end.to_fill(n, mould.size()), to, source, stamp);
    }
}

bool Runner::receive(unsigned e) {
    const auto arrived = ends_[e]->receive();
    if (arrived.empty()) return false;
    const Time now = clock_();
    for (const auto& frame : arrived) {
        const auto seen = eye_.look(e, frame.bytes, frame.tag);
        if (seen.look == Look::foreign || seen.look == Look::other_run) {
            ++foreign_;
            hosts_.arrived(e, frame, ends_);
        } else if (seen.look == Look::ours && seen.stamp.flow & (probe_bit | announce_bit)) {
            for (auto& warmup : warmups_) warmup.arrived(e, seen);
        } else {
            ledger_.arrived(e, seen, now);
        }
    }
    ends_[e]->done();
    return true;
}

void Runner::look_after(Time now) {
    if (phase_ == Phase::draining && now >= drain_least_ &&
        (now >= drain_until_ || (ledger_.all_arrived() && !hosts_.waiting()))) {
        next_check_ = now;
        ended_ = now;
    }
    if (now < next_check_) return;
    next_check_ = now + check_every;
    for (unsigned e = 0; e < ends_.size(); ++e) {
        const auto overflows = ends_[e]->trouble().overflows;
        if (overflows != overflows_seen_[e] && phase_ != Phase::warming)
            ledger_.own({.overflows = overflows - overflows_seen_[e]}, now);
        overflows_seen_[e] = overflows;
    }
    if (ended_.ns) {
        if (plan_.sample_s > 0) take_sample(now);
        phase_ = Phase::finished;
        return;
    }
    if (phase_ != Phase::running) return;
    if (plan_.announce_s > 0 && now >= next_announce_) announce_again(now);
    if (plan_.sample_s > 0 && now >= next_sample_) take_sample(now);
    const bool over = plan_.duration_s > 0 && now - begun_ >= from_s(plan_.duration_s);
    const bool all_sent = std::all_of(senders_.begin(), senders_.end(),
                                      [](const Sender& sender) { return sender.state == State::complete; });
    if (over || all_sent) stop();
}

void Runner::announce_again(Time now) {
    next_announce_ = now + from_s(plan_.announce_s);
    hosts_.announce(ends_);
    for (unsigned f = 0; f < senders_.size(); ++f) {
        const auto& flow = plan_.flows[f];
        if (senders_[f].state != State::running || flow.expect != Expect::unicast || flow.packet ||
            flow.destination.is_multicast() || flow.destinations > most_reannounced)
            continue;
        for (std::uint64_t n = 0; n < flow.destinations; ++n)
            emit(ends_, flow.to[0], flow.source, Mac::of(flow.destination.value() + n),
                 {run_, static_cast<std::uint16_t>(announce_bit | f), n, ticks(now)});
    }
}

void Runner::take_sample(Time now) {
    next_sample_ = std::max(next_sample_ + from_s(plan_.sample_s), now);
    const auto peaks = ledger_.take_peaks();
    Sample sample{(now - begun_).seconds(),
                  window_,
                  ledger_.offered(),
                  ledger_.delivered(),
                  ledger_.wrong(),
                  peaks.gap_ns,
                  peaks.latency_ns,
                  std::exchange(sample_stall_ns_, 0),
                  {}};
    for (unsigned f = 0; f < senders_.size(); ++f) sample.flows.push_back(ledger_.delivered(f));
    samples_.push_back(std::move(sample));
}

Result<unsigned> Runner::flow_named(const std::string& name) const {
    for (unsigned f = 0; f < plan_.flows.size(); ++f)
        if (plan_.flows[f].name == name) return f;
    return failure("there is no flow called " + name);
}

void Runner::mark(const std::string& name) {
    ledger_.mark(name, clock_());
    ++window_;
    for (unsigned f = 0; f < senders_.size(); ++f)
        if (senders_[f].state == State::running) ledger_.active(f);
}

Result<void> Runner::start(const std::string& name) {
    const auto f = flow_named(name);
    if (!f) return f.error();
    auto& sender = senders_[*f];
    if (sender.state == State::paused) {
        go(*f, clock_());
    } else if (sender.state == State::idle) {
        sender.state = State::warming;
        warmups_.emplace_back(plan_, std::vector<unsigned>{*f}, run_, clock_());
    } else {
        return failure("flow " + name + " was started before");
    }
    return {};
}

Result<void> Runner::pause(const std::string& name) {
    const auto f = flow_named(name);
    if (!f) return f.error();
    if (senders_[*f].state != State::running) return failure("flow " + name + " does not run");
    senders_[*f].state = State::paused;
    return {};
}

Result<void> Runner::set_rate(const std::string& name, double rate) {
    const auto f = flow_named(name);
    if (!f) return f.error();
    if (!(rate > 0)) return failure("a rate is a number of frames per second above 0");
    senders_[*f].rate = rate;
    senders_[*f].epoch = clock_();
    senders_[*f].released = 0;
    return {};
}

Result<void> Runner::set_answers(const std::string& name, bool answers) {
    return hosts_.set_answers(name, answers);
}

void Runner::stop() {
    if (phase_ == Phase::draining || phase_ == Phase::finished) return;
    const Time now = clock_();
    if (first_start_) begun_ = now;
    first_start_ = false;
    phase_ = Phase::draining;
    drain_least_ = now + milliseconds(50);  // for copies that should not come
    drain_until_ = now + from_s(std::max(plan_.drain_s, 0.05));
    warmups_.clear();
}

std::string Runner::status() const {
    return fmt::format(R"({{"event":"status","phase":"{}","offered":{},"delivered":{},"wrong":{},"all_arrived":{}}})",
                       phase_ == Phase::warming   ? "warming"
                       : phase_ == Phase::running ? "running"
                                                  : "draining",
                       ledger_.offered(), ledger_.delivered(), ledger_.wrong(), ledger_.all_arrived());
}

}  // namespace baton::tester
