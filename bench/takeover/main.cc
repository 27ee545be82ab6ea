// SPDX-License-Identifier: Apache-2.0
// How long the switch is without a master, and what its traffic notices: the real programs, two wires, frames both ways
// all the time, and one failover after the other - by command, SIGKILL and SIGSEGV (with a core) in turn - with few and
// with many addresses in the FDB. The sizes go A B B A, so that a machine that drifts shows in the medians of the
// passes.
#include <fmt/core.h>
#include <unistd.h>

#include <boost/program_options.hpp>
#include <iostream>

#include "bench/takeover/figures.h"
#include "bench/takeover/options.h"
#include "bench/takeover/traffic.h"

namespace baton::takeover {
namespace {

namespace po = boost::program_options;

constexpr int block = 10;  // failovers of one kind in a row; then the next kind, and a new window of the tester

void pass(const Setup& setup, std::uint64_t addresses, int rounds, double rate, std::vector<Cell>& cells) {
    const Lab lab(setup);
    Traffic traffic(lab, addresses, rate, setup.housekeeping_core);
    const auto cell_of = [&](How how) -> Cell& {
        return *std::find_if(cells.begin(), cells.end(),
                             [&](const Cell& cell) { return cell.addresses == addresses && cell.how == how; });
    };
    for (const How how : all_ways) cell_of(how).passes.emplace_back();
    Rounds failover(lab);
    for (int done = 0; done < rounds; done += block)
        for (const How how : all_ways) {
            traffic.mark(name_of(how));
            for (int i = done; i < std::min(done + block, rounds); ++i)
                cell_of(how).passes.back().push_back(failover.one(how));
            lab.remove_cores();
        }
    lab.wait_ready();
    if (const auto left = lab.addresses(); left < traffic.known())
        throw StartupError{1, fmt::format("of {} addresses {} are left after the failovers", traffic.known(), left)};
    const auto report = traffic.stop();
    for (const auto& window : report["windows"])
        for (const How how : all_ways)
            if (window.value("name", "") == name_of(how)) cell_of(how).loss.add(window);
}

int run(int argc, char** argv) {
    Setup setup;
    int rounds = 0;
    double rate = 0;
    std::string commit;
    std::vector<std::uint64_t> sizes;
    po::options_description known("Options");
    known.add_options()("quick", "ten rounds of each kind, one pass of each size")(
        "json", "one JSON object per line instead of the table")(
        "rounds", po::value(&rounds)->default_value(100),
        "failovers of each kind in each pass (two passes of each size)")(
        "macs", po::value(&sizes)->multitoken()->default_value({1'000, 1'000'000}, "1000 1000000"),
        "addresses in the FDB")("rate", po::value(&rate)->default_value(10'000), "frames per second, each way");
    const auto given =
        read_options(known, "takeover - how long the switch is without a master", setup, commit, argc, argv);
    if (!given) return 0;
    const auto& options = *given;
    const bool quick = options.count("quick") > 0;
    if (quick) rounds = std::min(rounds, block);

    std::vector<Cell> cells;
    for (const std::uint64_t size : sizes)
        for (const How how : all_ways) cells.push_back({size, how, {}, {}});
    std::vector<std::uint64_t> order = sizes;
    if (!quick) order.insert(order.end(), sizes.rbegin(), sizes.rend());
    for (const std::uint64_t size : order) {
        if (isatty(2))
            fmt::print(stderr, "{} addresses, {} failovers ...\n", size, rounds * static_cast<int>(all_ways.size()));
        pass(setup, size, rounds, rate, cells);
    }
    if (options.count("json"))
        for (const Cell& cell : cells) fmt::print("{}\n", json(cell, commit));
    else
        fmt::print("{}", table(cells));
    return std::all_of(cells.begin(), cells.end(), [](const Cell& cell) { return cell.loss.clean(); }) ? 0 : 1;
}

}  // namespace
}  // namespace baton::takeover

int main(int argc, char** argv) {
    return baton::bench::finish("takeover", baton::takeover::run, argc, argv);
}
