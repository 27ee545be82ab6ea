// SPDX-License-Identifier: Apache-2.0
// Addresses never seen before, on the real switch: how fast one worker learns them, with its boards and with none
// alive; what a table that grows from 1 to 16 million under load does to the frames that pass; and what a slave costs
// that has nothing to do. One thread offers frames and looks at each where it comes out (bench/linerate/stream.h);
// destinations are known, so that every frame has one way.
//
//   idle      no traffic, no changes: the slave's share of a core, and how often it wakes
//   learning  every frame has a new source, offered at line rate: learned a second, and learned of those offered; then
//             the same while the chassis is stopped and both boards are dead
//   quiet     one frame in `newcomers-every` would have a new source, but has not
//   growth    now it has, until all are known; latency beside quiet's, and frames lost
//
// An address that meets a full bucket while its table grows is not learned by that frame but by its next one; how many
// did is said (met_full_bucket), and they count as not learned.
#include <fmt/core.h>
#include <signal.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "bench/linerate/traffic.h"
#include "bench/takeover/options.h"
#include "bench/wire/machine.h"

namespace baton::growth {
namespace {

using namespace linerate;
using namespace takeover;
namespace po = boost::program_options;

struct Plan {
    std::uint64_t learners = 2'000'000, last = 16'000'000;
    double idle_seconds = 10, quiet_seconds = 3, rate = 6e6;
    std::uint32_t newcomers_every = 4;
    std::string commit;
};

struct Switch {
    const Lab& lab;
    WireArena &from, &to;
    std::uint64_t newcomers = 0;  // shown so far, over all streams

