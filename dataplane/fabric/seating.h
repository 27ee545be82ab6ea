// SPDX-License-Identifier: Apache-2.0
// Which workers poll which module's ports. A seat is a module on a worker. Pure: decided at start-up from the modules
// that the ports name, what the operator says, and how many workers there are.
//
//   said           `module = 2 worker-cores=3`: exactly those workers
//   not said       the modules share the workers that nobody was given, all of them when none is left: dealt round
//   robin,
//                  as many rounds as it takes to use every worker and to seat every module
//
//   1 module,  2 workers    1: 0 1             its ports are dealt to both
//   2 modules, 1 worker     1: 0      2: 0     frames between them cross planes within that worker
//   2 modules, 3 workers    1: 0 2    2: 1
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sync/base/ids.h"
#include "sync/base/result.h"

namespace baton {

inline constexpr std::size_t max_seats = 32;  // a ring for each pair of them, 1 MB for each worker's at the most

struct ModuleSeats {
    std::uint8_t module = 0;        // its number, as in "2:1"
    std::uint8_t index = 0;         // in tables (Fabric::module)
    std::vector<WorkerId> workers;  // at least one
};

/// In the order of `modules`. The error says which option to change.
Result<std::vector<ModuleSeats>> seat_modules(const std::vector<std::uint8_t>& modules,
                                              const std::map<std::uint8_t, std::vector<WorkerId>>& said,
                                              std::size_t workers);

}  // namespace baton
