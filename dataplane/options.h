// SPDX-License-Identifier: Apache-2.0
// What baton-dataplane is told: its own arguments, then `--`, then words for EAL. The chassis writes this line, people
// only to try something, so --help says what each is for and a fault is one sentence that says what would be right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/fabric/seating.h"
#include "pmd-config/port_spec.h"
#include "sync/base/mac.h"
#include "sync/base/result.h"
#include "sync/region/arena.h"

namespace baton::dataplane {

struct Options {
    std::vector<PortSpec> ports;            // in order; their ids follow it where no earlier run gave them one
    std::vector<unsigned> worker_cores{1};  // one worker on each
    std::vector<ModuleSeats> modules;       // those that the ports name, with their workers; not yet their indices
    std::vector<unsigned> housekeeping_cores{0};  // everything else of this process
    Pages pages = Pages::huge;
    std::uint64_t fdb_max_entries = 16'000'000;
    Mac system_mac;                  // to which hosts send what is to be routed
    std::string route_netns;         // where the router's own TAPs are, and routing daemons; empty: there are none
    std::uint32_t max_frame = 9216;  // bytes without FCS
    std::uint32_t mbufs = 16384;
    std::vector<std::string> eal;  // what stood behind --
    bool check_only = false;
};

/// Nothing when it was --help or --version (printed). Throws StartupError (exit code 2) with a line for every fault.
std::optional<Options> read_options(int argc, char** argv);

/// The values with `between` between them.
std::string join(const std::vector<std::string>& values, std::string_view between);
std::string join(const std::vector<unsigned>& values, std::string_view between);

/// EAL's whole command line for these options, program name first.
std::vector<std::string> eal_command_line(const Options& options);

}  // namespace baton::dataplane
