// SPDX-License-Identifier: Apache-2.0
#include "sync/chassis/options.h"

#include <fmt/core.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "sync/chassis/setting.h"
#include "sync/layout/fdb.h"

namespace baton::chassis {
namespace {

namespace po = boost::program_options;

constexpr std::string_view usage =
    R"(baton-chassis - the keeper of a Baton switch: starts data plane and boards, grants the baton

  baton-chassis --config baton.conf           run the switch in the foreground; SIGTERM or Ctrl-C ends all of it
  baton-chassis --config baton.conf --check   read everything, have the ports checked, start nothing
  baton-chassis --config baton.conf remove msm-a   pull a board out of the chassis that runs there, as a hand would
  baton-chassis --config baton.conf insert msm-a   put it back

)";

constexpr std::string_view more = R"(
Every option but the first four may be a line `name = value` in the file; # begins a comment. The command line outranks
the file. A port line is `module:port kind,key=value,...`:

  port = 1:1 wire,slots=16384,slot-size=2048   in-memory cable: tests, benches, containers
  port = 1:2 tap,iface=bt2                     a tap interface of the kernel
  port = 1:3 xsk,iface=eth1,queue=0            AF_XDP socket
  port = 1:4 net_af_packet,iface=eth2          any DPDK driver that pmd-config has a profile for

Frames between ports of different modules cross the fabric. `module = 2 worker-cores=3` says which of worker-cores poll
a module's ports; without it modules share the workers.
)";

po::options_description description() {
    po::options_description all("Options");
    auto add = all.add_options();
    add("config,c", po::value<std::string>()->value_name("FILE"), "the configuration file");
    add("check", "check configuration and ports, then exit");
    add("help,h", "this text");
    add("version,V", "the release");
    for (const Setting& setting : settings())
        add(setting.name, po::value<std::vector<std::string>>()->composing()->value_name(setting.value), setting.help);
    return all;
}

int distance(std::string_view a, std::string_view b) {  // Levenshtein, one row
    std::vector<int> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        int diagonal = std::exchange(row[0], static_cast<int>(i));
        for (std::size_t j = 1; j <= b.size(); ++j)
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])}));
    }
    return row.back();
}

std::string unknown(std::string_view name) {
    std::string_view nearest;
    int least = 4;
    for (const Setting& setting : settings())
        if (const int apart = distance(name, setting.name); apart < least) least = apart, nearest = setting.name;
    return nearest.empty() ? fmt::format("there is no setting \"{}\"; baton-chassis --help lists them", name)
                           : fmt::format("there is no setting \"{}\"; did you mean \"{}\"?", name, nearest);
}

class Reader {
  public:
    /// Values from the file are kept until the command line has been read, which outranks them.
    void take(const std::string& name, const std::string& value, const std::string& where, bool from_file) {
        const auto known = std::find_if(settings().begin(), settings().end(),
                                        [&](const Setting& setting) { return name == setting.name; });
        if (known == settings().end()) return fault(where, unknown(name));
        if (!known->repeats) {
            auto& seen = from_file ? in_file_ : on_line_;
            if (const auto [first, fresh] = seen.try_emplace(name, where); !fresh)
                return fault(where, fmt::format("{} is set twice; the first time at {}", name, first->second));
            if (from_file && on_line_.contains(name)) return;
        }
        if (const auto wrong = known->set(options, value, where)) fault(where, *wrong);
    }

    void fault(const std::string& where, const std::string& sentence) { faults_ += where + ": " + sentence + "\n"; }

    void finish() {
        if (faults_.empty()) return;
        faults_.pop_back();
        throw StartupError{2, faults_};
    }

    Options options;

  private:
    std::map<std::string, std::string> in_file_, on_line_;
    std::string faults_;
};

void read_file(const std::string& path, const po::options_description& known, Reader& reader) {
    std::ifstream file(path);
    if (!file) throw StartupError{2, fmt::format("{}: cannot be read: {}", path, std::strerror(errno))};
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        const std::string where = fmt::format("{}:{}", path, number);
        std::istringstream one(line);
        const auto begin = line.find_first_not_of(" \t\r");
        if (begin != std::string::npos && line[begin] == '[') {
            reader.fault(where, "there are no sections here: write `name = value`");
            continue;
        }
        try {
            for (const auto& option : po::parse_config_file(one, known, true).options)
                reader.take(option.string_key, option.value.empty() ? "" : option.value.front(), where, true);
        } catch (const po::error&) {
            reader.fault(where, "this is not a line of the form `name = value`");
        }
    }
}

void read_act(const std::vector<std::string>& words, Reader& reader) {
    if (words.empty()) return;
    const bool remove = words[0] == "remove";
    if (!remove && words[0] != "insert") return reader.fault(words[0], "is no option; baton-chassis --help lists them");
    const auto slot = words.size() == 2 ? slot_of(words[1]) : std::nullopt;
    if (!slot) return reader.fault(words[0], fmt::format("name one slot: {} msm-a, or {} msm-b", words[0], words[0]));
    reader.options.act = remove ? Act::remove : Act::insert;
    reader.options.slot = *slot;
}

