// SPDX-License-Identifier: Apache-2.0
// Accounts: what is kept of a password, who may do what, and that the configuration gives them back.
#include <gtest/gtest.h>

#include "controlplane/commands/password.h"
#include "tests/unit/commands/fake_switch.h"

namespace baton::commands {
namespace {

class accounts : public testing::Test {
  protected:
    FakeSwitch sw;
    Interpreter interpreter{sw};

    Said ask(std::string_view line, const Ask& as = {}) { return say(interpreter, line, false, 1, as); }

    void change(std::string_view line) {
        const auto said = ask(line);
        EXPECT_EQ(said.code, Code::ok) << line << "\n" << said.text;
    }

    std::string hash_of(std::string_view name) { return sw.running().account(name)->hash; }
};

TEST_F(accounts, the_factory_has_an_admin_and_a_user_and_nobody_logs_in_by_password) {
    EXPECT_EQ(ask("show accounts").text,
              "User Name  Access  LoginOK  Failed  Password\n"
              "--------------------------------------------------------------\n"
              "admin      R/W           0       0  none: no login by password\n"
              "user       RO            0       0  none: no login by password\n");
    EXPECT_FALSE(is_password("", hash_of("admin")));
}

TEST_F(accounts, a_password_is_kept_as_a_hash_and_nowhere_else) {
    change("create account user noc \"s3cret one\"");
    EXPECT_TRUE(hash_of("NOC").starts_with("$y$"));
    EXPECT_TRUE(is_password("s3cret one", hash_of("noc")));
    EXPECT_FALSE(is_password("s3cret onf", hash_of("noc")));
    ASSERT_EQ(sw.committed_.size(), 1u);
    EXPECT_EQ(sw.committed_[0].line(), "create account user noc ***");
    EXPECT_EQ(sw.committed_[0].SerializeAsString().find("s3cret"), std::string::npos);
    EXPECT_EQ(ask("show configuration").text.find("s3cret"), std::string::npos);
    change("configure account noc An0ther");
    EXPECT_EQ(sw.committed_[1].line(), "configure account noc ***");
    EXPECT_TRUE(is_password("An0ther", hash_of("noc")));
    const auto before = hash_of("noc");
    change("configure account noc An0ther");
    EXPECT_NE(hash_of("noc"), before) << "the salt is new each time";
    change("configure account noc \"\"");
    EXPECT_EQ(hash_of("noc"), "");
}

TEST_F(accounts, the_configuration_gives_them_back_whatever_they_became) {
    const char* const stories[] = {
        "",
        "configure account admin pw",
        "create account admin boss pw; delete account admin; create account user admin x",
        "create account admin boss pw; delete account admin; delete account user",
        "delete account user; create account admin User pw; delete account admin; create account user ADMIN",
        "create account user noc encrypted \"$6$salt$abc./\"",
    };
    for (const std::string_view story : stories) {
        FakeSwitch made;
        const Interpreter maker(made);
        for (std::size_t at = 0; at < story.size();) {
            const auto end = std::min(story.find("; ", at), story.size());
            const auto said = say(maker, story.substr(at, end - at));
            EXPECT_EQ(said.code, Code::ok) << story << said.text;
            at = end + 2;
        }
        FakeSwitch again;
        const Interpreter repeater(again);
        const auto shown = json_of(maker, "show configuration");
        for (const auto& command : shown["commands"]) {
            const auto said = say(repeater, command.get<std::string>());
            EXPECT_EQ(said.code, Code::ok) << command << said.text;
        }
        EXPECT_EQ(again.running().accounts(), made.running().accounts()) << story;
        config::Running replayed;
        ASSERT_TRUE(replayed.replay(made.running().as_changes()));
        EXPECT_EQ(replayed, made.running()) << story;
        auto back = made.running();
        ASSERT_TRUE(back.replay(config::changes_between(made.running(), again.running())));
    }
}

TEST_F(accounts, mistakes_are_refused_with_the_next_step) {
    const auto refused = [&](std::string_view line, std::string_view sentence) {
        const auto said = ask(line);
        EXPECT_NE(said.code, Code::ok) << line;
        EXPECT_NE(said.text.find(sentence), std::string::npos) << said.text;
    };
    refused("create account user Admin", "exists already; configure account admin");
    refused("delete account nobody", "there is no account 'nobody'; 'show accounts' lists them");
    refused("configure account nobody x", "there is no account \"nobody\"; show accounts lists them");
    refused("configure account admin", "say the password too");
    refused("delete account admin", "the last administrator; create another first");
    refused("create account user x encrypted plain", "\"plain\" does not fit: a hash is what crypt(3) makes");
    refused("create account user x \"123456789012345678901234567890123\"", "expected <password> or encrypted");
    for (int i = 2; i < 64; ++i) change(fmt::format("create account user u{}", i));
    refused("create account user one-more", "there are 64 accounts already; delete one first");
    change("delete account u2");
}

TEST_F(accounts, a_user_looks_and_does_not_touch) {
    const Ask noc{.role = Role::read, .user = "noc", .session = 3};
    change("create account user noc pw");
    for (const auto& row : commands()) {
        if (row.role == Role::read) continue;
        // any saying of the row will do; roles are looked at before the handler is
        const std::string line = row.notation == "show accounts"        ? "show accounts"
                                 : row.notation == "run msm-failover"   ? "run msm-failover"
                                 : row.notation == "create vlan <name>" ? "create vlan red"
                                 : row.notation == "clear log"          ? "clear log"
                                                                        : "";
        if (line.empty()) continue;
        const auto said = ask(line, noc);
        EXPECT_EQ(said.code, Code::failed) << line;
        EXPECT_NE(said.text.find("user noc may look but not touch"), std::string::npos) << said.text;
    }
    EXPECT_EQ(sw.hand_overs_, 0);
    const auto shown = ask("show configuration", noc);
    EXPECT_EQ(shown.code, Code::ok);
    EXPECT_EQ(shown.text.find("account"), std::string::npos) << "hashes are for administrators only";
    EXPECT_NE(ask("show configuration").text.find("create account user \"noc\" encrypted \"$y$"), std::string::npos);
}

TEST_F(accounts, a_line_that_lacks_a_password_or_has_one_says_so) {
    EXPECT_TRUE(interpreter.nature("create account user noc").lacks_secret);
    EXPECT_TRUE(interpreter.nature("configure account admin").lacks_secret);
    EXPECT_FALSE(interpreter.nature("create account user noc pw").lacks_secret);
    EXPECT_TRUE(interpreter.nature("create account user noc pw").has_secret);
    EXPECT_FALSE(interpreter.nature("create account user noc encrypted $y$x").lacks_secret);
    EXPECT_FALSE(interpreter.nature("show vlan").lacks_secret);
}

class FakeSessions final : public Sessions {
  public:
    std::vector<SessionView> list() const override {
        return {{1, "root", "/dev/pts/0", Role::privileged, FakeSwitch::wall, 1500},
                {4, "noc", "ssh 10.0.0.9", Role::read, FakeSwitch::wall, 61000}};
    }

