// SPDX-License-Identifier: Apache-2.0
#include "bench/takeover/figures.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace baton::takeover {
namespace {

using Member = std::int64_t Round::*;

std::vector<double> sorted_us(const std::vector<std::vector<Round>>& passes, Member member) {
    std::vector<double> out;
    for (const auto& pass : passes)
        for (const Round& round : pass) out.push_back(static_cast<double>(round.*member) / 1000);
    std::sort(out.begin(), out.end());
    return out;
}

// Nearest rank: of 200 values, p99.9 is the largest.
double rank(const std::vector<double>& sorted, double part) {
    if (sorted.empty()) return 0;
    const auto place = static_cast<std::size_t>(std::ceil(part * static_cast<double>(sorted.size())));
    return sorted[std::clamp<std::size_t>(place, 1, sorted.size()) - 1];
}

nlohmann::json spread(const Cell& cell, Member member) {
    const auto all = sorted_us(cell.passes, member);
    nlohmann::json out{{"min", rank(all, 0)},
                       {"median", rank(all, 0.5)},
                       {"p99", rank(all, 0.99)},
                       {"p99.9", rank(all, 0.999)},
                       {"max", rank(all, 1)}};
    for (const auto& pass : cell.passes) out["medians"].push_back(rank(sorted_us({pass}, member), 0.5));
    return out;
}

std::string processor() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown";
}

}  // namespace

void Loss::add(const nlohmann::json& window) {
    const auto number = [&](const char* name) { return window.value(name, std::uint64_t{0}); };
    offered += number("offered");
    lost += number("lost");
    duplicated += number("duplicated");
    reordered += number("reordered");
    misdelivered += number("misdelivered");
    longest_gap_us = std::max(longest_gap_us, window.value("longest_gap_us", 0.0));
    const auto own = window.value("own", nlohmann::json::object());
    withheld += own.value("withheld", std::uint64_t{0});
    longest_stall_us = std::max(longest_stall_us, own.value("longest_stall_us", 0.0));
    voided = voided || window.value("verdict", "") == "void";
}

std::string table(const std::vector<Cell>& cells) {
    std::string out =
        fmt::format("{:>9} {:<9} {:>6} {:>10} {:>10} {:>10} {:>10} {:>9} {:>9} {:>9} {:>10} {:>5} {:>4} {:>6} {:>6}\n",
                    "MACs", "cause", "rounds", "median us", "p99 us", "p99.9 us", "max us", "notice", "grant", "accept",
                    "offered", "lost", "dup", "reord", "misdel");
    for (const Cell& cell : cells) {
        const auto all = sorted_us(cell.passes, &Round::takeover_ns);
        const auto median = [&](Member member) { return rank(sorted_us(cell.passes, member), 0.5); };
        out += fmt::format(
            "{:>9} {:<9} {:>6} {:>10.0f} {:>10.0f} {:>10.0f} {:>10.0f} {:>9.0f} {:>9.0f} {:>9.0f} {:>10} {:>5} {:>4} "
            "{:>6} {:>6}\n",
            cell.addresses, name_of(cell.how), all.size(), rank(all, 0.5), rank(all, 0.99), rank(all, 0.999),
            rank(all, 1), median(&Round::notice_ns), median(&Round::grant_ns), median(&Round::accept_ns),
            cell.loss.offered, cell.loss.lost, cell.loss.duplicated, cell.loss.reordered, cell.loss.misdelivered);
    }
    out +=
        "Time from the master's end (operator: its release) to the new master's first command applied by the data "
        "plane;\n"
        "notice, grant and accept are the medians of its parts (operator: notice is command typed to baton "
        "released).\n";
    return out;
}

std::string json(const Cell& cell, const std::string& commit) {
    utsname system{};
    ::uname(&system);
    std::size_t rounds = 0;
    for (const auto& pass : cell.passes) rounds += pass.size();
    const nlohmann::json out{
        {"bench", "takeover"},
        {"macs", cell.addresses},
        {"cause", name_of(cell.how)},
        {"rounds", rounds},
        {"takeover_us", spread(cell, &Round::takeover_ns)},
        {"notice_us", spread(cell, &Round::notice_ns)},
        {"grant_us", spread(cell, &Round::grant_ns)},
        {"accept_us", spread(cell, &Round::accept_ns)},
        {"serving_us", spread(cell, &Round::serving_ns)},
        {"offered", cell.loss.offered},
        {"lost", cell.loss.lost},
        {"duplicated", cell.loss.duplicated},
        {"reordered", cell.loss.reordered},
        {"misdelivered", cell.loss.misdelivered},
        {"longest_gap_us", cell.loss.longest_gap_us},
        {"tester",
         {{"withheld", cell.loss.withheld},
          {"longest_stall_us", cell.loss.longest_stall_us},
          {"void", cell.loss.voided}}},
        {"hitless", cell.loss.clean() && !cell.loss.voided && cell.loss.offered > 0},
        {"machine", {{"cpu", processor()}, {"cores", ::sysconf(_SC_NPROCESSORS_ONLN)}, {"kernel", system.release}}},
        {"release", BATON_VERSION},
        {"commit", commit},
    };
    return out.dump();
}

}  // namespace baton::takeover