std::string own_folder() {
    char path[4096];
    const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
    const std::string_view whole(path, size < 0 ? 0 : static_cast<std::size_t>(size));
    return std::string(whole.substr(0, whole.rfind('/')));
}

void check_program(const std::string& path, const char* setting) {
    if (::access(path.c_str(), X_OK) != 0)
        throw StartupError{2, fmt::format("there is no program {}: build it, or name another with {}", path, setting)};
}

/// The same at every start, and another one for every switch of every machine: locally administered (IEEE 802, clause 8.2),
/// the rest a hash (FNV-1a) of the machine's id and the switch's folder.
Mac default_mac(const std::string& run_dir) {
    std::string id;
    std::ifstream("/etc/machine-id") >> id;
    std::uint64_t hash = 0xcbf29ce484222325ull;
    for (const char c : id + run_dir) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ull;
    return Mac::of(0x02ull << 40 | (hash & 0xffffffffff));
}

std::string list_of(const std::vector<unsigned>& cores) {
    std::string out;
    for (const unsigned core : cores) {
        if (!out.empty()) out += ',';
        out += std::to_string(core);
    }
    return out;
}

}  // namespace

std::optional<Options> read_options(int argc, char** argv) {
    const auto known = description();
    Reader reader;
    po::variables_map vm;
    std::string config;
    try {
        const auto parsed = po::command_line_parser(argc, argv)
                                .options(known)
                                .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
                                .allow_unregistered()
                                .run();
        std::vector<std::string> words;
        bool its_value = false;  // a word behind an unknown option is its value, not a fault of its own
        for (const auto& option : parsed.options) {
            const std::string& name = option.string_key;
            if (std::exchange(its_value, option.unregistered) && name.empty()) continue;
            if (name == "help") return std::cout << usage << known << more, std::nullopt;
            if (name == "version") return std::cout << "baton-chassis " BATON_VERSION "\n", std::nullopt;
            if (name == "check")
                reader.options.check_only = true;
            else if (name == "config")
                config = option.value.front();
            else if (option.unregistered)
                reader.fault(option.original_tokens.front(), unknown(name));
            else if (name.empty())
                words.insert(words.end(), option.value.begin(), option.value.end());
            else
                for (const auto& value : option.value) reader.take(name, value, "--" + name, false);
        }
        read_act(words, reader);
    } catch (const po::error& error) {
        throw StartupError{2, fmt::format("command line: {}; baton-chassis --help lists the options", error.what())};
    }
    if (!config.empty()) read_file(config, known, reader);
    reader.finish();

    Options& options = reader.options;
    if (options.system_mac == Mac{}) options.system_mac = default_mac(options.run_dir);
    if (options.act != Act::none) return std::move(options);
    if (options.dataplane_program.empty()) options.dataplane_program = own_folder() + "/baton-dataplane";
    if (options.board_program.empty()) options.board_program = own_folder() + "/baton-msm";
    check_program(options.dataplane_program, "dataplane-program");
    check_program(options.board_program, "board-program");
    return std::move(options);
}

std::optional<unsigned> fdb_bits_for(std::uint64_t entries) {
    for (unsigned bits = fdb_min_bits; bits <= fdb_max_bits; ++bits)
        if (entries * 10 <= (std::uint64_t{fdb_bucket_slots} << bits) * 7) return bits;
    return std::nullopt;
}

std::optional<std::vector<unsigned>> parse_cores(std::string_view text) {
    std::vector<unsigned> cores;
    const auto number = [](std::string_view digits) -> std::optional<unsigned> {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc{} || end != digits.data() + digits.size() || value >= CPU_SETSIZE) return std::nullopt;
        return value;
    };
    while (true) {
        const std::string_view part = text.substr(0, text.find(','));
        const auto dash = part.find('-');
        const auto first = number(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
        if (!first || !last || *last < *first) return std::nullopt;
        for (unsigned core = *first; core <= *last; ++core)
            if (std::find(cores.begin(), cores.end(), core) == cores.end()) cores.push_back(core);
        if (part.size() == text.size()) return cores;
        text.remove_prefix(part.size() + 1);
    }
}

std::vector<std::string> dataplane_arguments(const Options& options, bool huge, bool check) {
    std::vector<std::string> out;
    const auto pair = [&out](const char* name, std::string value) {
        out.emplace_back(name);
        out.push_back(std::move(value));
    };
    for (const PortLine& port : options.ports) pair("--port", port.text);
    for (const ModuleLine& module : options.modules) pair("--module", module.text);
    pair("--worker-cores", list_of(options.worker_cores));
    pair("--housekeeping-cores", list_of(options.housekeeping_cores));
    pair("--hugepages", huge ? "yes" : "no");
    pair("--fdb-max-entries", std::to_string(options.fdb_max_entries));
    pair("--system-mac", options.system_mac.text());
    if (!options.route_netns.empty()) pair("--route-netns", options.route_netns);
    pair("--max-frame", std::to_string(options.max_frame));
    pair("--mbufs", std::to_string(options.mbufs));
    if (check) out.emplace_back("--check");
    if (!options.eal.empty()) {
        out.emplace_back("--");
        out.insert(out.end(), options.eal.begin(), options.eal.end());
    }
    return out;
}

}  // namespace baton::chassis
