// SPDX-License-Identifier: Apache-2.0
// How many routes a second can be programmed: said by a zebra to the real switch, and put through the command ring
// alone, with the applier on a core of its own and on the master's. The difference is what FPM, its ring and the
// board's loop cost; and what one core for everything costs.
#include <fmt/core.h>

#include "bench/programming/fpm.h"
#include "bench/programming/offer.h"
#include "bench/programming/ring.h"
#include "bench/takeover/options.h"
#include "sync/base/log.h"

namespace baton::programming {
namespace {

namespace po = boost::program_options;

int run(int argc, char** argv) {
    takeover::Setup setup;
    std::string commit;
    std::uint64_t routes = 0;
    unsigned rounds = 0;
    po::options_description known("Options");
    known.add_options()("quick", "one round of 100,000 routes")(
        "json", "one JSON object per line instead of the table")("routes", po::value(&routes)->default_value(1'000'000),
                                                                 "how many")(
        "rounds", po::value(&rounds)->default_value(3), "runs of each kind")("no-fpm", "the command ring only")(
        "no-ring", "FPM only");
    const auto given =
        takeover::read_options(known, "programming - routes a second into the tables", setup, commit, argc, argv);
    if (!given) return 0;
    if (given->count("quick") != 0) {
        if ((*given)["routes"].defaulted()) routes = 100'000;
        if ((*given)["rounds"].defaulted()) rounds = 1;
    }
    if (routes < 2 || rounds == 0) throw StartupError{2, "--routes wants 2 at the least, --rounds 1"};
    log::open("programming", log::Level::warning);
    const auto prefixes = offered(routes);
    Report report(routes);
    if (given->count("no-ring") == 0) {
        through_ring("ring, two cores", setup.housekeeping_core, setup.worker_core, prefixes, rounds, report);
        through_ring("ring, one core", setup.housekeeping_core, setup.housekeeping_core, prefixes, rounds, report);
    }
    if (given->count("no-fpm") == 0) through_fpm(setup, prefixes, rounds, report);
    fmt::print("{}", given->count("json") != 0 ? report.json(commit) : report.table());
    return 0;
}

}  // namespace
}  // namespace baton::programming

int main(int argc, char** argv) {
    return baton::bench::finish("programming", baton::programming::run, argc, argv);
}
