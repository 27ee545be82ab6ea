// SPDX-License-Identifier: Apache-2.0
// How syslog hosts and severities are written, read and sent to. A host is an address, because looking a name up would
// make the board wait for somebody else's answer. ExtremeWare has syslog's eight severities, a line of ours has one of
// six levels; the three above error are one here.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "sync/base/log.h"
#include "sync/base/result.h"

namespace baton::config {

inline constexpr std::size_t syslog_hosts_most = 8;
inline constexpr std::string_view syslog_local = "local";  // this machine's /dev/log

struct SyslogHost {
    std::string text;  // one form for each: "10.0.0.1", "10.0.0.1:5514", "[2001:db8::1]:5514", "2001:db8::1", "local"
    sockaddr_storage address{};
    socklen_t size = 0;  // 0: local
};

Result<SyslogHost> parse_syslog_host(const std::string& text);

/// A severity's name, or its first letters if no other begins so, in either case.
Result<log::Level> severity_of(std::string_view text);
std::string_view severity_name(log::Level level);

/// RFC 5424's number: 0 emergency .. 7 debug.
int severity_number(log::Level level);

}  // namespace baton::config
