// SPDX-License-Identifier: Apache-2.0
#include "dataplane/options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>

#include "pmd-config/check.h"

namespace baton::dataplane {
namespace {

namespace po = boost::program_options;

constexpr std::uint32_t least_max_frame = 1514, most_max_frame = 9216;

/// "1", "0,2"; empty when it is anything else.
std::vector<unsigned> cores_of(const std::string& text) {
    std::vector<unsigned> cores;
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, ',');) {
        unsigned core = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), core);
        if (error != std::errc{} || end != word.data() + word.size()) return {};
        if (std::find(cores.begin(), cores.end(), core) != cores.end()) return {};
        cores.push_back(core);
    }
    return cores;
}

std::vector<unsigned> read_cores(const std::string& name, const std::string& text, std::vector<std::string>& faults) {
    const auto cores = cores_of(text);
    const auto have = static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_CONF));
    if (cores.empty()) faults.push_back(fmt::format("--{} '{}': expected core numbers like 1 or 1,2", name, text));
    for (const unsigned core : cores)
        if (core >= have)
            faults.push_back(fmt::format("--{}: there is no core {} here; choose from 0 to {}", name, core, have - 1));
    return cores;
}

/// "2 worker-cores=1,3" lines, as the workers on those cores.
std::map<std::uint8_t, std::vector<WorkerId>> read_modules(const std::vector<std::string>& lines,
                                                           const std::vector<unsigned>& worker_cores,
                                                           std::vector<std::string>& faults) {
    constexpr std::string_view key = " worker-cores=";
    std::map<std::uint8_t, std::vector<WorkerId>> said;
    for (const std::string& line : lines) {
        unsigned module = 0;
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), module);
        const std::string_view rest(end, static_cast<std::size_t>(line.data() + line.size() - end));
        const auto cores =
            rest.starts_with(key) ? cores_of(std::string(rest.substr(key.size()))) : std::vector<unsigned>{};
        if (error != std::errc{} || module == 0 || module > 255 || cores.empty()) {
            faults.push_back(
                fmt::format("--module '{}': expected a module and cores, like \"2 worker-cores=3\"", line));
            continue;
        }
        auto& workers = said[static_cast<std::uint8_t>(module)];
        for (const unsigned core : cores) {
            const auto at = std::find(worker_cores.begin(), worker_cores.end(), core);
            if (at == worker_cores.end())
                faults.push_back(fmt::format("module {}: core {} is none of worker-cores {}", module, core,
                                             join(worker_cores, ",")));
            else
                workers.push_back(static_cast<WorkerId>(at - worker_cores.begin()));
        }
    }
    return said;
}

void read_seats(const std::vector<std::string>& lines, Options& options, std::vector<std::string>& faults) {
    const auto said = read_modules(lines, options.worker_cores, faults);
    if (!faults.empty()) return;
    std::set<std::uint8_t> modules;
    for (const PortSpec& port : options.ports) modules.insert(port.name.module);
    auto seats = seat_modules({modules.begin(), modules.end()}, said, options.worker_cores.size());
    if (!seats) return faults.push_back(seats.error().what);
    options.modules = std::move(*seats);
}

void print_help(const po::options_description& described) {
    std::ostringstream text;
    text << described;
    fmt::print(
        "baton-dataplane: moves Baton's frames. baton-chassis starts it and gives it its memory over fd 3.\n\n"
        "  baton-dataplane --port \"NAME KIND[,KEY=VALUE...]\" ... [OPTIONS] [-- EAL ARGUMENTS]\n"
        "  baton-dataplane --check --port ...      say what is wrong with the ports, open nothing\n\n"
        "{}\nPorts: 1:1 wire,slots=16384,slot-size=2048   1:2 tap,iface=bt2   1:3 net_tap,iface=bt3\n"
        "       1:4 net_af_packet,iface=bv4            1:5 xsk,iface=bv5     (baton-pmd-config lists all kinds)\n",
        text.str());
}

po::options_description describe() {
    po::options_description described("Options");
    const auto text = [](const char* name, const char* otherwise) {
        return po::value<std::string>()->value_name(name)->default_value(otherwise);
    };
    described.add_options()                                                                                          //
        ("port", po::value<std::vector<std::string>>()->value_name("PORT")->composing(), "a port; repeat for each")  //
        ("module", po::value<std::vector<std::string>>()->value_name("MODULE")->composing(),
         "\"2 worker-cores=3\": which of worker-cores poll that module's ports; repeat for each")                   //
        ("worker-cores", text("LIST", "1"), "one forwarding worker on each of these cores, which it takes wholly")  //
        ("housekeeping-cores", text("LIST", "0"), "the cores for everything else in this process")                  //
        ("hugepages", text("yes|no", "yes"), "no: 4 KB pages for packet buffers and new wires")                     //
        ("fdb-max-entries", po::value<std::uint64_t>()->value_name("N")->default_value(16'000'000),
         "addresses up to which the FDB grows")  //
        ("system-mac", text("MAC", "02:00:00:00:00:01"), "the switch's own address, to which hosts send what is routed")  //
        ("route-netns", text("NAME", ""), "network namespace of the TAPs of routed VLANs, and of routing daemons")  //
        ("max-frame", po::value<std::uint32_t>()->value_name("BYTES")->default_value(most_max_frame),
         "largest frame, without FCS, 1514 to 9216")                                                           //
        ("mbufs", po::value<std::uint32_t>()->value_name("N")->default_value(16384), "packet buffers in all")  //
        ("check", "say what is wrong with these arguments, one sentence each; exit 2 when something is")       //
        ("help,h", "this text")("version", "release and instruction set");
    return described;
}

}  // namespace

