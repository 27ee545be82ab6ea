// SPDX-License-Identifier: Apache-2.0
// The client across failovers: reads begin anew, changes are never repeated, and what it cannot know it says.
#include "controlplane/shell/client.h"

#include <gtest/gtest.h>

#include <sstream>

#include "controlplane/shell/script.h"
#include "tests/unit/commands/session_rig.h"

namespace baton::session {
namespace {

Client::Options options_for(const Listener& listener, double timeout = 10) {
    Client::Options options;
    options.path = listener.path();
    options.timeout = nanoseconds(static_cast<std::int64_t>(timeout * 1e9));
    return options;
}

struct Told {
    Client::Answer answer;
    std::string text;
    std::vector<std::string> notices;
};

Told tell(Client& client, const std::string& line) {
    Told out;
    client.options().notice = [&out](const std::string& notice) { out.notices.push_back(notice); };
    Paper paper;
    out.answer = client.run(line, paper.fd());
    out.text = paper.text();
    client.options().notice = {};
    return out;
}

TEST(client, runs_filters_and_complains) {
    Listener listener;
    Master master(listener, 1);
    Client client(options_for(listener));
    EXPECT_EQ(tell(client, "show ports | include 1:[12] | count").text, "2\n");
    EXPECT_TRUE(tell(client, "show ports 1:1 | json").text.starts_with("{"));
    const auto wrong = tell(client, "show nonsense");
    EXPECT_EQ(wrong.answer.code, Code::syntax);
    EXPECT_TRUE(wrong.answer.complaint.starts_with("%% \"nonsense\""));
    EXPECT_EQ(wrong.text, "");
    EXPECT_EQ(tell(client, "show vlan | include '['").answer.code, Code::syntax);
    EXPECT_EQ(tell(client, "show vlan none").answer.code, Code::failed);
    EXPECT_EQ(client.prompt(), "Baton.5 # ");  // the wrong pattern never reached the master
}

TEST(client, says_no_master_when_nobody_is_there) {
    Client::Options nowhere;
    nowhere.path = "/tmp/there/is/no/such/socket";
    Client absent(nowhere);
    EXPECT_EQ(tell(absent, "show vlan").answer.code, Code::no_master);

    Listener listener;  // the chassis holds the socket, and no board answers
    Client waiting(options_for(listener, 0.2));
    const auto told = tell(waiting, "show vlan");
    EXPECT_EQ(told.answer.code, Code::no_master);
    EXPECT_NE(told.answer.complaint.find("no master answered within 0.2 s"), std::string::npos)
        << told.answer.complaint;
}

TEST(client, waits_for_the_next_master_to_come) {
    Listener listener;
    Client client(options_for(listener));
    auto later = std::async(std::launch::async, [&] {
        ::usleep(200'000);
        return std::make_unique<Master>(listener, 3);
    });
    EXPECT_EQ(tell(client, "show version").answer.code, Code::ok);
}

TEST(client, a_session_goes_on_with_the_next_master_and_says_so_once) {
    Listener listener;
    auto first = std::make_unique<Master>(listener, 1);
    Client client(options_for(listener));
    EXPECT_EQ(tell(client, "create vlan blue").text, "VLAN \"blue\" created.\n");
    first->die();
    Master second(listener, 2, {}, &first->sw);
    const auto told = tell(client, "show vlan blue");
    EXPECT_EQ(told.answer.code, Code::ok);
    EXPECT_EQ(told.notices,
              (std::vector<std::string>{"-- msm-b carries the baton now (term 2); this session goes on"}));
    EXPECT_EQ(tell(client, "show vlan blue").notices.size(), 0u);
    EXPECT_EQ(client.prompt(), "Baton.4 # ");
}

/// Lets `client` run `line` until the master holds its commit; then `act` decides what becomes of it.
template <class Act>
Told with_commit_held(Master& master, Client& client, const std::string& line, Act act) {
    master.on_loop([&] { master.sw.hold_ = true; });
    auto running = std::async(std::launch::async, [&] { return tell(client, line); });
    EXPECT_TRUE(master.eventually([&] { return !master.sw.held_.empty(); }));
    act();
    return running.get();
}

TEST(client, a_change_that_the_lost_master_had_committed_is_done_and_not_repeated) {
    Listener listener;
    auto first = std::make_unique<Master>(listener, 1);
    Client client(options_for(listener));
    std::unique_ptr<Master> second;
    const auto told = with_commit_held(*first, client, "create vlan blue", [&] {
        auto held = first->on_loop([&] { return std::exchange(first->sw.held_, {}); });
        first->die();
        for (auto& one : held) one();  // it reached the journal, its answer reached nobody
        second = std::make_unique<Master>(listener, 2, SessionServer::Limits{}, &first->sw);
    });
    EXPECT_EQ(told.answer.code, Code::ok) << told.answer.complaint;
    EXPECT_EQ(told.text, "VLAN \"blue\" created.\n");
    EXPECT_EQ(told.notices.size(), 2u);
    EXPECT_TRUE(second->sw.committed_.empty());
}

TEST(client, a_change_that_was_not_committed_is_not_applied_and_said_so) {
    Listener listener;
    auto first = std::make_unique<Master>(listener, 1);
    Client client(options_for(listener));
    std::unique_ptr<Master> second;
    const auto told = with_commit_held(*first, client, "create vlan blue", [&] {
        first->die();
        second = std::make_unique<Master>(listener, 2, SessionServer::Limits{}, &first->sw);
    });
    EXPECT_EQ(told.answer.code, Code::failed);
    EXPECT_NE(told.answer.complaint.find("was not applied"), std::string::npos) << told.answer.complaint;
    EXPECT_TRUE(second->sw.committed_.empty());
    EXPECT_EQ(second->sw.running().vlan("blue"), nullptr);
}

TEST(client, an_act_outside_the_journal_is_not_claimed_either_way) {
    Listener listener;
    auto first = std::make_unique<Master>(listener, 1);
    Client client(options_for(listener));
    std::unique_ptr<Master> second;
    first->on_loop([&] { first->sw.drop_flushes_ = true; });
    auto running = std::async(std::launch::async, [&] { return tell(client, "clear fdb"); });
    ASSERT_TRUE(first->eventually([&] { return !first->sw.flushes_.empty(); }));
    first->die();
    second = std::make_unique<Master>(listener, 2);
    const auto told = running.get();
    EXPECT_EQ(told.answer.code, Code::failed);
    EXPECT_NE(told.answer.complaint.find("cannot say whether \"clear fdb\" was done"), std::string::npos)
        << told.answer.complaint;
    EXPECT_TRUE(second->sw.flushes_.empty());
}

TEST(client, a_command_that_does_not_end_in_time_is_a_timeout) {
    Listener listener;
    Master master(listener, 1);
    Client client(options_for(listener, 0.3));
    const auto told = with_commit_held(master, client, "create vlan blue", [] {});
    EXPECT_EQ(told.answer.code, Code::timeout);
    EXPECT_NE(told.answer.complaint.find("it may still be done"), std::string::npos);
    master.on_loop([&] { master.sw.release_commits(), master.sw.hold_ = false; });
    EXPECT_EQ(tell(client, "show vlan blue").answer.code, Code::ok);  // on a new connection: no late answer is mixed in
}

/// A server that does exactly what a test says: one function for each connection, in order.
class Scripted {
  public:
    using Connection = std::function<void(int)>;

    Scripted(const Listener& listener, std::vector<Connection> script) {
        thread_ = std::thread([&listener, script = std::move(script)] {
            for (const auto& one : script) {
                const Fd socket{::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC)};
                one(socket.get());
            }
        });
    }

    ~Scripted() { thread_.join(); }

    static void greet(int socket, Term term, bool change = false) {
        take(socket);
        Reply reply;
        reply.set_term(term);
        reply.set_slot("msm-a");
        reply.set_prompt("X # ");
        reply.set_change(change);
        reply.set_journalled(change);
        put(socket, reply);
    }

    static void take(int socket) {
        std::uint8_t header[4];
        if (::recv(socket, header, 4, MSG_WAITALL) != 4) return;
        std::string body(size_in(header), '\0');
        [[maybe_unused]] const auto got = ::recv(socket, body.data(), body.size(), MSG_WAITALL);
    }

    static void put(int socket, const Reply& reply) {
        const auto bytes = framed(reply);
        [[maybe_unused]] const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }

    static void piece(int socket, const std::string& text, bool more) {
        Reply reply;
        reply.set_text(text);
        reply.set_more(more);
        put(socket, reply);
    }

  private:
    std::thread thread_;
};

void broken_answer(int socket) {
    Scripted::greet(socket, 1);
    Scripted::take(socket);
    Scripted::piece(socket, "half of it\n", true);
}

TEST(client, a_read_that_breaks_in_the_middle_begins_anew_and_prints_nothing_twice) {
    Listener listener;
    Scripted server(listener, {broken_answer, [](int socket) {
                                   Scripted::greet(socket, 2);
                                   Scripted::take(socket);
                                   Scripted::piece(socket, "half of it\n", true);
                                   Scripted::piece(socket, "and the rest\n", false);
                               }});
    Client client(options_for(listener));
    const auto told = tell(client, "show it");
    EXPECT_EQ(told.answer.code, Code::ok) << told.answer.complaint;
    EXPECT_EQ(told.text, "half of it\nand the rest\n");
}

TEST(client, a_read_is_repeated_once_only) {
    Listener listener;
    Scripted server(listener, {broken_answer, broken_answer});
    Client client(options_for(listener));
    const auto told = tell(client, "show it");
    EXPECT_EQ(told.answer.code, Code::failed);
    EXPECT_EQ(told.text, "");
    EXPECT_NE(told.answer.complaint.find("ask again"), std::string::npos);
}

TEST(client, an_answer_too_long_to_hold_back_is_not_repeated) {
    Listener listener;
    Scripted server(listener, {[](int socket) {
                        Scripted::greet(socket, 1);
                        Scripted::take(socket);
                        for (std::size_t size = 0; size <= Screen::hold; size += 500'000)
                            Scripted::piece(socket, std::string(499'999, 'x') + "\n", true);
                    }});
    Client client(options_for(listener));
    const auto told = tell(client, "show it");
    EXPECT_EQ(told.answer.code, Code::failed);
    EXPECT_GE(told.text.size(), Screen::hold);
}

TEST(client, garbage_in_place_of_a_reply_is_a_broken_connection) {
    Listener listener;
    const auto garbage = [](int socket) {
        Scripted::take(socket);
        [[maybe_unused]] const auto sent = ::send(socket, "\x7f\xff\xff\xffgarbage", 11, MSG_NOSIGNAL);
    };
    Scripted server(listener, {garbage, garbage, [](int socket) {
                                   Scripted::greet(socket, 1);
                                   Scripted::take(socket);
                                   Scripted::piece(socket, "fine\n", false);
                               }});
    Client client(options_for(listener));
    EXPECT_EQ(tell(client, "show it").text, "fine\n");
}

TEST(client, the_same_master_is_asked_until_the_change_is_committed) {
    Listener listener;
    int asked = 0;
    Scripted server(listener, {[](int socket) {
                                   Scripted::greet(socket, 5, true);
                                   Scripted::take(socket);
                               },
                               [&](int socket) {
                                   for (asked = 1;; ++asked) {
                                       Scripted::greet(socket, 5, true);
                                       Scripted::take(socket);
                                       Reply reply;
                                       reply.set_known(asked == 3);
                                       reply.set_text("done at last\n");
                                       Scripted::put(socket, reply);
                                       if (asked == 3) return;
                                   }
                               }});
    Client client(options_for(listener));
    const auto told = tell(client, "create it");
    EXPECT_EQ(told.answer.code, Code::ok) << told.answer.complaint;
    EXPECT_EQ(told.text, "done at last\n");
    EXPECT_EQ(asked, 3);
}

TEST(client, asks_back_before_what_needs_it_and_takes_no_for_an_answer) {
    Listener listener;
    Master master(listener, 1);
    auto options = options_for(listener);
    std::vector<std::string> asked;
    bool yes = false;
    options.confirm = [&](const std::string& question) {
        asked.push_back(question);
        return yes;
    };
    Client client(std::move(options));
    tell(client, "reboot slot msm-b");
    EXPECT_EQ(master.on_loop([&] { return master.sw.reboots_.size(); }), 0u);
    yes = true;
    EXPECT_EQ(tell(client, "reboot slot msm-b").text, "msm-b restarts.\n");
    EXPECT_EQ(asked.size(), 2u);
    tell(client, "show vlan");
    EXPECT_EQ(asked.size(), 2u);
}

TEST(client, exit_codes_are_those_of_the_switch) {
    Listener listener;
    Master master(listener, 1);
    master.on_loop([&] { master.sw.why_not_ = "the slave is absent"; });
    Client client(options_for(listener));
    EXPECT_EQ(static_cast<int>(tell(client, "run msm-failover").answer.code), 5);
    EXPECT_EQ(tell(client, "exit").answer.local, "exit");
}

TEST(client, an_answer_may_come_with_an_exit_code_and_goes_where_answers_go) {
    Listener listener;
    Master master(listener, 1);
    Client client(options_for(listener));
    const auto no = tell(client, "check msm-failover");
    EXPECT_EQ(static_cast<int>(no.answer.code), 5);
    EXPECT_TRUE(no.text.starts_with("A failover now is NOT hitless")) << no.text;
    EXPECT_EQ(no.answer.complaint, "");
    EXPECT_EQ(static_cast<int>(tell(client, "check msm-failover | count").answer.code), 5);
    for (const auto* line :
         {"configure sys-recovery-level all msm-failover", "configure msm-failover slave-config inherited",
          "configure msm-failover link-action keep-links-up preserve-state l2_l3"})
        tell(client, line);
    const auto yes = tell(client, "check msm-failover");
    EXPECT_EQ(static_cast<int>(yes.answer.code), 0);
    EXPECT_TRUE(yes.text.starts_with("A failover now is hitless")) << yes.text;
}

TEST(client, errors_are_json_when_json_was_asked_for) {
    auto options = Client::Options{};
    options.path = "/tmp/there/is/no/such/socket";
    options.json = true;
    Client client(std::move(options));
    const auto told = tell(client, "show vlan");
    EXPECT_EQ(commands::Json::parse(told.answer.complaint)["code"], 3);
}

TEST(client, a_reader_that_goes_away_ends_it_quietly) {
    Listener listener;
    Master master(listener, 1);
    Client client(options_for(listener));
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    ::close(ends[0]);
    std::signal(SIGPIPE, SIG_IGN);
    const auto answer = client.run("show ports", ends[1]);
    ::close(ends[1]);
    EXPECT_EQ(answer.code, Code::ok);
    EXPECT_TRUE(client.output_gone());
}

TEST(script, stops_at_the_first_error_unless_told_to_go_on) {
    Listener listener;
    Master master(listener, 1);
    Client client(options_for(listener));
    const auto vlans = [&] { return master.on_loop([&] { return master.sw.running().vlans().size(); }); };
    constexpr auto* text = "# a comment\n\ncreate vlan a\n  create vlan b\r\nnonsense\ncreate vlan c\n";
    std::istringstream once(text);
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    EXPECT_EQ(run_script(client, once, "x.txt", false), 2);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("%% x.txt, line 5: nonsense\n"), std::string::npos);
    EXPECT_EQ(vlans(), 3u);
    std::istringstream all(text);
    testing::internal::CaptureStderr();
    EXPECT_EQ(run_script(client, all, "x.txt", true), 1);  // the first failure: VLAN a exists
    testing::internal::GetCapturedStderr();
    testing::internal::GetCapturedStdout();
    EXPECT_EQ(vlans(), 4u);
}

TEST(script, words_of_a_command_line_become_one_line) {
    const auto line = [](std::vector<const char*> words) {
        return line_of(static_cast<int>(words.size()), const_cast<char* const*>(words.data()));
    };
    EXPECT_EQ(line({"show fdb | count"}), "show fdb | count");
    EXPECT_EQ(line({"show", "fdb", "|", "include", "a b"}), "show fdb | include \"a b\"");
    EXPECT_EQ(line({"show", "?"}), "show ?");
}

}  // namespace
}  // namespace baton::session
