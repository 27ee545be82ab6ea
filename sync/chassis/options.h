// SPDX-License-Identifier: Apache-2.0
// What the chassis is told: `name = value` lines of a file, and the same names on the command line. Read once, before
// anything starts; a wrong line is named as `file:line: sentence` and nothing starts. A value given on the command line
// outranks the file's; `port` and `eal` may repeat, and those of the command line are added to the file's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sync/base/ids.h"
#include "sync/base/log.h"
#include "sync/base/mac.h"
#include "sync/base/result.h"
#include "sync/base/time.h"

namespace baton::chassis {

enum class HugePages { automatic, yes, no };

enum class Act { none, remove, insert };  // what is asked of a chassis that runs already

struct PortLine {
    PortName name;
    std::string text;   // "1:1 wire,slots=16384,slot-size=2048", as the data plane gets it
    std::string where;  // "baton.conf:12" or "--port"
};

struct ModuleLine {
    unsigned module = 0;
    std::string text;   // "2 worker-cores=3", as the data plane gets it
    std::string where;  // as above
};

struct Options {
    std::string run_dir = "/run/baton";
    std::string flash_dir = "/var/lib/baton";
    std::string board_user = "nobody";
    HugePages hugepages = HugePages::automatic;
    std::vector<unsigned> worker_cores{1};
    std::vector<unsigned> housekeeping_cores{0};
    std::vector<PortLine> ports;
    std::vector<ModuleLine> modules;  // those of which anything is said
    std::uint64_t fdb_max_entries = 16'000'000;
    Mac system_mac;  // of the switch itself; once read never zero
    std::string route_netns;  // empty: no routing daemons
    std::uint32_t max_frame = 9216;
    std::uint32_t mbufs = 16384;
    std::uint32_t journal_mb = 16;
    Duration keepalive = milliseconds(2000);
    std::vector<std::string> eal;   // words, for the data plane, after --
    std::string dataplane_program;  // absolute once read
    std::string board_program;
    log::Level log_level = log::Level::info;
    bool check_only = false;
    Act act = Act::none;
    Slot slot = Slot::none;  // that `act` is about
};

/// Reads the command line and the file it names. Nothing when it asked for --help or --version (printed). Throws
/// StartupError with exit code 2 and one line for every fault.
std::optional<Options> read_options(int argc, char** argv);

/// The buckets' bits of an FDB for `entries` addresses at a load of 0.70 at most; nothing when none is large enough.
std::optional<unsigned> fdb_bits_for(std::uint64_t entries);

/// "0", "1,3", "2-4,7"; nothing for any other form.
std::optional<std::vector<unsigned>> parse_cores(std::string_view text);

/// The arguments of baton-dataplane, without the program's name. `check` adds --check.
std::vector<std::string> dataplane_arguments(const Options& options, bool huge, bool check);

}  // namespace baton::chassis
