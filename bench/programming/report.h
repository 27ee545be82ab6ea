// SPDX-License-Identifier: Apache-2.0
// What was measured: each kind of change by each way, run by run. A figure is the median of its runs, with their range;
// beside it the CPU time that a route costs in each of the threads that it goes through.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace baton::programming {

struct Run {
    double per_second = 0;
    std::map<std::string, double> us_a_route;  // by thread
};

class Report {
  public:
    explicit Report(std::uint64_t routes) : routes_(routes) {}

    void add(const std::string& way, const std::string& what, Run run);

    std::string table() const;
    std::string json(const std::string& commit) const;

  private:
    struct Cell {
        std::string way, what;
        std::vector<Run> runs;

        std::vector<double> rates() const;  // in order
        std::map<std::string, double> us() const;
    };

    std::uint64_t routes_;
    std::vector<Cell> cells_;  // in the order in which they came first
};

}  // namespace baton::programming
