// SPDX-License-Identifier: Apache-2.0
// What every bench that drives the real switch may be told.
#pragma once

#include <unistd.h>

#include <boost/program_options.hpp>
#include <iostream>

#include "bench/program.h"
#include "bench/takeover/lab.h"

namespace baton::takeover {

/// Adds them to the bench's own `known` and reads the line. Nothing: --help was asked for, and answered. Throws
/// StartupError (77) without root.
inline std::optional<boost::program_options::variables_map> read_options(
    boost::program_options::options_description& known, std::string_view about, Setup& setup, std::string& commit,
    int argc, char** argv) {
    namespace po = boost::program_options;
    known.add_options()("programs", po::value(&setup.programs)->default_value(bench::build_folder()),
                        "where baton-chassis and the others lie")("worker-core",
                                                                  po::value(&setup.worker_core)->default_value(1))(
        "housekeeping-core", po::value(&setup.housekeeping_core)->default_value(0), "everything else, this bench too")(
        "commit", po::value(&commit)->default_value("unknown"), "named in the results")("help,h", "this text");
    po::variables_map options;
    po::store(po::parse_command_line(argc, argv, known), options);
    po::notify(options);
    if (options.count("help")) {
        std::cout << about << "\n\n" << known;
        return std::nullopt;
    }
    if (::geteuid() != 0) throw StartupError{77, "needs root: it starts the whole switch"};
    return options;
}

}  // namespace baton::takeover
