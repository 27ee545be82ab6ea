// SPDX-License-Identifier: Apache-2.0
#include "controlplane/config/syslog_host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>

#include <charconv>
#include <cstring>

namespace baton::config {
namespace {

constexpr std::uint16_t usual_port = 514;

struct Severity {
    std::string_view name;
    log::Level level;
};

constexpr Severity severities[] = {{"emergency", log::Level::fatal}, {"alert", log::Level::fatal},
                                   {"critical", log::Level::fatal},  {"error", log::Level::error},
                                   {"warning", log::Level::warning}, {"notice", log::Level::notice},
                                   {"info", log::Level::info},       {"debug", log::Level::debug}};

bool parse_port(std::string_view text, std::uint16_t& port) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && port != 0;
}

template <class Address>
void keep(SyslogHost& into, const Address& address) {
    std::memcpy(&into.address, &address, sizeof address);
    into.size = sizeof address;
}

}  // namespace

Result<SyslogHost> parse_syslog_host(const std::string& text) {
    const Error wrong{
        Code::syntax,
        "a syslog host is an address, as 10.0.0.1, 10.0.0.1:5514, 2001:db8::1 or [2001:db8::1]:5514, or the "
        "word local"};
    SyslogHost host;
    if (text == syslog_local) return host.text = text, host;
    std::string name = text;
    std::uint16_t port = usual_port;
    const auto colon = text.rfind(':');
    const bool bracket = !text.empty() && text.front() == '[';
    if (bracket || (colon != std::string::npos && text.find(':') == colon)) {
        const std::size_t end = bracket ? text.find(']') : colon;
        if (end == std::string::npos) return wrong;
        name = text.substr(bracket ? 1 : 0, end - (bracket ? 1 : 0));
        const std::size_t at = bracket ? end + 1 : end;
        if (at >= text.size() || text[at] != ':' || !parse_port(std::string_view(text).substr(at + 1), port))
            return wrong;
    }
    char written[INET6_ADDRSTRLEN];
    std::string behind;
    if (port != usual_port) behind.append(":").append(std::to_string(port));
    sockaddr_in four{};
    sockaddr_in6 six{};
    if (!bracket && ::inet_pton(AF_INET, name.c_str(), &four.sin_addr) == 1) {
        four.sin_family = AF_INET;
        four.sin_port = htons(port);
        keep(host, four);
        host.text = ::inet_ntop(AF_INET, &four.sin_addr, written, sizeof written) + behind;
    } else if (::inet_pton(AF_INET6, name.c_str(), &six.sin6_addr) == 1) {
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(port);
        keep(host, six);
        host.text = ::inet_ntop(AF_INET6, &six.sin6_addr, written, sizeof written);
        if (!behind.empty()) host.text.insert(0, 1, '[').append("]").append(behind);
    } else {
        return wrong;
    }
    return host;
}

Result<log::Level> severity_of(std::string_view text) {
    const auto begins = [text](std::string_view name) {
        return !text.empty() && text.size() <= name.size() && ::strncasecmp(name.data(), text.data(), text.size()) == 0;
    };
    const Severity* found = nullptr;
    std::size_t count = 0;
    for (const Severity& severity : severities) {
        if (!begins(severity.name)) continue;
        if (severity.name.size() == text.size()) return severity.level;
        found = &severity;
        ++count;
    }
    if (count == 1) return found->level;
    return Error{Code::syntax, "a severity is emergency, alert, critical, error, warning, notice, info or debug"};
}

std::string_view severity_name(log::Level level) {
    return level == log::Level::fatal ? "critical" : log::name_of(level);
}

int severity_number(log::Level level) {
    switch (level) {
        case log::Level::debug: return 7;
        case log::Level::info: return 6;
        case log::Level::notice: return 5;
        case log::Level::warning: return 4;
        case log::Level::error: return 3;
        case log::Level::fatal: break;
    }
    return 2;
}

}  // namespace baton::config
