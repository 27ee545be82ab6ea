// SPDX-License-Identifier: Apache-2.0
// The loop: sends what is due, takes what came out, keeps the books. One thread does both in turn, because the machine
// has two cores and the switch needs one. Pacing is open-loop: frame k of a flow is due at start + k / rate, whatever
// the switch does; a schedule that falls behind by more than plan.late_s is cut there, and the rest is reported as
// refused (the end took no more) or withheld (this program was late), so a late burst is never longer than that.
// The clock is given, so that tests run it on simulated time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/tester/eye.h"
#include "bench/tester/hosts.h"
#include "bench/tester/ledger.h"
#include "bench/tester/warmup.h"

namespace baton::tester {

struct Sample {
    double at_s = 0;  // since the first window began
    std::size_t window = 0;
    std::uint64_t offered = 0, delivered = 0, wrong = 0;     // so far
    std::uint64_t gap_ns = 0, latency_ns = 0, stall_ns = 0;  // worst since the last sample
    std::vector<std::uint64_t> flows;                        // delivered so far, by flow
};

class Runner {
  public:
    enum class Phase { warming, running, draining, finished };
    using Clock = std::function<Time()>;
    using Tell = std::function<void(const std::string&)>;  // events, one JSON object each

    Runner(const Plan& plan, Ends ends, std::uint16_t run, Clock clock, Tell tell);

    /// One turn; true when a frame was sent or received, so that there may be more at once.
    bool turn();

    Phase phase() const { return phase_; }

    // What a command may ask. Each answers with an error when there is no such flow.
    void mark(const std::string& name);
    Result<void> start(const std::string& flow);
    Result<void> pause(const std::string& flow);
    Result<void> set_rate(const std::string& flow, double rate);
    Result<void> set_answers(const std::string& host, bool answers);

    void announce() { hosts_.announce(ends_); }

    void stop();
    std::string status() const;

    const Plan& plan() const { return plan_; }

    const Ledger& ledger() const { return ledger_; }

    std::vector<WindowReport> report() { return ledger_.report(ended_.ns ? ended_ : clock_()); }

    std::vector<HostReport> hosts() const { return hosts_.report(); }

    const std::vector<Sample>& samples() const { return samples_; }

    const std::string& failure_to_start() const { return failure_to_start_; }

    std::uint64_t foreign() const { return foreign_; }

  private:
    enum class State { idle, warming, running, paused, complete };

    struct Sender {
        State state = State::idle;
        std::vector<FrameMould> moulds;
        std::vector<PacketMould> packets;  // of a routed flow, instead
        double rate = 0;
        Time epoch;                  // of the schedule
        std::uint64_t released = 0;  // frames of the schedule sent, refused or withheld
        bool blocked = false;        // the end took less than was due, last time
    };

    Result<unsigned> flow_named(const std::string& name) const;
    void go(unsigned flow, Time now);
    bool send_due(unsigned flow);
    void fill(unsigned flow, unsigned n, std::uint64_t sequence, Time now);
    bool receive(unsigned end);
    void look_after(Time now);
    void warm(Time now);
    void announce_again(Time now);
    void take_sample(Time now);
    std::uint64_t draw(std::uint32_t below);
    std::uint32_t pick(const FlowPlan& flow, std::uint64_t sequence, std::uint32_t count);

    Plan plan_;
    Ends ends_;
    std::uint16_t run_;
    Clock clock_;
    Tell tell_;
    Eye eye_;
    Hosts hosts_;
    Ledger ledger_;
    std::vector<Sender> senders_;
    std::vector<Warmup> warmups_;
    std::vector<Sample> samples_;
    std::vector<std::uint64_t> overflows_seen_;
    Phase phase_ = Phase::warming;
    Time begun_, ended_, last_turn_, next_check_, next_announce_, next_showing_, next_sample_, drain_until_,
        drain_least_;
    std::uint64_t sample_stall_ns_ = 0;
    std::size_t window_ = 0;
    std::uint64_t foreign_ = 0;
    std::uint64_t random_;
    std::string failure_to_start_;
    bool first_start_ = true;
};

}  // namespace baton::tester
