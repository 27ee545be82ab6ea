// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/argument.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "controlplane/config/access_list.h"
#include "controlplane/config/failover.h"
#include "controlplane/config/routing.h"
#include "controlplane/config/syslog_host.h"
#include "sync/base/ip.h"

namespace baton::commands {
namespace {

Error syntax(std::string what) {
    return {Code::syntax, std::move(what)};
}

bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool digit(char c) {
    return c >= '0' && c <= '9';
}

Result<Value> read_name(std::string_view text) {
    if (text.empty() || text.size() > 32 || !letter(text[0]))
        return syntax("a name begins with a letter and has at most 32 characters");
    for (const char c : text)
        if (!letter(c) && !digit(c) && c != '_' && c != '-' && c != '.')
            return syntax("a name holds letters, digits, '_', '-' and '.'");
    return Value{.text = std::string(text)};
}

Result<Value> read_any(std::string_view text) {
    return Value{.text = std::string(text)};
}

Result<Value> read_path(std::string_view text) {
    if (text.empty() || (text[0] != '/' && text[0] != '.') || text.size() > 1024)
        return syntax("a path begins with / or ., as ./switch.cfg");
    return Value{.text = std::string(text)};
}

Result<Value> read_server(std::string_view text) {
    const auto good = [](char c) { return letter(c) || digit(c) || c == '.' || c == '-' || c == '_' || c == ':'; };
    auto inside = text;
    if (inside.starts_with('[')) {  // [IPv6 address] or [IPv6 address]:port
        inside.remove_prefix(1);
        const auto end = inside.find(']');
        if (end == std::string_view::npos || (end + 1 < inside.size() && inside[end + 1] != ':'))
            return syntax("an IPv6 address stands in brackets, as [2001:db8::1]");
        inside = inside.substr(0, end);
    } else if (std::count(text.begin(), text.end(), ':') > 1) {
        return syntax("an IPv6 address stands in brackets, as [2001:db8::1]");
    }
    if (inside.empty() || text.size() > 255 || inside[0] == '.' || inside[0] == '-')
        return syntax("a host is a name or an address, as 10.0.0.5 or files.example.net");
    for (const char c : inside)
        if (!good(c)) return syntax("a host is a name or an address, as 10.0.0.5 or files.example.net");
    return Value{.text = std::string(text)};
}

Result<Value> read_filename(std::string_view text) {
    if (text.empty() || text.size() > 255) return syntax("a file's name has 1 to 255 characters");
    return Value{.text = std::string(text)};
}

Result<Value> read_pattern(std::string_view text) {
    if (text.empty() || text.size() > 1024) return syntax("a pattern has 1 to 1024 characters");
    return Value{.text = std::string(text)};
}

Result<Value> read_number(std::string_view text, std::uint64_t least, std::uint64_t most, std::string_view what) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
        return syntax(fmt::format("{} is a number from {} to {}", what, least, most));
    return Value{.number = value};
}

Result<Value> read_tag(std::string_view text) {
    return read_number(text, 1, 4094, "a tag");
}

Result<Value> read_count(std::string_view text) {
    return read_number(text, 1, 1'000'000, "a count");
}

Result<Value> read_aging(std::string_view text) {
    auto value = read_number(text, 0, 1'000'000, "the time");
    if (!value || (value->number != 0 && value->number < 15))
        return syntax("the time is 0 (never) or 15 to 1000000 seconds");
    return value;
}

Result<Value> read_failover_time(std::string_view text) {
    return read_number(text, config::failover_timeout_least, config::failover_timeout_most, "the time");
}

Result<Value> read_reelect_time(std::string_view text) {
    return read_number(text, config::esrp_timeout_least, config::esrp_timeout_most, "the time");
}

Result<Value> read_severity(std::string_view text) {
    const auto level = config::severity_of(text);
    if (!level) return level.error();
    return Value{.number = static_cast<std::uint64_t>(*level)};
}

Result<Value> read_syslog_host(std::string_view text) {
    const auto host = config::parse_syslog_host(std::string(text));
    if (!host) return host.error();
    return Value{.text = host->text};
}

Result<Value> read_session(std::string_view text) {
    return read_number(text, 1, 100'000, "a session");
}

/// What crypt(3) makes and understands, and what can be given back in quotes.
Result<Value> read_hash(std::string_view text) {
    if (text.size() < 4 || text.size() > 128 || text[0] != '$')
        return syntax("a hash is what crypt(3) makes, as $y$j9T$...; show configuration prints it");
    for (const char c : text)
        if (!letter(c) && !digit(c) && c != '$' && c != '.' && c != '/' && c != '=' && c != ',' && c != '-')
            return syntax("a hash is what crypt(3) makes, as $y$j9T$...; show configuration prints it");
    return Value{.text = std::string(text)};
}

Result<Value> read_password(std::string_view text) {
    if (text.size() > 32) return syntax("a password has at most 32 characters");
    return Value{.text = std::string(text)};
}

Result<Value> read_mac(std::string_view text) {
    if (const auto mac = Mac::parse(text)) return Value{.mac = *mac};
    return syntax("an address is six pairs of hex digits, as 00:01:30:4d:2a:00");
}

Result<Value> read_address(std::string_view text) {
    if (const auto address = IpAddress::parse(text)) return Value{.text = address->text()};
    return syntax("an IP address is four numbers, as 10.0.0.1, or groups of hex digits, as 2001:db8::1");
}

Result<Value> read_netmask(std::string_view text) {
    const auto mask = IpAddress::parse(text);
    if (mask && mask->family == Family::ipv4 && length_of_mask(mask->bits.v4())) return Value{.text = mask->text()};
    return syntax("a mask is ones and then zeros, as 255.255.255.0");
}

Result<Value> read_ipnetmask(std::string_view text) {
    if (text.find('/') != text.npos)
        if (const auto both = IpInterface::parse(text)) return Value{.text = both->text()};
    return syntax("an address with its prefix length is written as 10.0.0.0/8 or 2001:db8::/32");
}

/// "10.0.0.254", "fe80::1%Lan"
Result<Value> read_gateway(std::string_view text) {
    const auto mark = text.find('%');
    const auto address = IpAddress::parse(text.substr(0, mark));
    if (!address) return syntax("a gateway is an address, as 10.0.0.254, or link-local with its VLAN, as fe80::1%Lan");
    if (mark == text.npos) return Value{.text = address->text()};
    const auto vlan = read_name(text.substr(mark + 1));
    if (!vlan) return vlan.error();
    return Value{.text = address->text() + "%" + vlan->text};
}

Result<Value> read_portlist(std::string_view text) {
    auto list = parse_ports(text);
    if (!list) return list.error();
    return Value{.ports = std::move(*list)};
}

/// The address above six bits of length: "10.0.0.0/8"; a bare address is one host.
Result<Value> read_ipv4_prefix(std::string_view text) {
    const auto mark = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, mark));
    const auto length = mark == std::string_view::npos ? Result<Value>(Value{.number = 32})
                                                       : read_number(text.substr(mark + 1), 0, 32, "a length");
    if (!address || address->family != Family::ipv4 || !length)
        return syntax("addresses are written as 10.0.0.0/8, or any; a host as 10.0.0.1/32");
    return Value{.text = std::string(text), .number = static_cast<std::uint64_t>(address->bits.v4()) << 6 | length->number};
}