std::optional<Options> read_options(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const auto dashes = std::find(words.begin(), words.end(), "--");
    const auto described = describe();
    po::variables_map given;
    try {
        po::store(po::command_line_parser(std::vector<std::string>(words.begin(), dashes))
                      .options(described)
                      .positional({})
                      .run(),
                  given);
        po::notify(given);
    } catch (const po::error& error) {
        throw StartupError{2, fmt::format("{}; see baton-dataplane --help", error.what())};
    }
    if (given.count("help") != 0) return print_help(described), std::nullopt;
    if (given.count("version") != 0)
        return fmt::print("baton-dataplane {} {}\n", BATON_VERSION, BATON_CPU), std::nullopt;

    Options options;
    std::vector<std::string> faults;
    options.check_only = given.count("check") != 0;
    if (dashes != words.end()) options.eal.assign(dashes + 1, words.end());
    if (given.count("port") != 0) {
        PortList list = parse_ports(given["port"].as<std::vector<std::string>>());
        options.ports = std::move(list.ports);
        faults = std::move(list.faults);
    }
    options.worker_cores = read_cores("worker-cores", given["worker-cores"].as<std::string>(), faults);
    options.housekeeping_cores =
        read_cores("housekeeping-cores", given["housekeeping-cores"].as<std::string>(), faults);
    if (options.worker_cores.size() > max_workers)
        faults.push_back(fmt::format("--worker-cores names {} cores; at most {} workers run",
                                     options.worker_cores.size(), max_workers));
    const auto pages = given["hugepages"].as<std::string>();
    if (pages != "yes" && pages != "no") faults.push_back("--hugepages '" + pages + "': expected yes or no");
    options.pages = pages == "no" ? Pages::small : Pages::huge;
    options.fdb_max_entries = given["fdb-max-entries"].as<std::uint64_t>();
    const auto mac = given["system-mac"].as<std::string>();
    options.system_mac = Mac::parse(mac).value_or(Mac{});
    if (options.system_mac == Mac{} || options.system_mac.is_multicast())
        faults.push_back(fmt::format("--system-mac '{}': expected one host's address like 02:00:00:00:00:01", mac));
    options.route_netns = given["route-netns"].as<std::string>();
    options.max_frame = given["max-frame"].as<std::uint32_t>();
    if (options.max_frame < least_max_frame || options.max_frame > most_max_frame)
        faults.push_back(
            fmt::format("--max-frame {}: expected {} to {}", options.max_frame, least_max_frame, most_max_frame));
    options.mbufs = given["mbufs"].as<std::uint32_t>();
    if (options.mbufs < 1024) faults.push_back(fmt::format("--mbufs {}: at least 1024 are needed", options.mbufs));
    if (options.ports.size() > max_ports - 1)
        faults.push_back(fmt::format("{} ports; a switch has at most {}", options.ports.size(), max_ports - 1));
    if (options.ports.empty() && faults.empty()) faults.push_back("no port: give at least one --port \"1:1 wire\"");
    for (auto& fault : check_ports(options.ports, options.max_frame)) faults.push_back(std::move(fault));
    read_seats(given.count("module") != 0 ? given["module"].as<std::vector<std::string>>() : std::vector<std::string>{},
               options, faults);
    if (!faults.empty()) throw StartupError{2, join(faults, "\n")};
    return options;
}

// Not fmt::join: at -O3 g++ 12 sees an overflow in fmt 9's that is not there.
std::string join(const std::vector<std::string>& values, std::string_view between) {
    std::string out;
    for (const auto& value : values) {
        if (!out.empty()) out += between;
        out += value;
    }
    return out;
}

std::string join(const std::vector<unsigned>& values, std::string_view between) {
    std::vector<std::string> words;
    for (const unsigned value : values) words.push_back(std::to_string(value));
    return join(words, between);
}

// Without huge pages EAL reserves at start what it will ever have, so it is told how much: the packet buffers, what
// drivers and rings take beside them, and the rounding. --no-huge goes with --no-shconf, never with --in-memory
// (22.11).
std::vector<std::string> eal_command_line(const Options& options) {
    std::vector<std::string> words{"baton-dataplane", "--lcores", "0@(" + join(options.housekeeping_cores, ",") + ")",
                                   "--no-telemetry", "--log-level=warning"};
    if (options.pages == Pages::huge) {
        words.emplace_back("--in-memory");
    } else {
        const std::uint64_t megabytes = (options.mbufs * (options.max_frame + 1024ull) >> 20) + 128;
        for (auto word :
             {std::string("--no-huge"), std::string("--no-shconf"), std::string("-m"), std::to_string(megabytes)})
            words.push_back(std::move(word));
    }
    for (auto& word : eal_arguments(options.ports)) words.push_back(std::move(word));
    // Given twice, EAL refuses them; the chassis' default configuration names --no-pci, which the ports imply.
    for (const auto& word : options.eal)
        if (word != "--no-pci" || std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
    return words;
}

}  // namespace baton::dataplane
