// SPDX-License-Identifier: Apache-2.0
// Lines of the log that go to other machines: hosts and severities as typed, datagrams as a real socket receives them.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <regex>

#include "controlplane/config/syslog_host.h"
#include "tests/unit/control/master_in_memory.h"

namespace baton {
namespace {

using namespace test;

constexpr std::int64_t wall = 1'700'000'000'123'456'000;  // 2023-11-14T22:13:20.123456Z

class Listener {
  public:
    Listener() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        socklen_t size = sizeof address;
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        host = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }

    /// The next datagram; empty when none has come within two seconds.
    std::string next(int patience_ms = 2000) const {
        pollfd wait{socket_.get(), POLLIN, 0};
        if (::poll(&wait, 1, patience_ms) != 1) return {};
        char bytes[2048];
        const ssize_t size = ::recv(socket_.get(), bytes, sizeof bytes, 0);
        return std::string(bytes, size < 0 ? 0 : static_cast<std::size_t>(size));
    }

    std::string host;

  private:
    Fd socket_;
};

/// The machine's own syslog, which reads nothing by itself.
struct Daemon {
    Daemon() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }

    ~Daemon() { ::unlink(path.c_str()); }

    const std::string path = "/tmp/baton-syslog-test-" + std::to_string(::getpid());
    const Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

config::Change add(const std::string& host, log::Level least) {
    config::Change change;
    change.mutable_syslog_add()->set_host(host);
    change.mutable_syslog_add()->set_severity(static_cast<std::uint32_t>(least));
    return change;
}

config::Change enable(bool on) {
    config::Change change;
    change.mutable_syslog_enable()->set_enabled(on);
    return change;
}

TEST(Syslog, hosts_are_addresses_in_one_form) {
    for (const auto& [typed, kept] : {std::pair{"10.0.0.1", "10.0.0.1"},
                                      {"10.0.0.1:514", "10.0.0.1"},
                                      {"10.0.0.1:5514", "10.0.0.1:5514"},
                                      {"2001:DB8:0::1", "2001:db8::1"},
                                      {"[2001:db8::1]:5514", "[2001:db8::1]:5514"},
                                      {"[2001:db8::1]:514", "2001:db8::1"},
                                      {"local", "local"}}) {
        const auto host = config::parse_syslog_host(typed);
        ASSERT_TRUE(host) << typed;
        EXPECT_EQ(host->text, kept);
        EXPECT_EQ(config::parse_syslog_host(host->text)->text, kept);
    }
    for (const char* wrong : {"", "logs.example.org", "10.0.0", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:70000", "[::1",
                              "[::1]", "[::1]5", "[10.0.0.1]:5", "1.2.3.4:5:6"})
        EXPECT_FALSE(config::parse_syslog_host(wrong)) << wrong;
}

TEST(Syslog, severities_have_the_guides_names_and_may_be_abbreviated) {
    for (const auto& [word, level] : {std::pair{"emergency", log::Level::fatal},
                                      {"alert", log::Level::fatal},
                                      {"critical", log::Level::fatal},
                                      {"error", log::Level::error},
                                      {"warn", log::Level::warning},
                                      {"WARNING", log::Level::warning},
                                      {"n", log::Level::notice},
                                      {"info", log::Level::info},
                                      {"debug", log::Level::debug}}) {
        ASSERT_TRUE(config::severity_of(word)) << word;
        EXPECT_EQ(*config::severity_of(word), level);
    }
    for (const char* wrong : {"", "e", "loud", "errors"}) EXPECT_FALSE(config::severity_of(wrong)) << wrong;
}

TEST(Syslog, is_configuration_that_prints_and_replays) {
    auto running = config::Running::factory(port_list());
    ASSERT_TRUE(running.apply({add("10.0.0.1", log::Level::warning), add("local", log::Level::debug), enable(true)},
                              port_set()));
    config::Running again;
    ASSERT_TRUE(again.replay(running.as_changes()));
    EXPECT_EQ(again, running);
    for (int i = 2; i < 8; ++i) EXPECT_TRUE(running.apply({add(numbered("10.0.0.", i), log::Level::info)}, port_set()));
    EXPECT_FALSE(running.apply({add("10.0.0.9", log::Level::info)}, port_set())) << "eight are all there may be";
    EXPECT_TRUE(running.apply({add("10.0.0.7", log::Level::error)}, port_set())) << "that one is there already";
}

TEST(Syslog, a_datagram_is_rfc_5424_and_holds_nothing_unprintable) {
    EXPECT_EQ(rfc5424(log::Level::notice, wall, "Core-1", "msm-a", "took over term=2"),
              "<133>1 2023-11-14T22:13:20.123456Z Core-1 baton msm-a - - took over term=2");
    EXPECT_EQ(rfc5424(log::Level::fatal, wall, "B", "msm-b", "a\nb\x1b[2J"),
              "<130>1 2023-11-14T22:13:20.123456Z B baton msm-b - - a?b?[2J");
    EXPECT_TRUE(std::regex_match(rfc3164(log::Level::error, wall, "msm-a", "x"),
                                 std::regex("<131>Nov 1[345] \\d\\d:\\d\\d:20 baton\\[msm-a\\]: x")));
}

TEST(Syslog, a_master_sends_its_log_to_a_listener_by_severity_and_the_next_one_goes_on) {
    Listener all, grave;
    World world;
    world.dataplane.start(port_list());
    world.take_over(Slot::msm_a);
    world.settle();
    world.master->log_line(log::Level::notice, "before anything was configured");
    EXPECT_EQ(world.change({add(all.host, log::Level::debug), add(grave.host, log::Level::error)}), "ok");
    world.master->log_line(log::Level::notice, "configured, not enabled");
    EXPECT_EQ(world.change({enable(true)}), "ok");
    world.master->log_line(log::Level::notice, "took over term=1");
    world.master->log_line(log::Level::error, "the journal is damaged");
    EXPECT_TRUE(all.next().ends_with(" Baton baton msm-a - - took over term=1"));
    EXPECT_TRUE(all.next().starts_with("<131>1 "));
    EXPECT_TRUE(grave.next().ends_with("the journal is damaged"));
    EXPECT_EQ(grave.next(0), "");
    const auto accounts = world.master->syslog_accounts();
    ASSERT_EQ(accounts.size(), 2u);
    EXPECT_EQ(accounts[0].sent + accounts[1].sent, 3u);
    EXPECT_EQ(accounts[0].lost + accounts[1].lost, 0u);
    world.take_over(Slot::msm_b);
    world.master->log_line(log::Level::notice, "took over term=2");
    EXPECT_TRUE(all.next().ends_with(" baton msm-b - - took over term=2"));
    EXPECT_EQ(world.change({enable(false)}), "ok");
    world.master->log_line(log::Level::error, "nobody hears this");
    EXPECT_EQ(all.next(50), "");
}

TEST(Syslog, the_machines_own_log_gets_its_own_form) {
    const Daemon daemon;
    config::Running running;
    ASSERT_TRUE(running.replay({add("local", log::Level::debug), enable(true)}));
    SyslogSender sender(running, "msm-a", daemon.path);
    sender.send(log::Level::notice, wall, "hello");
    char bytes[256];
    const ssize_t size = ::recv(daemon.socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    ASSERT_GT(size, 0);
    EXPECT_TRUE(std::string(bytes, static_cast<std::size_t>(size)).ends_with(" baton[msm-a]: hello"));
}

TEST(Syslog, a_daemon_that_does_not_read_costs_lines_and_never_time) {
    const Daemon daemon;
    config::Running running;
    ASSERT_TRUE(running.replay({add("local", log::Level::debug), enable(true)}));
    SyslogSender sender(running, "msm-a", daemon.path);
    for (int i = 0; i < 20'000; ++i) sender.send(log::Level::notice, wall, "storm");  // syslog(3) would stand here
    const auto account = sender.accounts().at(0);
    EXPECT_GT(account.sent, 0u);
    EXPECT_GT(account.lost, 0u);
    EXPECT_EQ(account.sent + account.lost, 20'000u);
    EXPECT_FALSE(account.last_error.empty());
    char bytes[256];
    while (::recv(daemon.socket.get(), bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
    }
    sender.send(log::Level::notice, wall, "after the storm");
    EXPECT_EQ(sender.accounts().at(0).sent, account.sent + 1) << "it goes on when the daemon reads again";
}

TEST(Syslog, a_host_that_refuses_is_counted) {
    std::string host;
    {
        const Listener gone;
        host = gone.host;
    }
    config::Running running;
    ASSERT_TRUE(running.replay({add(host, log::Level::debug), enable(true)}));
    SyslogSender sender(running, "msm-a");
    for (int i = 0; i < 4; ++i) sender.send(log::Level::notice, wall, "is anybody there");
    const auto account = sender.accounts().at(0);
    EXPECT_EQ(account.sent + account.lost, 4u);
    EXPECT_GT(account.lost, 0u) << "the kernel says of every second one that the last was refused";
}

}  // namespace
}  // namespace baton
