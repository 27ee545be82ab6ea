// SPDX-License-Identifier: Apache-2.0
#include "bench/programming/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace baton::programming {
namespace {

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

void Report::add(const std::string& way, const std::string& what, Run run) {
    auto cell = std::find_if(cells_.begin(), cells_.end(),
                             [&](const Cell& known) { return known.way == way && known.what == what; });
    if (cell == cells_.end()) cell = cells_.insert(cell, Cell{way, what, {}});
    cell->runs.push_back(std::move(run));
}

std::vector<double> Report::Cell::rates() const {
    std::vector<double> out;
    for (const Run& run : runs) out.push_back(run.per_second);
    std::sort(out.begin(), out.end());
    return out;
}

std::map<std::string, double> Report::Cell::us() const {
    std::map<std::string, std::vector<double>> all;
    for (const Run& run : runs)
        for (const auto& [thread, us] : run.us_a_route) all[thread].push_back(us);
    std::map<std::string, double> out;
    for (const auto& [thread, values] : all) out[thread] = median(values);
    return out;
}

std::string Report::table() const {
    std::string out = fmt::format("{:<16} {:<15} {:>9} {:>12} {:>24}   us of CPU a route\n", "way", "what", "routes",
                                  "per second", "least..most");
    for (const Cell& cell : cells_) {
        const auto rates = cell.rates();
        out += fmt::format("{:<16} {:<15} {:>9} {:>12.0f} {:>11.0f}..{:<11.0f}  ", cell.way, cell.what, routes_,
                           median(rates), rates.front(), rates.back());
        for (const auto& [thread, us] : cell.us()) out += fmt::format(" {} {:.2f}", thread, us);
        out += '\n';
    }
    return out;
}

std::string Report::json(const std::string& commit) const {
    std::string out;
    for (const Cell& cell : cells_) {
        const auto rates = cell.rates();
        std::string us;
        for (const auto& [thread, value] : cell.us())
            us += fmt::format(R"({}"{}":{:.3f})", us.empty() ? "" : ",", thread, value);
        out += fmt::format(
            R"({{"bench":"programming","way":"{}","what":"{}","routes":{},"per_second":{:.0f},"least":{:.0f},)"
            R"("most":{:.0f},"runs":{},"us_a_route":{{{}}},"commit":"{}"}})"
            "\n",
            cell.way, cell.what, routes_, median(rates), rates.front(), rates.back(), rates.size(), us, commit);
    }
    return out;
}

}  // namespace baton::programming
