// SPDX-License-Identifier: Apache-2.0
// Who a session belongs to, and what follows from that: roles by the kernel's word or by password, and how sessions are
// listed, ended and kept through a failover.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "controlplane/commands/password.h"
#include "controlplane/shell/client.h"
#include "tests/unit/commands/session_rig.h"

namespace baton::session {
namespace {

using commands::Role;

constexpr gid_t operators = 4711;

SessionServer::Limits peers(const char* name, std::vector<gid_t> groups = {}) {
    SessionServer::Limits limits;
    limits.peer = [name, groups](int socket) -> Result<Peer> {
        auto real = peer_of(socket);
        if (!real) return real;
        auto all = groups;
        if (all.empty()) all = real->groups;  // the socket's own group is among them
        return Peer{64999, all, name};
    };
    return limits;
}

void account(Master& master, const char* name, bool admin, const char* password) {
    master.on_loop([&] {
        config::Change change;
        change.mutable_account_set()->set_name(name);
        change.mutable_account_set()->set_admin(admin);
        if (*password) change.mutable_account_set()->set_hash(*commands::hash_password(password));
        return master.sw.running_.replay({change}).has_value();
    });
}

Client::Options options_for(const Listener& listener) {
    Client::Options options;
    options.path = listener.path();
    return options;
}

struct Told {
    Client::Answer answer;
    std::string text;
};

Told tell(Client& client, const std::string& line) {
    Paper paper;
    Told out;
    out.answer = client.run(line, paper.fd());
    out.text = paper.text() + out.answer.complaint;
    return out;
}

TEST(identity, the_account_of_ones_own_name_counts_for_more_than_the_group) {
    auto running = config::Running::factory({});
    config::Change change;
    change.mutable_account_set()->set_name("noc");
    ASSERT_TRUE(running.replay({change}));
    const auto role = [&](uid_t uid, const char* name, std::vector<gid_t> groups,
                          std::optional<gid_t> group = operators) {
        const auto found = identity({uid, std::move(groups), name}, group, running);
        return found ? std::optional(found->role) : std::nullopt;
    };
    EXPECT_EQ(role(0, "root", {}), Role::privileged);
    EXPECT_EQ(role(64999, "boss", {5, operators}), Role::privileged);
    EXPECT_EQ(role(64999, "noc", {operators}), Role::read);
    EXPECT_EQ(role(64999, "admin", {5}), Role::privileged);
    EXPECT_EQ(role(64999, "guest", {5}), std::nullopt);
    EXPECT_EQ(role(64999, "guest", {5}, std::nullopt), std::nullopt);
}

TEST(identity, the_kernel_says_who_is_at_the_other_end) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const Fd one(ends[0]), two(ends[1]);
    const auto peer = peer_of(one.get());
    ASSERT_TRUE(peer);
    EXPECT_EQ(peer->uid, ::geteuid());
    EXPECT_NE(std::find(peer->groups.begin(), peer->groups.end(), ::getegid()), peer->groups.end());
    EXPECT_EQ(name_of_user(4'000'000'000u), "uid 4000000000");
}

TEST(identity, the_group_of_the_socket_is_found_under_the_name_it_was_moved_to) {
    Listener listener;
    EXPECT_EQ(operators_of(listener.fd()), ::getegid());
}

TEST(login, a_user_gets_another_prompt_and_is_refused_changes) {
    Listener listener;
    Master master(listener, 1, peers("noc"));
    account(master, "noc", false, "");
    Client client(options_for(listener));
    EXPECT_EQ(client.hello().code, Code::ok);
    EXPECT_EQ(client.prompt(), "Baton.1 > ");
    EXPECT_EQ(tell(client, "show version").answer.code, Code::ok);
    EXPECT_NE(tell(client, "create vlan red").text.find("user noc may look but not touch"), std::string::npos);
    EXPECT_EQ(client.prompt(), "Baton.3 > ");
    EXPECT_EQ(master.on_loop([&] { return master.sw.committed_.size(); }), 0u);
}

TEST(login, who_is_in_no_group_and_has_no_account_is_told_so_and_served_nothing) {
    Listener listener;
    Master master(listener, 1, peers("guest", {64998}));
    Client client(options_for(listener));
    const auto told = tell(client, "show version");
    EXPECT_EQ(told.answer.code, Code::failed);
    EXPECT_NE(told.text.find("user guest may not use this switch"), std::string::npos);
    RawClient raw(listener);
    raw.ask("show version");
    EXPECT_NE(raw.answer()->text().find("user guest may not use this switch"), std::string::npos);
    EXPECT_TRUE(raw.closed());
}

TEST(login, a_role_that_changes_counts_at_once) {
    Listener listener;
    Master master(listener, 1, peers("noc"));
    account(master, "noc", true, "");
    Client client(options_for(listener));
    EXPECT_EQ(tell(client, "create vlan red").answer.code, Code::ok);
    account(master, "noc", false, "");
    EXPECT_EQ(tell(client, "create vlan blue").answer.code, Code::failed);
}

TEST(login, an_administrator_may_be_less_without_a_password_and_a_user_more_with_one) {
    Listener listener;
    Master master(listener, 1, peers("noc"));
    account(master, "noc", false, "");
    account(master, "admin", true, "s3cret");
    auto less = options_for(listener);
    less.account = "user";
    Client small(less);
    EXPECT_EQ(small.hello().code, Code::ok);
    EXPECT_EQ(small.prompt(), "Baton.1 > ");

    auto more = options_for(listener);
    more.account = "admin";
    Client nobody_to_ask(more);
    EXPECT_NE(tell(nobody_to_ask, "create vlan red").text.find("account admin needs its password"), std::string::npos);
    int asked = 0;
    more.secret = [&](const std::string&) { return std::optional<std::string>(++asked == 1 ? "wrong" : "s3cret"); };
    Client big(more);
    EXPECT_EQ(tell(big, "create vlan red").answer.code, Code::ok);
    EXPECT_EQ(asked, 2);
    const auto shown = tell(big, "show accounts").text;
    EXPECT_NE(shown.find("admin      R/W           1       1"), std::string::npos) << shown;
}

TEST(login, three_wrong_passwords_are_enough_and_accounts_without_one_let_nobody_in) {
    Listener listener;
    Master master(listener, 1, peers("noc"));
    account(master, "noc", false, "");
    for (const char* name : {"admin", "nobody"}) {
        auto options = options_for(listener);
        options.account = name;
        options.by_password = true;
        int asked = 0;
        options.secret = [&](const std::string&) {
            ++asked;
            return std::optional<std::string>("");
        };
        Client client(options);
        EXPECT_NE(tell(client, "show version").text.find("login incorrect"), std::string::npos);
        EXPECT_EQ(asked, 2) << name << ": the first was said with the login";
    }
}

TEST(login, a_session_by_password_survives_a_failover_and_ends_when_the_password_changes) {
    Listener listener;
    std::optional<Master> master;
    master.emplace(listener, 1, peers("noc"));
    account(*master, "noc", false, "");
    account(*master, "boss", true, "s3cret");
    auto options = options_for(listener);
    options.account = "boss";
    options.password = "s3cret";
    options.by_password = true;
    std::vector<std::string> notices;
    options.notice = [&](const std::string& line) { notices.push_back(line); };
    Client client(options);
    EXPECT_EQ(tell(client, "create vlan red").answer.code, Code::ok);
    master->die();
    Master next(listener, 2, peers("noc"), &master->sw);
    EXPECT_EQ(tell(client, "create vlan blue").answer.code, Code::ok);
    EXPECT_EQ(notices, std::vector<std::string>{"-- msm-b carries the baton now (term 2); this session goes on"});
    account(next, "boss", true, "another");
    EXPECT_NE(tell(client, "create vlan green").text.find("account boss was changed; log in again"), std::string::npos);
}

TEST(login, passwords_that_are_asked_for_are_typed_twice_and_go_into_no_journal) {
    Listener listener;
    Master master(listener, 1);
    auto options = options_for(listener);
    std::vector<std::string> answers{"one", "two", "same", "same"};
    std::size_t asked = 0;
    options.secret = [&](const std::string&) { return std::optional(answers.at(asked++)); };
    Client client(options);
    EXPECT_NE(tell(client, "create account user noc").text.find("the two differ"), std::string::npos);
    EXPECT_EQ(tell(client, "create account user noc").answer.code, Code::ok);
    EXPECT_TRUE(client.had_secret());
    EXPECT_TRUE(client.asked_secret());
    EXPECT_EQ(tell(client, "create account user noc2 typed").answer.code, Code::ok);
    EXPECT_TRUE(client.had_secret());
    EXPECT_FALSE(client.asked_secret());
    EXPECT_EQ(asked, 4u);
    master.on_loop([&] {
        EXPECT_TRUE(commands::is_password("same", master.sw.running().account("noc")->hash));
        for (const auto& one : master.sw.committed_) {
            EXPECT_EQ(one.SerializeAsString().find("same"), std::string::npos);
            EXPECT_EQ(one.SerializeAsString().find("typed"), std::string::npos);
        }
    });
}

TEST(login, sessions_keep_their_numbers_and_their_beginning_through_a_failover) {
    Listener listener;
    std::optional<Master> master;
    master.emplace(listener, 1);
    auto options = options_for(listener);
    options.from = "ssh 10.0.0.9";
    Client first(options_for(listener)), second(options);
    ASSERT_EQ(first.hello().code, Code::ok);
    ASSERT_EQ(second.hello().code, Code::ok);
    const auto before = commands::Json::parse(tell(second, "show session | json").text)["sessions"];
    ASSERT_EQ(before.size(), 2u);
    EXPECT_EQ(before[1]["number"], 2);
    EXPECT_EQ(before[1]["from"], "ssh 10.0.0.9");
    EXPECT_EQ(before[1]["own"], true);
    master->die();
    Master next(listener, 2, {}, &master->sw);
    const auto after = commands::Json::parse(tell(second, "show session | json").text)["sessions"];
    ASSERT_EQ(after.size(), 1u) << "the first has not come back yet";
    EXPECT_EQ(after[0]["number"], 2);
    EXPECT_EQ(after[0]["login_at"], before[1]["login_at"]);
}

TEST(login, an_idle_session_goes_to_the_next_master_by_itself) {
    Listener listener;
    std::optional<Master> master;
    master.emplace(listener, 1);
    auto options = options_for(listener);
    std::vector<std::string> notices;
    options.notice = [&](const std::string& line) { notices.push_back(line); };
    const std::string sentence = "-- msm-b carries the baton now (term 2); this session goes on";
    Client person(options), script(options);
    ASSERT_EQ(person.hello().code, Code::ok);
    ASSERT_EQ(script.hello().code, Code::ok);
    master->die();
    Master next(listener, 2, {}, &master->sw);
    const auto watch = [&](Client& client, bool tell) {  // as the line editor does
        for (int i = 0; i < 100; ++i) {
            pollfd one{client.fd(), POLLIN, 0};
            if (::poll(&one, 1, 100) > 0 && client.idle(tell)) return true;
        }
        return false;
    };
    EXPECT_TRUE(watch(person, true));
    EXPECT_EQ(notices, std::vector<std::string>{sentence});
    EXPECT_EQ(next.sessions(), 1u);
    EXPECT_FALSE(watch(script, false));
    EXPECT_EQ(notices.size(), 1u) << "a script is told with its next answer";
    EXPECT_EQ(next.sessions(), 2u);
    EXPECT_EQ(tell(script, "show version").answer.code, Code::ok);
    EXPECT_EQ(notices, (std::vector<std::string>{sentence, sentence}));
    EXPECT_EQ(tell(person, "show version").answer.code, Code::ok);
    EXPECT_EQ(notices.size(), 2u);
}

TEST(login, a_session_that_somebody_ends_says_who_and_stays_ended) {
    Listener listener;
    Master master(listener, 1);
    auto options = options_for(listener);
    Client victim(options), other(options);
    ASSERT_EQ(victim.hello().code, Code::ok);
    ASSERT_EQ(other.hello().code, Code::ok);
    EXPECT_EQ(tell(other, "clear session 1").text, "Session 1 ended.\n");
    const auto told = tell(victim, "show version");
    EXPECT_EQ(told.answer.code, Code::failed);
    EXPECT_NE(told.text.find("this session was ended by "), std::string::npos) << told.text;
    EXPECT_TRUE(victim.ended());
    EXPECT_EQ(tell(other, "clear session 1").answer.code, Code::failed);
}

TEST(login, a_session_that_had_to_give_way_does_not_drive_others_out_by_coming_back) {
    Listener listener;
    SessionServer::Limits limits;
    limits.sessions = 1;
    Master master(listener, 1, limits);
    Client first(options_for(listener)), second(options_for(listener));
    ASSERT_EQ(first.hello().code, Code::ok);
    ASSERT_EQ(second.hello().code, Code::ok);  // the first gave way
    int wakes = 0;
    for (int i = 0; i < 20; ++i) {
        pollfd both[2] = {{first.fd(), POLLIN, 0}, {second.fd(), POLLIN, 0}};
        if (::poll(both, 2, 50) <= 0) continue;
        ++wakes;
        if (both[0].revents) first.idle(true);
        if (both[1].revents) second.idle(true);
    }
    EXPECT_LE(wakes, 8) << "they chase each other";
    EXPECT_EQ(tell(first, "show version").answer.code, Code::ok);
    EXPECT_EQ(tell(second, "show version").answer.code, Code::ok);
}

TEST(login, who_has_just_come_is_not_sent_away_before_it_spoke) {
    Listener listener;
    SessionServer::Limits limits;
    limits.sessions = 1;
    Master master(listener, 1, limits);
    Link just_come(listener.path());
    std::string why;
    ASSERT_TRUE(just_come.connect(why)) << why;
    Client other(options_for(listener));
    EXPECT_NE(other.hello().complaint.find("too many sessions are busy"), std::string::npos);
    EXPECT_FALSE(just_come.gone());
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // it had its second
    EXPECT_EQ(other.hello().code, Code::ok);
}

}  // namespace
}  // namespace baton::session
