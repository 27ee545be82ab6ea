// SPDX-License-Identifier: Apache-2.0
// The master's end of a session, by raw sockets: what it answers, and what it survives.
#include "controlplane/shell/session_server.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/commands/session_rig.h"

namespace baton {
namespace {

TEST(session_server, answers_several_requests_in_the_order_in_which_they_came) {
    Listener listener;
    Master master(listener, 1);
    RawClient client(listener);
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(client.ask("create vlan v" + std::to_string(i)));
    for (int i = 0; i < 20; ++i) {
        const auto reply = client.answer();
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->text(), "VLAN \"v" + std::to_string(i) + "\" created.\n");
    }
    EXPECT_EQ(master.on_loop([&] { return master.sw.running().vlans().size(); }), 21u);
}

TEST(session_server, hello_says_who_answers_and_what_a_line_would_do) {
    Listener listener;
    Master master(listener, 4);
    RawClient client(listener);
    session::Request request;
    request.set_kind(session::Request::HELLO);
    request.set_line("reboot slot msm-a");
    request.set_count(6);
    client.send(request);
    const auto reply = client.answer();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->term(), 4u);
    EXPECT_EQ(reply->slot(), "msm-b");
    EXPECT_TRUE(reply->change());
    EXPECT_FALSE(reply->journalled());
    EXPECT_FALSE(reply->confirm().empty());
    EXPECT_EQ(reply->prompt(), "Baton.7 # ");
}

TEST(session_server, serves_nobody_before_start_and_after_stop) {
    Listener listener;
    RawClient early(listener);
    early.ask("show vlan");
    std::optional<Master> master;
    master.emplace(listener, 1);
    EXPECT_TRUE(early.answer());  // waited in the backlog
    master->die();
    EXPECT_TRUE(early.closed());
    RawClient late(listener);
    late.ask("show vlan");
    Master next(listener, 2);
    EXPECT_TRUE(late.answer());
}

TEST(session_server, a_long_answer_comes_whole_in_pieces_while_others_are_served) {
    Listener listener;
    Master master(listener, 1);
    constexpr std::uint64_t count = 70'000;
    master.on_loop([&] {
        for (std::uint64_t mac = 1; mac <= count; ++mac) master.sw.put_mac(1, 0x020000000000 + mac, 1);
    });
    RawClient greedy(listener), other(listener);
    greedy.ask("show fdb", true);
    ASSERT_TRUE(greedy.reply());  // it began
    other.ask("show version");
    const auto between = other.answer();
    ASSERT_TRUE(between);
    std::string rest;
    std::size_t pieces = 0;
    for (bool more = true; more; ++pieces) {
        const auto piece = greedy.reply();
        ASSERT_TRUE(piece);
        ASSERT_LE(piece->text().size(), session::piece_size);
        rest += piece->text();
        more = piece->more();
    }
    EXPECT_GT(pieces, 50u);
    EXPECT_NE(rest.find("\"total\": 70000"), std::string::npos);
}

TEST(session_server, a_client_that_does_not_read_is_dropped_and_costs_one_piece) {
    Listener listener;
    Master master(listener, 1, {.sessions = 8, .request_seconds = 1, .write_seconds = 1});
    master.on_loop([&] {
        for (std::uint64_t mac = 1; mac <= 70'000; ++mac) master.sw.put_mac(1, 0x020000000000 + mac, 1);
    });
    RawClient deaf(listener);
    deaf.ask("show fdb");
    ASSERT_TRUE(master.eventually([&] { return true; }));
    RawClient other(listener);
    other.ask("show version");
    EXPECT_TRUE(other.answer());
    EXPECT_TRUE(master.eventually([&] { return true; }));
    for (int i = 0; i < 1000 && master.sessions() > 1; ++i) ::usleep(5000);
    EXPECT_EQ(master.sessions(), 1u);
    other.ask("show version");
    EXPECT_TRUE(other.answer());
}

TEST(session_server, a_request_that_never_ends_is_cut_off) {
    Listener listener;
    Master master(listener, 1, {.sessions = 8, .request_seconds = 1, .write_seconds = 1});
    RawClient slow(listener);
    slow.send(std::string_view("\0\0\0\x10half", 8));
    EXPECT_TRUE(slow.closed());
}

TEST(session_server, what_is_too_long_is_refused_in_a_sentence_and_what_is_no_request_closes) {
    Listener listener;
    Master master(listener, 1);
    RawClient huge(listener);
    huge.send(std::string_view("\x7f\xff\xff\xff", 4));
    const auto reply = huge.answer();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->code(), 1u);
    EXPECT_EQ(reply->text(), "%% the request is longer than 64 KB; split it into several\n");
    EXPECT_TRUE(huge.closed());
    RawClient nonsense(listener);
    nonsense.send(std::string_view("\0\0\0\x04\xff\xff\xff\xff", 8));
    EXPECT_TRUE(nonsense.closed());
    RawClient unknown(listener);
    unknown.send(std::string_view("\0\0\0\x02\x08\x63", 6));  // kind 99
    EXPECT_TRUE(unknown.closed());
    RawClient empty(listener);
    empty.send(std::string_view("\0\0\0\0", 4));  // an empty request runs an empty line
    EXPECT_TRUE(empty.answer());
}