    const WorkerCounters& worker() const { return lab.tables().workers[0]; }
};

struct Shown {
    Account account;
    std::uint64_t newcomers = 0, learned = 0, full = 0, astray = 0, worker_gap_us = 0;
    double seconds = 0;
};

/// Offers frames until `wanted` newcomers have been shown, or for `seconds`.
Shown offer_frames(Switch& on, Offer offer, std::uint64_t wanted, double seconds) {
    offer.first_newcomer = on.newcomers;
    const std::uint64_t learned = on.worker().learned, full = on.worker().learn_full,
                        astray = flooded_or_dropped(on.lab), rx = on.worker().port[1].rx_frames;
    Stream stream(on.from, on.to, offer);
    const Time begin = monotonic_now();
    Shown shown;
    shown.account = with_traffic(stream, [&](auto&) {
        const Time end = begin + nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
        while (monotonic_now() < end &&
               (wanted == 0 || on.worker().port[1].rx_frames - rx < wanted * offer.newcomer_every))
            nap(1);
    });
    shown.seconds = (monotonic_now() - begin).seconds();
    if (offer.newcomer_every != 0)
        shown.newcomers = (shown.account.offered + offer.newcomer_every - 1) / offer.newcomer_every;
    on.newcomers += shown.newcomers;
    shown.learned = on.worker().learned - learned;
    shown.full = on.worker().learn_full - full;
    shown.astray = flooded_or_dropped(on.lab) - astray;
    shown.worker_gap_us = on.worker().longest_gap_ns / 1000;
    return shown;
}

std::string fate(const Shown& shown) {
    const Account& account = shown.account;
    return fmt::format(
        R"("offered":{},"delivered":{},"lost":{},"duplicated":{},"reordered":{},"misdelivered":{},"corrupted":{},)"
        R"("dropped_or_flooded":{},"verdict":"{}","shown":{},"learned":{},"not_learned":{},"met_full_bucket":{},)"
        R"("worker_longest_gap_us":{},"own_longest_trip_us":{})",
        account.offered, account.delivered, account.lost_in_all(), account.duplicated, account.reordered,
        account.misdelivered, account.corrupted, shown.astray, verdict(account), shown.newcomers, shown.learned,
        shown.newcomers - std::min(shown.newcomers, shown.learned), shown.full, shown.worker_gap_us,
        account.longest_trip_ns / 1000);
}

struct Spent {
    std::uint64_t ticks = 0, wakes = 0;
};

Spent spent_by(pid_t pid) {
    Spent spent;
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::string text((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string field;
    for (int number = 3; fields >> field; ++number)
        if (number == 14 || number == 15) spent.ticks += std::stoull(field);
    for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
        std::ifstream status(task.path() / "status");
        for (std::string line; std::getline(status, line);)
            if (line.starts_with("voluntary_ctxt_switches:")) spent.wakes += std::stoull(line.substr(24));
    }
    return spent;
}

std::string idle(const Plan& plan, const Lab& lab) {
    const auto slave = static_cast<pid_t>(lab.baton().board_pid[index_of(other(lab.master()))].load());
    nap(1000);
    const Spent before = spent_by(slave);
    nap(plan.idle_seconds * 1000);
    const Spent after = spent_by(slave);
    const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    return fmt::format(R"({{"bench":"idle-slave","share_of_a_core":{:.5f},"wakes_per_second":{:.1f},"seconds":{:.0f})",
                       static_cast<double>(after.ticks - before.ticks) / ticks / plan.idle_seconds,
                       static_cast<double>(after.wakes - before.wakes) / plan.idle_seconds, plan.idle_seconds);
}

std::string learning(const Plan& plan, Switch& on, bool boards) {
    if (!boards) {
        ::kill(on.lab.chassis_pid(), SIGSTOP);  // or it would start others at once
        for (const auto& pid : on.lab.baton().board_pid)
            if (pid != 0) ::kill(static_cast<pid_t>(pid.load()), SIGKILL);
    }
    Offer offer;
    offer.newcomer_every = 1;
    const Shown shown = offer_frames(on, offer, plan.learners, 60);
    if (!boards) {
        ::kill(on.lab.chassis_pid(), SIGCONT);
        on.lab.wait_ready();
    }
    return fmt::format(
        R"({{"bench":"learning","board":"{}","ports":"wire","macs":{},"hits":"every source new","m_per_second":{:.2f},{})",
        boards ? "two" : "dead", plan.learners, static_cast<double>(shown.learned) / shown.seconds / 1e6, fate(shown));
}

std::string growing(const Plan& plan, Switch& on) {
    Offer offer;
    offer.frames_per_second = plan.rate;
    const Shown quiet = offer_frames(on, offer, 0, plan.quiet_seconds);
    const std::uint64_t known = on.lab.addresses();
    offer.newcomer_every = plan.newcomers_every;
    const Shown busy = offer_frames(on, offer, plan.last - std::min(known, plan.last), 300);
    const auto latency = [](const Shown& shown) { return percentiles(shown.account.latency[0]); };
    return fmt::format(
        R"({{"bench":"growth","ports":"wire","from":{},"to":{},"mpps":{:.2f},"m_per_second":{:.2f},"seconds":{:.1f},)"
        R"("latency_us_quiet":{},"latency_us_growth":{},"quiet_longest_gap_us":{},{})",
        known, on.lab.addresses(), static_cast<double>(busy.account.offered) / busy.seconds / 1e6,
        static_cast<double>(busy.learned) / busy.seconds / 1e6, busy.seconds, latency(quiet), latency(busy),
        quiet.worker_gap_us, fate(busy));
}

/// The records, each without its end.
std::vector<std::string> measure(const Plan& plan, const Setup& setup) {
    const Lab lab(setup);
    const Mapping from = wire(lab, "1:1"), to = wire(lab, "1:2");
    std::vector<std::string> records{idle(plan, lab)};
    Switch on{lab, *from.as<WireArena>(), *to.as<WireArena>()};
    Stream(on.from, on.to, Offer{}).introduce();
    records.push_back(learning(plan, on, true));
    records.push_back(learning(plan, on, false));
    records.push_back(growing(plan, on));
    return records;
}

int run(int argc, char** argv) {
    Setup setup;
    Plan plan;
    double mpps = plan.rate / 1e6;
    po::options_description known("Options");
    known.add_options()("quick", "1 million addresses to learn, growth to 3 million")(
        "learners", po::value(&plan.learners)->default_value(plan.learners), "addresses of `learning`")(
        "to", po::value(&plan.last)->default_value(plan.last), "addresses at the end of `growth`")(
        "rate", po::value(&mpps)->default_value(mpps), "Mpps of `quiet` and `growth`")(
        "newcomers-every", po::value(&plan.newcomers_every)->default_value(plan.newcomers_every),
        "so many frames of `growth`");
    const auto given = read_options(known, "growth - addresses never seen before", setup, plan.commit, argc, argv);
    if (!given) return 0;
    if (given->count("quick") != 0) {
        plan.learners = 400'000;
        plan.last = 3'000'000;
        plan.idle_seconds = 3;
    }
    plan.rate = mpps * 1e6;
    setup.fdb_max_entries = plan.last;
    setup.wire_slots = 1u << 17;
    setup.slot_size = 136;
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(setup.housekeeping_core, &cores);
    ::sched_setaffinity(0, sizeof cores, &cores);  // and all threads and programs that this one starts

    const double before = bench::ping_pong_cycles(setup.worker_core);  // not while a worker has that core
    const auto records = measure(plan, setup);
    const double after = bench::ping_pong_cycles(setup.worker_core);
    for (const auto& record : records)
        fmt::print(R"({},"ping_pong_before":{:.0f},"ping_pong_after":{:.0f},"commit":"{}"}})"
                   "\n",
                   record, before, after, plan.commit);
    return 0;
}

}  // namespace
}  // namespace baton::growth

int main(int argc, char** argv) {
    return baton::bench::finish("growth", baton::growth::run, argc, argv);
}