Result<Value> read_ip_port(std::string_view text) {
    return read_number(text, 0, 65535, "a port");
}

Result<Value> read_icmp(std::string_view text) {
    return read_number(text, 0, 255, "a type or code of ICMP");
}

Result<Value> read_precedence(std::string_view text) {
    return read_number(text, 1, config::precedence_most, "a precedence");
}

Result<Value> read_qosprofile(std::string_view text) {
    if (text.size() == 3 && (text[0] == 'q' || text[0] == 'Q') && (text[1] == 'p' || text[1] == 'P') && text[2] >= '1' && text[2] <= '8')
        return Value{.number = static_cast<std::uint64_t>(text[2] - '0')};
    return syntax("a QoS profile is qp1 to qp8");
}

constexpr ArgumentType types[] = {
    {"vlan", "Name of a VLAN that exists", read_name, Live::vlans},
    {"name", "A new name: a letter, then letters, digits, '_', '-', '.'; at most 32", read_name},
    {"sysname", "Name of the switch: a letter, then letters, digits, '_', '-', '.'; at most 32", read_name},
    {"tag", "802.1Q VLAN identifier, 1 to 4094", read_tag},
    {"portlist", "Ports, as 1:1, 1:1-1:4, 2:* or several with commas", read_portlist, Live::ports},
    {"mac", "Ethernet address, as 00:01:30:4d:2a:00", read_mac},
    {"seconds", "0 (never), or 15 to 1000000 seconds", read_aging},
    {"time", "30 to 300 seconds", read_failover_time},
    {"reelect-timeout", "15 to 180 seconds; 30 when left out", read_reelect_time},
    {"severity", "emergency, alert, critical, error, warning, notice, info or debug", read_severity},
    {"host", "An IPv4 or IPv6 address, as 10.0.0.1 or 10.0.0.1:5514; or local: the machine's own syslog",
     read_syslog_host},
    {"path", "A file of yours, where the CLI runs: begins with / or ., as ./switch.cfg", read_path},
    {"server", "Name or address of a TFTP server; with :port when that is not 69", read_server},
    {"filename", "Name of the file, as the server knows it", read_filename},
    {"count", "How many, 1 to 1000000", read_count},
    {"account", "Name of an account that exists", read_name, Live::accounts},
    {"password", "Up to 32 characters, in quotes when they hold a space or begin a keyword; \"\" for none",
     read_password, Live::none, false, true},
    {"hash", "What crypt(3) makes of a password; show configuration prints it", read_hash},
    {"session", "Number of a session, as show session lists it", read_session},
    {"ipaddress", "An IP address, as 10.0.0.1 or 2001:db8::1", read_address},
    {"netmask", "A mask, as 255.255.255.0", read_netmask},
    {"ipnetmask", "An address and its prefix length, as 10.0.0.0/8 or 2001:db8::/32", read_ipnetmask},
    {"gateway", "A router's address, as 10.0.0.254; a link-local one with its VLAN, as fe80::1%Lan", read_gateway},
    {"metric", "1 to 65535; the lowest is used. 1 when left out",
     [](std::string_view text) { return read_number(text, 1, config::metric_most, "a metric"); }},
    {"mtu", "Bytes of IP, 68 to 9198",
     [](std::string_view text) { return read_number(text, config::mtu_least, config::mtu_most, "an MTU"); }},
    {"minutes", "0 (never), or 1 to 32767 minutes",
     [](std::string_view text) { return read_number(text, 0, config::arp_timeout_most, "the timeout"); }},
    {"entries", "How many, 1 to 65536",
     [](std::string_view text) { return read_number(text, 1, config::arp_entries_most, "the number of entries"); }},
    {"access-list", "Name of an access list that exists", read_name, Live::access_lists, false, false, true},
    {"destination", "Where packets go: addresses as 10.0.0.0/8", read_ipv4_prefix},
    {"source", "Where packets come from: addresses as 10.0.0.0/8", read_ipv4_prefix},
    {"destination-port", "The port that packets go to, 0 to 65535", read_ip_port},
    {"destination-first", "The first of a range of ports", read_ip_port},
    {"destination-last", "The last of a range of ports", read_ip_port},
    {"source-port", "The port that packets come from, 0 to 65535", read_ip_port},
    {"source-first", "The first of a range of ports", read_ip_port},
    {"source-last", "The last of a range of ports", read_ip_port},
    {"icmp-type", "A type of ICMP message, 0 to 255; 8 is an echo request", read_icmp},
    {"icmp-code", "A code of that type, 0 to 255", read_icmp},
    {"precedence", "1 (decides first) to 25600", read_precedence},
    {"qosprofile", "A QoS profile; all traffic has qp1", read_qosprofile},
    {"columns", "Width, 80 to 1000", [](std::string_view text) { return read_number(text, 80, 1000, "a width"); }},
    {"pattern", "An extended regular expression, as grep -E; in quotes when it holds a space or a bar", read_pattern},
    {"command", "A command or its first words", read_any, Live::none, true},
};

}  // namespace

const ArgumentType* argument_type(std::string_view name) {
    for (const auto& type : types)
        if (type.name == name) return &type;
    return nullptr;
}

std::vector<const ArgumentType*> argument_types() {
    std::vector<const ArgumentType*> out;
    for (const auto& type : types) out.push_back(&type);
    return out;
}

}  // namespace baton::commands
