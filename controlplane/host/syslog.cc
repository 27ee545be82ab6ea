// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/syslog.h"

#include <fmt/core.h>
#include <sys/un.h>
#include <time.h>

#include <cerrno>
#include <cstring>

#include "controlplane/config/syslog_host.h"

namespace baton {
namespace {

constexpr int facility = 16;  // local0
constexpr Duration retry_after = seconds(1);

int priority(log::Level level) {
    return facility * 8 + config::severity_number(level);
}

std::string printable(std::string_view line) {
    std::string out(line);
    for (char& c : out)
        if (c < ' ' || c > '~') c = '?';
    return out;
}

}  // namespace

std::string rfc5424(log::Level level, std::int64_t wall_ns, std::string_view host, std::string_view slot,
                    std::string_view line) {
    const time_t seconds = wall_ns / 1'000'000'000;
    tm at{};
    ::gmtime_r(&seconds, &at);
    return fmt::format("<{}>1 {:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z {} baton {} - - {}", priority(level),
                       at.tm_year + 1900, at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec,
                       wall_ns % 1'000'000'000 / 1000, host, slot, printable(line));
}

std::string rfc3164(log::Level level, std::int64_t wall_ns, std::string_view slot, std::string_view line) {
    constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const time_t seconds = wall_ns / 1'000'000'000;
    tm at{};
    ::localtime_r(&seconds, &at);
    return fmt::format("<{}>{} {:2} {:02}:{:02}:{:02} baton[{}]: {}", priority(level), months[at.tm_mon % 12],
                       at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec, slot, printable(line));
}

/// Sockets and counts of hosts that stay, stay.
void SyslogSender::follow_configuration() {
    const config::Syslog& wanted = running_.syslog();
    if (wanted == known_) return;
    known_ = wanted;
    std::vector<Host> next;
    for (const auto& [name, least] : wanted.hosts) {
        Host host;
        host.account.host = name;
        for (Host& old : hosts_)
            if (old.account.host == name) host = std::move(old);
        host.least = least;
        next.push_back(std::move(host));
    }
    hosts_ = std::move(next);
}

bool SyslogSender::open(Host& host) const {
    const Time now = monotonic_now();
    if (now < host.retry_at) return false;
    host.retry_at = now + retry_after;
    const auto parsed = config::parse_syslog_host(host.account.host);
    if (!parsed) return errno = EINVAL, false;
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    local_.copy(local.sun_path, sizeof local.sun_path - 1);
    const bool is_local = parsed->size == 0;
    const auto* address =
        is_local ? reinterpret_cast<const sockaddr*>(&local) : reinterpret_cast<const sockaddr*>(&parsed->address);
    Fd socket{::socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return false;
    if (::connect(socket.get(), address, is_local ? sizeof local : parsed->size) < 0) return false;
    host.socket = std::move(socket);
    return true;
}

/// A refusal belongs to an earlier datagram (ICMP port unreachable): the socket is good, this line is lost all the
/// same.
void SyslogSender::send(Host& host, const std::string& datagram) const {
    errno = 0;
    const bool there = host.socket || open(host);
    if (there && ::send(host.socket.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
        ++host.account.sent;
        return;
    }
    ++host.account.lost;
    if (errno == 0) return;  // not tried again so soon
    host.account.last_error = std::strerror(errno);
    if (errno != EAGAIN && errno != ECONNREFUSED) host.socket.reset();
}

void SyslogSender::send(log::Level level, std::int64_t wall_ns, std::string_view line) {
    follow_configuration();
    if (!known_.enabled) return;
    for (Host& host : hosts_) {
        if (level < host.least) continue;
        send(host, host.account.host == config::syslog_local ? rfc3164(level, wall_ns, slot_, line)
                                                             : rfc5424(level, wall_ns, running_.name(), slot_, line));
    }
}

std::vector<SyslogAccount> SyslogSender::accounts() const {
    std::vector<SyslogAccount> out;
    for (const Host& host : hosts_) out.push_back(host.account);
    return out;
}

}  // namespace baton
