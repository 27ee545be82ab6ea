// SPDX-License-Identifier: Apache-2.0
// How long a board needs from its restart until it is ready - a failover now is hitless - with many addresses in the
// FDB and a long configuration; and whether the master, the workers or the traffic notice. The real programs, two
// wires, frames both ways all the time. Each round: the slave is killed; the chassis starts it; it maps, transfers, is
// ready.
//
// Beside each round as long a time with nothing happening, in turn before and after it, because a shared machine pauses
// by itself: what the master's loop and the traffic show in those is what it costs to do nothing.
#include <fmt/core.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <fstream>
#include <iostream>

#include "bench/takeover/options.h"
#include "bench/takeover/traffic.h"

namespace baton::rejoin {
namespace {

using namespace takeover;
namespace po = boost::program_options;

struct Round {
    std::int64_t noticed_ns = 0;   // killed -> the chassis started the next process
    std::int64_t started_ns = 0;   // -> that process is a slave: programs loaded, arenas mapped
    std::int64_t transfer_ns = 0;  // -> all state transferred, ready
    std::uint64_t bytes = 0, records = 0;
};

void configure(const Lab& lab, unsigned lines) {
    const std::string path = lab.log() + ".lines";
    for (unsigned i = 0; i < lines;) {  // some hundred at a time, because a command has thirty seconds
        std::ofstream out(path);
        for (const unsigned end = std::min(i + 250, lines); i < end; ++i)
            out << fmt::format("create fdbentry 06:{:02x}:{:02x}:{:02x}:{:02x}:01 vlan Default ports 1:{}\n", i >> 24,
                               i >> 16 & 255, i >> 8 & 255, i & 255, 1 + i % 2);
        out.close();
        if (const int code = lab.command({"-f", path}); code != 0)
            throw StartupError{1, fmt::format("the configuration of {} lines ended with {}", lines, code)};
    }
    std::remove(path.c_str());
}

Round one(const Lab& lab) {
    const Slot slave = other(lab.master());
    const BoardPage& page = lab.board(slave);
    const std::uint32_t pid = page.pid;
    const Time killed = monotonic_now();
    ::kill(static_cast<pid_t>(pid), SIGKILL);
    Round round;
    Time at = killed;
    const auto until = [&](const char* what, auto condition) {
        if (!wait_until(seconds(60), condition))
            throw StartupError{1, fmt::format("the slave was not {} in 60 s", what)};
        const Time now = monotonic_now();
        return (now - std::exchange(at, now)).ns;
    };
    const auto& started = lab.baton().board_pid[index_of(slave)];
    round.noticed_ns = until("restarted", [&] { return started != 0 && started != pid; });
    round.started_ns = until("up", [&] { return page.pid == started && page.role == BoardRole::slave; });
    round.transfer_ns = until("ready", [&] { return lab.ready(); });
    round.bytes = page.transfer_to - page.transfer_from;
    round.records = page.transfer_last + 1 - page.transfer_first;
    return round;
}

double percentile(std::vector<std::int64_t> values, double part) {
    std::sort(values.begin(), values.end());
    return static_cast<double>(values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))]) / 1e6;
}

int run(int argc, char** argv) {
    Setup setup;
    int rounds = 0;
    unsigned lines = 0;
    std::uint64_t addresses = 0;
    double rate = 0;
    std::string commit;
    po::options_description known("Options");
    known.add_options()("rounds", po::value(&rounds)->default_value(20), "restarts of the slave")(
        "macs", po::value(&addresses)->default_value(1'000'000), "addresses in the FDB")(
        "lines", po::value(&lines)->default_value(10'000), "lines of configuration")(
        "rate", po::value(&rate)->default_value(10'000), "frames per second, each way");
    const auto given = read_options(known, "rejoin - boards back in step", setup, commit, argc, argv);
    if (!given) return 0;
    rounds = std::max(rounds, 1);

    const Lab lab(setup);
    configure(lab, lines);
    takeover::Traffic traffic(lab, addresses, rate, setup.housekeeping_core);
    lab.wait_ready();
    if (lab.command({"run", "msm-failover"}) != 0) throw StartupError{1, "the baton was not handed over"};
    lab.wait_ready();  // a master whose loop has not been measured while the configuration was typed

    const auto master_gap_us = [&] { return lab.board(lab.master()).longest_gap_ns / 1000; };
    const auto worker_gap_us = [&] { return lab.tables().workers[0].longest_gap_ns / 1000; };
    std::uint64_t idle_gap = 0, rejoin_gap = 0;
    const std::uint64_t worker_before = worker_gap_us();
    std::vector<Round> done;
    std::int64_t length_ns = seconds(1).ns;
    for (int i = 0; i < rounds; ++i) {
        const auto idle = [&] {
            traffic.mark("idle");
            wait_until(Duration{length_ns}, [] { return false; });
            idle_gap = std::max(idle_gap, master_gap_us());
        };
        if (i % 2 == 0) idle();
        traffic.mark("rejoin");
        const Time from = monotonic_now();
        done.push_back(one(lab));
        wait_until(milliseconds(200), [] { return false; });  // a tick of the master that was late still counts here
        length_ns = (monotonic_now() - from).ns;
        rejoin_gap = std::max(rejoin_gap, master_gap_us());
        if (i % 2 == 1) idle();
    }
    const auto report = traffic.stop();

    const auto column = [&](std::int64_t Round::*field) {
        std::vector<std::int64_t> values;
        for (const Round& round : done) values.push_back(round.*field);
        return fmt::format(R"({{"p50":{:.2f},"p90":{:.2f},"max":{:.2f}}})", percentile(values, 0.5),
                           percentile(values, 0.9), percentile(values, 1));
    };
    std::vector<std::int64_t> whole;
    for (const Round& round : done) whole.push_back(round.noticed_ns + round.started_ns + round.transfer_ns);
    std::uint64_t lost = 0, offered = 0;
    std::string windows;
    for (const auto& window : report["windows"]) {
        lost += window.value("lost", std::uint64_t{0});
        offered += window.value("offered", std::uint64_t{0});
    }
    for (const char* name : {"idle", "rejoin"}) {
        double gap = 0;
        for (const auto& window : report["windows"])
            if (window.value("name", "") == name) gap = std::max(gap, window.value("longest_gap_us", 0.0));
        windows += fmt::format(R"(,"traffic_longest_gap_us_{}":{:.0f})", name, gap);
    }
    fmt::print(
        R"({{"bench":"rejoin","commit":"{}","macs":{},"lines":{},"rounds":{},"noticed_ms":{},"started_ms":{},)"
        R"("transfer_ms":{},"restart_to_ready_ms":{{"p50":{:.2f},"p90":{:.2f},"max":{:.2f}}},"transfer_bytes":{},)"
        R"("transfer_records":{},"master_longest_gap_us_idle":{},"master_longest_gap_us_by_the_end":{},)"
        R"("worker_longest_gap_us_before":{},"worker_longest_gap_us_after":{},"offered":{},"lost":{},"verdict":"{}"{}}})"
        "\n",
        commit, addresses, lines, rounds, column(&Round::noticed_ns), column(&Round::started_ns),
        column(&Round::transfer_ns), percentile(whole, 0.5), percentile(whole, 0.9), percentile(whole, 1),
        done.back().bytes, done.back().records, idle_gap, rejoin_gap, worker_before, worker_gap_us(), offered, lost,
        report.value("verdict", "?"), windows);
    return lost == 0 ? 0 : 1;
}

}  // namespace
}  // namespace baton::rejoin

int main(int argc, char** argv) {
    return baton::bench::finish("rejoin", baton::rejoin::run, argc, argv);
}
