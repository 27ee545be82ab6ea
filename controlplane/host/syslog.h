// SPDX-License-Identifier: Apache-2.0
// Sends lines of the log to the syslog hosts of the running configuration: by UDP, one datagram a line, in the form of
// RFC 5424, facility local0; to the machine's own /dev/log in the older form that it expects (RFC 3164). Never waits: a
// datagram that the kernel does not take at once is counted as lost. glibc's syslog(3) was refused for that reason: it
// blocks when the machine's daemon does not read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/commands/switch.h"
#include "controlplane/config/running.h"
#include "sync/base/time.h"
#include "sync/region/arena.h"

namespace baton {

class SyslogSender {
  public:
    /// `slot`: the board that speaks. `local`: the socket of the machine's own syslog.
    explicit SyslogSender(const config::Running& running, std::string slot, std::string local = "/dev/log")
        : running_(running), slot_(std::move(slot)), local_(std::move(local)) {}

    void send(log::Level level, std::int64_t wall_ns, std::string_view line);

    std::vector<SyslogAccount> accounts() const;

  private:
    struct Host {
        SyslogAccount account;
        log::Level least{};
        Fd socket;
        Time retry_at{};  // before that no socket is opened again
    };

    void follow_configuration();
    bool open(Host& host) const;
    void send(Host& host, const std::string& datagram) const;

    const config::Running& running_;
    std::string slot_, local_;
    config::Syslog known_;
    std::vector<Host> hosts_;
};

/// `<134>1 2026-11-22T20:31:07.123456Z Core-1 baton msm-a - - took over term=3 ...`; what is no printable ASCII is `?`.
std::string rfc5424(log::Level level, std::int64_t wall_ns, std::string_view host, std::string_view slot,
                    std::string_view line);

/// `<133>Nov 22 20:31:07 baton[msm-a]: ...`, in the machine's time zone, as /dev/log expects it.
std::string rfc3164(log::Level level, std::int64_t wall_ns, std::string_view slot, std::string_view line);

}  // namespace baton
