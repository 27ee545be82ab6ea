// SPDX-License-Identifier: Apache-2.0
// baton-msm: a management board. Started by baton-chassis, twice, once for each slot; see host/board.h for its life.
#include <boost/program_options.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "controlplane/host/board.h"

namespace {

struct Options {
    baton::Slot slot{};
    baton::Board::Choices choices{};
    baton::log::Level level{};
};

Options read_options(int argc, char** argv) {
    namespace po = boost::program_options;
    std::string slot, level, pretended, flash;
    unsigned watchdog_ms = 0;
    po::options_description about(
        "baton-msm: a management board of the Baton switch, started by baton-chassis.\nOptions");
    about.add_options()("slot", po::value(&slot)->value_name("a|b"), "which slot it sits in")(
        "watchdog-ms", po::value(&watchdog_ms)->default_value(1000)->value_name("N"),
        "abort, with a core, when the event loop stands for so long")(
        "log-level", po::value(&level)->default_value("info")->value_name("LEVEL"),
        "debug, info, notice, warning or error")("flash", po::value(&flash)->value_name("DIR"),
                                                 "its flash: where it keeps configurations")("help", "this text")(
        "version", "the release");
    po::options_description hidden;  // for tests: what a board of another release, or a lesser one, would say and do
    hidden.add_options()("pretend-release", po::value(&pretended)->default_value(BATON_VERSION))("follow-only",
                                                                                                 po::bool_switch());
    po::options_description all;
    all.add(about).add(hidden);
    po::variables_map given;
    try {
        po::store(po::parse_command_line(argc, argv, all), given);
        po::notify(given);
    } catch (const po::error& error) {
        throw baton::StartupError{2, std::string("baton-msm: ") + error.what() + "; see baton-msm --help"};
    }
    if (given.contains("help")) {
        std::cout << about;
        throw baton::StartupError{0, ""};
    }
    if (given.contains("version")) {
        std::cout << "baton-msm " BATON_VERSION "\n";
        throw baton::StartupError{0, ""};
    }
    const auto which = baton::slot_of(slot);
    if (!which) throw baton::StartupError{2, "baton-msm: name the slot: --slot a or --slot b"};
    if (watchdog_ms < 200)
        throw baton::StartupError{2, "baton-msm: --watchdog-ms is at least 200: the loop beats every 100 ms"};
    const auto release = baton::config::parse_release(pretended);
    if (release == 0) throw baton::StartupError{2, "baton-msm: --pretend-release is a release such as 0.1.0"};
    baton::config::pretend_release(release);
    const baton::Board::Choices choices{baton::milliseconds(watchdog_ms), given["follow-only"].as<bool>(), flash};
    for (const auto at : {baton::log::Level::debug, baton::log::Level::info, baton::log::Level::notice,
                          baton::log::Level::warning, baton::log::Level::error})
        if (baton::log::name_of(at) == level) return {*which, choices, at};
    throw baton::StartupError{2, "baton-msm: --log-level is debug, info, notice, warning or error, not " + level};
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const Options options = read_options(argc, argv);
        baton::log::open(baton::name_of(options.slot), options.level);
        baton::Child child(options.slot);
        baton::Board board(child, options.slot, options.choices);
        const int code = board.run();
        std::_Exit(
            code);  // all is shared memory or the kernel's; the slot waits for this process's end, not for ~Board
    } catch (const baton::StartupError& error) {
        if (!error.what.empty()) std::fprintf(stderr, "%s\n", error.what.c_str());
        return error.exit_code;
    }
}
