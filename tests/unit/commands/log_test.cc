// SPDX-License-Identifier: Apache-2.0
// show log by severity, and the commands that send the log elsewhere.
#include <gtest/gtest.h>

#include "tests/unit/commands/fake_switch.h"

namespace baton::commands {
namespace {

class logs : public testing::Test {
  protected:
    FakeSwitch sw;
    Interpreter interpreter{sw};

    logs() {
        int at = 0;
        for (const auto level : {log::Level::debug, log::Level::info, log::Level::notice, log::Level::warning,
                                 log::Level::error, log::Level::fatal})
            for (int i = 0; i < 2; ++i)
                sw.log_.push_back(
                    {FakeSwitch::wall + at++, level, "msm-a", std::string(log::name_of(level)) + " line"});
    }

    std::size_t lines(std::string_view line) { return json_of(interpreter, line)["lines"].size(); }

    Said change(std::string_view line) { return say(interpreter, line, false, 7); }
};

TEST_F(logs, are_shown_by_severity_and_count) {
    EXPECT_EQ(lines("show log"), 12u);
    EXPECT_EQ(lines("show log debug"), 12u);
    EXPECT_EQ(lines("show log notice"), 8u);
    EXPECT_EQ(lines("show log warn"), 6u);
    EXPECT_EQ(lines("show log error"), 4u);
    EXPECT_EQ(lines("show log critical"), 2u);
    EXPECT_EQ(lines("show log emergency"), 2u);
    EXPECT_EQ(lines("show log 5"), 5u);
    EXPECT_EQ(lines("show log error 3"), 3u);
    EXPECT_EQ(json_of(interpreter, "show log error 3")["lines"][0]["level"], "error");
    EXPECT_EQ(say(interpreter, "show log loud").code, Code::syntax);
}

TEST_F(logs, go_to_hosts_that_are_configured_shown_and_deleted) {
    EXPECT_EQ(change("configure syslog 10.0.0.1").text,
              "Lines of severity debug and above go to 10.0.0.1 once syslog is enabled.\n");
    EXPECT_EQ(change("enable syslog").text, "Syslog is enabled.\n");
    EXPECT_EQ(change("configure syslog add 10.0.0.2:5514 warning").text,
              "Lines of severity warning and above go to 10.0.0.2:5514.\n");
    EXPECT_EQ(change("configure syslog add local critical").code, Code::ok);
    EXPECT_EQ(sw.running().syslog().hosts.size(), 3u);
    EXPECT_TRUE(sw.running().syslog().enabled);
    EXPECT_EQ(say(interpreter, "show syslog").text,
              "Syslog:           enabled\n\n"
              "Host           Severity  Sent  Lost  Last error\n"
              "-----------------------------------------------\n"
              "10.0.0.1       debug        0     0  -\n"
              "10.0.0.2:5514  warning      0     0  -\n"
              "local          critical     0     0  -\n");
    const auto commands = json_of(interpreter, "show configuration")["commands"];
    for (const auto* line : {"configure syslog add 10.0.0.1 debug", "configure syslog add 10.0.0.2:5514 warning",
                             "configure syslog add local critical", "enable syslog"})
        EXPECT_NE(std::find(commands.begin(), commands.end(), line), commands.end()) << line;
    EXPECT_EQ(change("configure syslog delete 10.0.0.1").text, "No more lines go to 10.0.0.1.\n");
    EXPECT_EQ(change("configure syslog delete 10.0.0.1").code, Code::failed);
    EXPECT_EQ(change("disable syslog").text, "Syslog is disabled.\n");
    EXPECT_FALSE(sw.running().syslog().enabled);
}

TEST_F(logs, say_what_a_host_is_when_it_is_none) {
    const auto said = change("configure syslog add logs.example.org");
    EXPECT_EQ(said.code, Code::syntax);
    EXPECT_NE(said.text.find("a syslog host is an address"), std::string::npos) << said.text;
}

}  // namespace
}  // namespace baton::commands