    bool end(unsigned number, std::string_view by) override {
        ended += fmt::format("{} by {};", number, by);
        return number == 4;
    }

    Logins logins(std::string_view account) const override { return account == "admin" ? Logins{7, 2} : Logins{}; }

    std::string ended;
};

TEST_F(accounts, sessions_are_listed_and_ended) {
    FakeSessions sessions;
    const Ask root{.user = "root", .session = 1, .sessions = &sessions};
    EXPECT_EQ(ask("show session", root).text,
              "#     Login Time                User  Access  Idle  From\n"
              "----------------------------------------------------------------\n"
              "1  *  2023-11-14T22:13:20.123Z  root  R/W     1 s   /dev/pts/0\n"
              "4     2023-11-14T22:13:20.123Z  noc   RO      61 s  ssh 10.0.0.9\n");
    EXPECT_EQ(ask("clear session 4", root).text, "Session 4 ended.\n");
    EXPECT_EQ(ask("clear session 5", root).text, "%% there is no session 5; show session lists them\n");
    EXPECT_EQ(ask("clear session 1", root).text, "%% this is your own session; exit ends it\n");
    EXPECT_EQ(sessions.ended, "4 by root;5 by root;");
    EXPECT_NE(ask("show accounts", root).text.find("admin      R/W           7       2"), std::string::npos);
}

TEST_F(accounts, the_prompt_shows_what_is_unsaved_and_who_may_what) {
    change("configure sys-name SW1");
    change("save");
    EXPECT_EQ(interpreter.prompt(7), "SW1.7 # ");
    change("enable ports 1:1");
    EXPECT_EQ(interpreter.prompt(7), "* SW1.7 # ");
    EXPECT_EQ(interpreter.prompt(8, Role::read), "* SW1.8 > ");
}

TEST_F(accounts, other_makers_clients_are_understood) {
    for (const std::string_view line :
         {"disable clipaging", "disable clipaging session", "enable clipaging", "exit", "quit", "logout", "history",
          "disable cli prompting", "enable cli prompting", "configure cli columns 256"}) {
        const auto said = ask(line);
        EXPECT_EQ(said.code, Code::ok) << line;
        EXPECT_FALSE(said.local.empty()) << line;
    }
    for (const std::string_view line : {"show switch detail", "show configuration detail"})
        EXPECT_EQ(ask(line).code, Code::ok);
}

}  // namespace
}  // namespace baton::commands
