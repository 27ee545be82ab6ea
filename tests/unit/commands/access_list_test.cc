// SPDX-License-Identifier: Apache-2.0
// Access lists as an operator types them: every form of the guide's era becomes the rule that it means, and is shown,
// counted and printed as the command that makes it again.
#include <gtest/gtest.h>

#include "tests/unit/commands/fake_switch.h"

namespace baton::commands {
namespace {

class access_list_commands_test : public testing::Test {
  protected:
    FakeSwitch sw;
    Interpreter interpreter{sw};

    std::string text(std::string_view line) { return say(interpreter, line).text; }

    Json json(std::string_view line) { return json_of(interpreter, line); }

    const config::AccessList& made(std::string_view line, const char* name) {
        const auto said = say(interpreter, line, false, 77);
        EXPECT_EQ(said.code, Code::ok) << line << "\n" << said.text;
        static const config::AccessList none;
        const auto* list = sw.running().access_list(name);
        EXPECT_NE(list, nullptr) << line;
        return list ? *list : none;
    }

    std::string refused(std::string_view line, Code code = Code::failed) {
        const auto said = say(interpreter, line);
        EXPECT_EQ(said.code, code) << line << "\n" << said.text;
        return said.text;
    }

    /// As the data plane would have it, without ports.
    void in_force(const char* name, std::uint64_t frames, std::uint64_t bytes) {
        const std::uint32_t at = sw.acl_->high++;
        AclRule rule{};
        std::strncpy(rule.name, name, sizeof rule.name);
        std::uint64_t words[acl_rule_words];
        std::memcpy(words, &rule, sizeof rule);
        for (std::size_t i = 0; i < acl_rule_words; ++i) sw.acl_->slots[at].words[i] = words[i];
        sw.acl_->slots[at].state = AclStateWord{AclState::in_force, 1}.word();
        sw.acl_->hits[1][at].frames = frames;
        sw.acl_->hits[1][at].bytes = bytes;
        sw.acl_->rules = at + 1;
    }
};

TEST_F(access_list_commands_test, the_default_rule_of_the_user_guide_denies_the_rest) {
    const auto& list = made("create access-list denyall ip dest 0.0.0.0/0 source 0.0.0.0/0 deny ports any", "denyall");
    EXPECT_EQ(list.protocol, AclProtocol::ip);
    EXPECT_EQ(list.action, AclAction::deny);
    EXPECT_EQ(list.destination.length, 0);
    EXPECT_TRUE(list.ports.empty());
    EXPECT_EQ(list.precedence, 0u);
    EXPECT_FALSE(list.log);
}

TEST_F(access_list_commands_test, every_part_of_a_rule_is_taken) {
    const auto& web = made(
        "create access-list Web tcp destination 10.1.0.0/16 ip-port range 80 88 source any ip-port 1024 "
        "permit qp1 ports 1:1-1:2 precedence 100 log",
        "web");
    EXPECT_EQ(web.name, "Web");
    EXPECT_EQ(web.protocol, AclProtocol::tcp);
    EXPECT_EQ(web.destination, (config::AclPrefix{0x0a010000, 16}));
    EXPECT_EQ(web.source, config::AclPrefix{});
    EXPECT_EQ(web.destination_ports, (config::AclRange{80, 88}));
    EXPECT_EQ(web.source_ports, (config::AclRange{1024, 1024}));
    EXPECT_EQ(web.action, AclAction::permit);
    EXPECT_EQ(web.ports, (std::set<PortName>{{1, 1}, {1, 2}}));
    EXPECT_EQ(web.precedence, 100u);
    EXPECT_TRUE(web.log);
    EXPECT_EQ(
        made("create access-list est tcp destination any ip-port any source 10.0.0.1/32 ip-port any permit-established "
             "ports any precedence 200",
             "est")
            .action,
        AclAction::permit_established);
    EXPECT_EQ(made("create access-list dns udp destination any ip-port 53 source any ip-port any deny ports any "
                   "precedence 300",
                   "dns")
                  .protocol,
              AclProtocol::udp);
    const auto& ping = made(
        "create access-list ping icmp destination any source any type 8 code 0 deny ports any precedence 400", "ping");
    EXPECT_EQ(ping.destination_ports, (config::AclRange{0x800, 0x800}));
    EXPECT_EQ(
        made("create access-list un icmp destination any source any type 3 code any deny ports any precedence 401",
             "un")
            .destination_ports,
        (config::AclRange{0x300, 0x3ff}));
    EXPECT_EQ(
        made(
            "create access-list icmp icmp destination any source any type any code any permit ports any precedence 402",
            "icmp")
            .destination_ports,
        config::AclRange{});
}

TEST_F(access_list_commands_test, what_is_wrong_is_refused_with_a_sentence) {
    EXPECT_NE(refused("create access-list a ip destination 10.0.0.0/33 source any deny ports any", Code::syntax)
                  .find("expected <destination> or any"),
              std::string::npos);
    EXPECT_NE(refused("create access-list a ip destination 10.0.0.1/8 source any deny ports any", Code::syntax)
                  .find("write 10.0.0.0/8"),
              std::string::npos);
    EXPECT_NE(refused("create access-list a ip destination any source any permit qp3 ports any").find("qp1"),
              std::string::npos);
    EXPECT_NE(refused("create access-list a ip destination any source any deny ports 9:9").find("9:9"),
              std::string::npos);
    EXPECT_NE(
        refused("create access-list a ip destination any source any deny ports any precedence 25601", Code::syntax)
            .find("1 to 25600"),
        std::string::npos);
    EXPECT_NE(
        refused("create access-list a tcp destination any ip-port range 9 8 source any ip-port any deny ports any",
                Code::syntax)
            .find("lower number"),
        std::string::npos);
    EXPECT_NE(
        refused("create access-list a icmp destination any source any type any code 0 deny ports any").find("type"),
        std::string::npos);
    refused("create access-list a udp destination any ip-port any source any ip-port any permit-established ports any",
            Code::syntax);
    EXPECT_NE(refused("delete access-list a").find("show access-list"), std::string::npos);
    EXPECT_TRUE(sw.running().access_lists().empty());
}

TEST_F(access_list_commands_test, are_shown_in_the_order_in_which_they_decide_with_their_hits) {
    made("create access-list rest ip destination any source any deny ports any", "rest");
    made("create access-list web tcp destination 10.0.0.0/8 ip-port 80 source any ip-port any permit ports 1:1", "web");
    in_force("rest", 7, 700);
    const auto shown = json("show access-list");
    ASSERT_EQ(shown["access_lists"].size(), 2u);
    EXPECT_EQ(shown["access_lists"][0]["name"], "web");
    EXPECT_EQ(shown["access_lists"][0]["in_force"], false);
    EXPECT_EQ(shown["access_lists"][1]["frames"], 7);
    EXPECT_EQ(shown["access_lists"][1]["bytes"], 700);
    EXPECT_EQ(shown["access_lists"][1]["precedence"], nullptr);
    EXPECT_EQ(shown["total"], 2);
    const auto all = text("show access-list");
    EXPECT_NE(all.find("10.0.0.0/8"), std::string::npos) << all;
    EXPECT_NE(all.find("Total: 2"), std::string::npos) << all;
    EXPECT_EQ(json("show access-list WEB")["total"], 1);
    EXPECT_EQ(json("show access-list port 1:2")["total"], 1);
    EXPECT_EQ(json("show access-list ports 1:1")["total"], 2);
    EXPECT_NE(refused("show access-list nix").find("show access-list lists them"), std::string::npos);
}

TEST_F(access_list_commands_test, monitor_says_how_they_are_looked_up) {
    in_force("rest", 7, 700);
    sw.acl_->image_ns = 1'500'000;
    const auto shown = json("show access-list-monitor");
    EXPECT_EQ(shown["in_force"], 1);
    EXPECT_EQ(shown["compile_ms"], 1.5);
    EXPECT_NE(text("show access-list-monitor").find("Looked through:"), std::string::npos);
}

TEST_F(access_list_commands_test, print_as_the_command_that_makes_them_again) {
    for (const std::string line :
         {"create access-list \"a\" ip destination any source 10.0.0.0/8 deny ports any",
          "create access-list \"b\" tcp destination 10.0.0.1/32 ip-port range 1 2 source any ip-port 5 "
          "permit-established ports 1:1,2:1 precedence 5 log",
          "create access-list \"c\" icmp destination any source any type 3 code any permit ports any precedence 6"}) {
        FakeSwitch other;
        Interpreter there(other);
        ASSERT_EQ(say(there, line, false, 5).code, Code::ok) << line;
        EXPECT_NE(configuration_text(other.running()).find("\n" + line + "\n"), std::string::npos)
            << configuration_text(other.running());
    }
}

TEST_F(access_list_commands_test, are_deleted) {
    made("create access-list Rest ip destination any source any deny ports any", "rest");
    EXPECT_EQ(say(interpreter, "delete access-list REST", false, 78).text, "Access list \"Rest\" deleted.\n");
    EXPECT_TRUE(sw.running().access_lists().empty());
}

}  // namespace
}  // namespace baton::commands