TEST(session_server, random_bytes_harm_nobody) {
    Listener listener;
    Master master(listener, 1);
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        RawClient client(listener);
        std::string bytes(random() % 300, '\0');
        for (auto& byte : bytes) byte = static_cast<char>(random());
        if (random() % 2 && bytes.size() > 4)
            bytes.replace(0, 4, std::string("\0\0\0", 3) + static_cast<char>(random() % 200));
        client.send(bytes);
        client.half_close();
    }
    EXPECT_TRUE(master.eventually([] { return true; }));
    for (int i = 0; i < 1000 && master.sessions() > 0; ++i) ::usleep(5000);
    EXPECT_EQ(master.sessions(), 0u);
    RawClient client(listener);
    client.ask("show version");
    EXPECT_TRUE(client.answer());
}

TEST(session_server, wrong_lines_of_any_bytes_are_answered) {
    Listener listener;
    Master master(listener, 1);
    RawClient client(listener);
    for (const auto& line : {std::string("show \xff\xfe"), std::string("show \0 vlan", 11), std::string(20'000, 'x'),
                             std::string("\"open")}) {
        ASSERT_TRUE(client.ask(line));
        const auto reply = client.answer();
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->code(), 2u);
        EXPECT_TRUE(reply->text().starts_with("%% ")) << reply->text();
    }
}

TEST(session_server, the_longest_idle_session_gives_way_and_busy_ones_do_not) {
    Listener listener;
    Master master(listener, 1, {.sessions = 2});
    RawClient first(listener);
    first.ask("show version");
    ASSERT_TRUE(first.answer());
    RawClient second(listener);
    second.ask("show version");
    ASSERT_TRUE(second.answer());
    RawClient third(listener);
    third.ask("show version");
    ASSERT_TRUE(third.answer());
    EXPECT_TRUE(first.closed());
    EXPECT_EQ(master.sessions(), 2u);

    master.on_loop([&] { master.sw.hold_ = true; });
    second.ask("create vlan a");
    third.ask("create vlan b");
    ASSERT_TRUE(master.eventually([&] { return master.sw.held_.size() == 2; }));
    RawClient fourth(listener);
    const auto refused = fourth.answer();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->text(), "%% too many sessions are busy; try again in a moment\n");
    master.on_loop([&] { master.sw.release_commits(); });
    EXPECT_EQ(second.answer()->text(), "VLAN \"a\" created.\n");
    EXPECT_EQ(third.answer()->text(), "VLAN \"b\" created.\n");
}

TEST(session_server, an_answer_that_comes_after_its_client_went_or_the_server_stopped_goes_nowhere) {
    Listener listener;
    Master master(listener, 1);
    master.on_loop([&] { master.sw.hold_ = true; });
    {
        RawClient client(listener);
        client.ask("create vlan a");
        ASSERT_TRUE(master.eventually([&] { return master.sw.held_.size() == 1; }));
    }
    for (int i = 0; i < 1000 && master.sessions() > 0; ++i) ::usleep(5000);
    EXPECT_EQ(master.sessions(), 0u);
    RawClient client(listener);
    client.ask("create vlan b");
    ASSERT_TRUE(master.eventually([&] { return master.sw.held_.size() == 2; }));
    auto held = master.on_loop([&] { return std::exchange(master.sw.held_, {}); });
    master.die();
    for (auto& one : held) one();
    EXPECT_TRUE(client.closed());
    EXPECT_NE(master.sw.running().vlan("b"), nullptr);
}

}  // namespace
}  // namespace baton
