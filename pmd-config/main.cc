// SPDX-License-Identifier: Apache-2.0
// baton-pmd-config: says what would be passed to DPDK, and what is wrong, before anything starts.
//   baton-pmd-config check FILE    a chassis configuration: what each port is given, every fault with its line; exit 0,
//   1 baton-pmd-config list          all kinds of port and their options
#include <boost/program_options.hpp>
#include <iostream>

#include "pmd-config/check.h"

namespace po = boost::program_options;

namespace {

int run(int argc, char** argv) {
    std::string folder;
    std::vector<std::string> words;
    po::options_description shown("baton-pmd-config check FILE | list\n\nOptions");
    shown.add_options()("help,h", "this text")("profiles", po::value(&folder)->value_name("DIR"),
                                               "read the profiles (*.conf) of DIR in place of the built-in ones");
    po::options_description all;
    all.add(shown).add_options()("words", po::value(&words));
    po::positional_options_description positions;
    positions.add("words", -1);
    po::variables_map given;
    try {
        po::store(po::command_line_parser(argc, argv).options(all).positional(positions).run(), given);
        po::notify(given);
    } catch (const po::error& fault) {
        std::cerr << "baton-pmd-config: " << fault.what() << "; see --help\n";
        return 2;
    }
    if (given.count("help")) {
        std::cout << shown;
        return 0;
    }
    auto read =
        folder.empty() ? baton::Result<baton::Profiles>(baton::Profiles::built_in()) : baton::Profiles::read(folder);
    if (!read) {
        std::cerr << "baton-pmd-config: " << read.error().what << "\n";
        return 1;
    }
    if (words.size() == 1 && words[0] == "list") {
        baton::list_profiles(*read, std::cout);
        return 0;
    }
    if (words.size() == 2 && words[0] == "check") return baton::check_file(words[1], *read, std::cout) ? 0 : 1;
    std::cerr << "baton-pmd-config: expected \"check FILE\" or \"list\"; see --help\n";
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const baton::StartupError& error) {
        std::cerr << "baton-pmd-config: " << error.what << "\n";
        return error.exit_code;
    }
}
