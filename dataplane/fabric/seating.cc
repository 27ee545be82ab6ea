// SPDX-License-Identifier: Apache-2.0
#include "dataplane/fabric/seating.h"

#include <algorithm>

#include "sync/layout/fabric.h"

namespace baton {

Result<std::vector<ModuleSeats>> seat_modules(const std::vector<std::uint8_t>& modules,
                                              const std::map<std::uint8_t, std::vector<WorkerId>>& said,
                                              std::size_t workers) {
    if (modules.size() > max_modules)
        return failure("the ports name " + std::to_string(modules.size()) + " modules; a switch has at most " +
                       std::to_string(max_modules) + ": give more ports to fewer modules");
    std::vector<bool> given(workers, false);
    for (const auto& [module, its] : said) {
        if (std::find(modules.begin(), modules.end(), module) == modules.end())
            return failure("module " + std::to_string(module) + " has no port: take its module line away");
        for (const WorkerId worker : its) given[worker] = true;
    }
    std::vector<WorkerId> free;
    for (std::size_t worker = 0; worker < workers; ++worker)
        if (!given[worker]) free.push_back(static_cast<WorkerId>(worker));
    if (free.empty())
        for (std::size_t worker = 0; worker < workers; ++worker) free.push_back(static_cast<WorkerId>(worker));

    std::vector<ModuleSeats> seats;
    std::vector<std::size_t> unsaid;  // places in `seats`
    for (const std::uint8_t module : modules) {
        const auto its = said.find(module);
        if (its == said.end()) unsaid.push_back(seats.size());
        seats.push_back({module, 0, its == said.end() ? std::vector<WorkerId>{} : its->second});
    }
    if (!unsaid.empty())
        for (std::size_t i = 0; i < std::max(unsaid.size(), free.size()); ++i)
            seats[unsaid[i % unsaid.size()]].workers.push_back(free[i % free.size()]);
    std::size_t count = 0;
    std::vector<bool> used(workers, modules.empty());
    for (const ModuleSeats& each : seats) {
        count += each.workers.size();
        for (const WorkerId worker : each.workers) used[worker] = true;
    }
    if (std::find(used.begin(), used.end(), false) != used.end())
        return failure("a core of worker-cores is given to no module: name it in a module line, or take it away");
    if (seats.size() > 1 && count > max_seats)
        return failure("modules on " + std::to_string(count) + " workers in all; at most " + std::to_string(max_seats) +
                       ": give the modules fewer worker-cores");
    return seats;
}

}  // namespace baton
