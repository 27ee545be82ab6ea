// SPDX-License-Identifier: Apache-2.0
#include "sync/chassis/setting.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "sync/channel/wire.h"
#include "sync/layout/fdb.h"

namespace baton::chassis {
namespace {

using Fault = std::optional<std::string>;

template <class Number>
Fault number(const std::string& text, const char* name, Number least, Number most, Number& into) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
        return fmt::format("{} is a whole number from {} to {}, not \"{}\"", name, least, most, text);
    into = value;
    return {};
}

Fault cores(const std::string& text, const char* name, std::size_t most, std::vector<unsigned>& into) {
    const auto parsed = parse_cores(text);
    if (!parsed) return fmt::format("{} is a list of cores such as 1 or 1,3 or 2-4, not \"{}\"", name, text);
    const long there = ::sysconf(_SC_NPROCESSORS_CONF);
    for (const unsigned core : *parsed)
        if (core >= static_cast<unsigned long>(there))
            return fmt::format("{}: there is no core {}; this machine has cores 0 to {}", name, core, there - 1);
    if (parsed->size() > most) return fmt::format("{}: at most {} cores", name, most);
    into = *parsed;
    return {};
}

Fault port(Options& options, const std::string& text, const std::string& where) {
    const auto space = text.find_first_of(" \t");
    const std::string label = text.substr(0, space);
    const auto name = PortName::parse(label);
    if (!name) return fmt::format("a port begins with module:port, each from 1 to 255, such as 1:3, not \"{}\"", label);
    const auto kind = text.find_first_not_of(" \t", std::min(space, text.size()));
    if (kind == std::string::npos)
        return fmt::format("port {} has no kind: write `port = {} wire`, or tap, xsk or a DPDK driver", label, label);
    const std::string port_text = name->text() + " " + text.substr(kind);
    if (port_text.find_first_of(" \t", name->text().size() + 1) != std::string::npos)
        return fmt::format("port {}: no spaces between kind and options: `kind,key=value,key=value`", label);
    for (const PortLine& other : options.ports)
        if (other.name == *name) return fmt::format("port {} is there twice; the first time at {}", label, other.where);
    if (options.ports.size() + 1 >= max_ports) return fmt::format("at most {} ports", max_ports - 1);
    options.ports.push_back({*name, port_text, where});
    return {};
}

Fault module(Options& options, const std::string& text, const std::string& where) {
    constexpr std::string_view key = "worker-cores=";
    const auto space = std::min(text.find_first_of(" \t"), text.size());
    const auto rest = std::min(text.find_first_not_of(" \t", space), text.size());
    unsigned module_number = 0;
    if (number(text.substr(0, space), "module", 1u, 255u, module_number) || !text.substr(rest).starts_with(key))
        return fmt::format("a module line is `number worker-cores=LIST`, such as 2 worker-cores=3, not \"{}\"", text);
    std::vector<unsigned> parsed;
    if (auto wrong = cores(text.substr(rest + key.size()), "worker-cores", max_workers, parsed)) return wrong;
    for (const ModuleLine& other : options.modules)
        if (other.module == module_number)
            return fmt::format("module {} is there twice; the first time at {}", module_number, other.where);
    std::string list;
    for (const unsigned core : parsed) list += fmt::format("{}{}", list.empty() ? "" : ",", core);
    options.modules.push_back({module_number, fmt::format("{} {}{}", module_number, key, list), where});
    return {};
}

Fault user(Options& options, const std::string& text, const std::string&) {
    if (!::getpwnam(text.c_str())) return fmt::format("board-user: there is no user \"{}\" on this machine", text);
    options.board_user = text;
    return {};
}

Fault folder(Options& options, const std::string& text, const std::string&) {
    constexpr std::size_t longest = 107 - sizeof "/.session.sock";  // a Unix socket's path ends at 107 bytes
    if (text.empty() || text.front() != '/') return fmt::format("run-dir is an absolute path, not \"{}\"", text);
    if (text.size() > longest) return fmt::format("run-dir is longer than {} characters", longest);
    options.run_dir = text;
    return {};
}

Fault flash(Options& options, const std::string& text, const std::string&) {
    if (text.empty() || text.front() != '/') return fmt::format("flash-dir is an absolute path, not \"{}\"", text);
    options.flash_dir = text;
    return {};
}

Fault system_mac(Options& options, const std::string& text, const std::string&) {
    const auto mac = Mac::parse(text);
    if (!mac || mac->is_multicast() || *mac == Mac{})
        return fmt::format("system-mac is the address of one host, like 02:00:00:00:00:01, not \"{}\"", text);
    options.system_mac = *mac;
    return {};
}

Fault route_netns(Options& options, const std::string& text, const std::string&) {
    if (text.empty() || (text.front() != '/' && text.find('/') != std::string::npos))
        return fmt::format("route-netns is a name as `ip netns` has it, or an absolute path, not \"{}\"", text);
    options.route_netns = text;
    return {};
}

Fault program(std::string& into, const char* name, const std::string& text) {
    if (text.empty() || text.front() != '/') return fmt::format("{} is an absolute path, not \"{}\"", name, text);
    into = text;
    return {};
}

template <class Value>
Fault one_of(const std::string& text, const char* name, Value& into,
             std::initializer_list<std::pair<std::string_view, Value>> choices) {
    std::string list;
    for (const auto& [word, value] : choices) {
        if (text == word) return into = value, Fault{};
        list += (list.empty() ? "" : ", ") + std::string(word);
    }
    return fmt::format("{} is one of {}, not \"{}\"", name, list, text);
}

Fault keepalive(Options& options, const std::string& text, const std::string&) {
    std::uint32_t ms = 0;
    if (auto wrong = number(text, "keepalive-ms", 100u, 60'000u, ms)) return wrong;
    options.keepalive = milliseconds(ms);
    return {};
}

Fault eal(Options& options, const std::string& text, const std::string&) {
    std::istringstream words(text);
    for (std::string word; words >> word;) options.eal.push_back(word);
    return {};
}

constexpr std::uint64_t most_entries = (std::uint64_t{fdb_bucket_slots} << fdb_max_bits) / 10 * 7;

const Setting table[] = {
    {"run-dir", "DIR", "where the sockets and the pid file lie (default /run/baton)", false, folder},
    {"flash-dir", "DIR", "where the boards keep configurations, msm-a/ and msm-b/ (default /var/lib/baton)", false,
     flash},
    {"board-user", "NAME", "whom the boards run as (default nobody)", false, user},
    {"hugepages", "auto|yes|no", "2 MB pages for the shared memory; auto: when enough are free", false,
     [](Options& o, const std::string& text, const std::string&) {
         return one_of<HugePages>(text, "hugepages", o.hugepages,
                                  {{"auto", HugePages::automatic}, {"yes", HugePages::yes}, {"no", HugePages::no}});
     }},
    {"worker-cores", "LIST", "one forwarding worker on each (default 1)", false,
     [](Options& o, const std::string& text, const std::string&) {
         return cores(text, "worker-cores", max_workers, o.worker_cores);
     }},
    {"housekeeping-cores", "LIST", "everything else runs there (default 0)", false,
     [](Options& o, const std::string& text, const std::string&) {
         return cores(text, "housekeeping-cores", CPU_SETSIZE, o.housekeeping_cores);
     }},
    {"port", "\"M:P KIND,...\"", "a port of the switch; repeat for more", true, port},
    {"module", "\"M worker-cores=LIST\"", "which of worker-cores poll that module's ports (default: dealt out)", true,
     module},
    {"fdb-max-entries", "N", "MAC addresses the switch may learn (default 16000000)", false,
     [](Options& o, const std::string& text, const std::string&) {
         return number<std::uint64_t>(text, "fdb-max-entries", 1, most_entries, o.fdb_max_entries);
     }},
    {"system-mac", "MAC", "the switch's own address (default: made of this machine's id and run-dir)", false, system_mac},
    {"route-netns", "NAME", "network namespace of the router's own interfaces and of routing daemons (default: none)",
     false, route_netns},
    {"max-frame", "BYTES", "the longest frame, without FCS (default 9216)", false,
     [](Options& o, const std::string& text, const std::string&) {
         return number<std::uint32_t>(text, "max-frame", 1518, 9216, o.max_frame);
     }},
    {"mbufs", "N", "packet buffers of the data plane (default 16384)", false,
     [](Options& o, const std::string& text, const std::string&) {
         return number<std::uint32_t>(text, "mbufs", 1024, 16'777'216, o.mbufs);
     }},
    {"journal-mb", "MB", "what boards hand over lies there; a third of it bounds the configuration (default 16)", false,
     [](Options& o, const std::string& text, const std::string&) {
         return number<std::uint32_t>(text, "journal-mb", 1, 1024, o.journal_mb);
     }},
    {"keepalive-ms", "MS", "how long a board may be silent before it is killed (default 2000)", false, keepalive},
    {"eal", "ARGUMENTS", "arguments for DPDK's EAL; repeat for more", true, eal},
    {"dataplane-program", "PATH", "default: baton-dataplane beside this program", false,
     [](Options& o, const std::string& text, const std::string&) {
         return program(o.dataplane_program, "dataplane-program", text);
     }},
    {"board-program", "PATH", "default: baton-msm beside this program", false,
     [](Options& o, const std::string& text, const std::string&) {
         return program(o.board_program, "board-program", text);
     }},
    {"log-level", "LEVEL", "debug, info, notice, warning or error (default info)", false,
     [](Options& o, const std::string& text, const std::string&) {
         using log::Level;
         return one_of<Level>(text, "log-level", o.log_level,
                              {{"debug", Level::debug},
                               {"info", Level::info},
                               {"notice", Level::notice},
                               {"warning", Level::warning},
                               {"error", Level::error}});
     }},
};

}  // namespace

std::span<const Setting> settings() {
    return table;
}

}  // namespace baton::chassis
