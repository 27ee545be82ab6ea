// SPDX-License-Identifier: Apache-2.0
// What the master makes of the other board's page: news, and the sentence that says why a failover would not be
// hitless.
#include <gtest/gtest.h>

#include "controlplane/host/peer.h"
#include "sync/baton/heartbeat.h"

namespace baton {
namespace {

constexpr Time at(std::int64_t ms) {
    return {seconds(100).ns + milliseconds(ms).ns};
}

struct Ground {
    Ground() {
        page.pid.store(42);
        page.role.store(BoardRole::slave);
        Subsystems(page).set_followed(SubsystemState::ready);
        peer.look(at(0));
        journal.head.store(1'000'000);
        page.journal_position.store(1'000'000);
    }

    std::string why_not(std::int64_t ms) {
        const auto result = peer.hitless(journal, at(ms));
        if (result) return "";
        EXPECT_EQ(result.error().code, Code::not_ready);
        return result.error().what;
    }

    BoardPage page;
    JournalArena journal;
    Peer peer{Slot::msm_b, page};
};

bool says(const std::string& sentence, const std::string& part) {
    return sentence.find(part) != std::string::npos;
}

TEST(Peer, is_hitless_while_it_beats) {
    Ground ground;
    EXPECT_EQ(ground.why_not(500), "");
    EXPECT_TRUE(says(ground.why_not(1500), "heartbeat"));
    beat(ground.page, CriticalThread::loop);
    ground.peer.look(at(1500));
    EXPECT_EQ(ground.why_not(1600), "");
}

TEST(Peer, says_what_is_amiss) {
    Ground ground;
    ground.page.journal_position.store(1'000'000 - journal_lag_most - 8);
    EXPECT_TRUE(says(ground.why_not(1), "65544 bytes of the journal behind"));
    ground.page.journal_position.store(1'000'000 - journal_lag_most);
    EXPECT_EQ(ground.why_not(1), "");
    ground.page.role.store(BoardRole::starting);
    EXPECT_TRUE(says(ground.why_not(1), "starting"));
    ground.page.pid.store(0);
    EXPECT_TRUE(says(ground.why_not(1), "not running"));
}

TEST(Peer, of_an_older_release_need_not_follow_what_that_release_did_not_know) {
    Ground ground;
    Subsystems(ground.page).set(Subsystem::arp, SubsystemState::disable);
    ground.page.release.store(0x000300);
    EXPECT_EQ(ground.why_not(1), "");
    EXPECT_TRUE(ready(ground.page));
    ground.page.release.store(0x000400);
    EXPECT_TRUE(says(ground.why_not(1), "subsystem arp is disable"));
    EXPECT_FALSE(ready(ground.page));
}

TEST(Peer, every_reason_has_a_remedy) {
    Ground ground;
    Subsystems words(ground.page);
    for (std::size_t reason = 0; reason < std::size(reason_names); ++reason) {
        words.set(Subsystem::l2_hardware, SubsystemState::failed, static_cast<Reason>(reason));
        const auto sentence = ground.why_not(1);
        EXPECT_TRUE(says(sentence, "subsystem l2 hardware is failed, reason " + std::string(reason_names[reason])))
            << sentence;
        EXPECT_FALSE(remedy(static_cast<Reason>(reason)).empty());
    }
}

TEST(Peer, tells_news_once) {
    BoardPage page;
    Peer peer(Slot::msm_a, page);
    EXPECT_EQ(peer.look(at(0)), Peer::News::none);
    page.pid.store(1);
    page.role.store(BoardRole::slave);
    Subsystems(page).set_followed(SubsystemState::ready);
    EXPECT_EQ(peer.look(at(1)), Peer::News::became_ready);
    EXPECT_EQ(peer.look(at(2)), Peer::News::none);
    Subsystems(page).set(Subsystem::configuration, SubsystemState::failed, Reason::invalid_record);
    EXPECT_EQ(peer.look(at(3)), Peer::News::no_longer_ready);
    EXPECT_EQ(peer.look(at(4)), Peer::News::wants_snapshot);
    EXPECT_EQ(peer.look(at(5)), Peer::News::none) << "not more than one in 10 s";
    EXPECT_EQ(peer.look(at(10'100)), Peer::News::wants_snapshot);
    Subsystems(page).set(Subsystem::configuration, SubsystemState::failed, Reason::journal_overflow);
    EXPECT_EQ(peer.look(at(30'000)), Peer::News::none) << "that it mends by itself";
}

std::vector<std::string> said(Peer& peer) {
    std::vector<std::string> out;
    for (const auto& [level, line] : peer.take_lines()) out.push_back(line);
    return out;
}

TEST(Peer, tells_how_a_slave_comes_up_each_database_by_itself) {
    BoardPage page;
    Peer peer(Slot::msm_b, page);
    Subsystems words(page);
    peer.look(at(0));
    EXPECT_TRUE(said(peer).empty());
    page.pid.store(7);
    page.release.store(0x000205);
    page.role.store(BoardRole::slave);
    words.set_followed(SubsystemState::initial);
    peer.look(at(1));
    EXPECT_EQ(said(peer), std::vector<std::string>{"msm-b has initialized as slave, release 0.2.5."});
    words.set_followed(SubsystemState::xfr);
    peer.look(at(2));
    EXPECT_TRUE(said(peer).empty()) << "the first transfer needs no line";
    words.set(Subsystem::configuration, SubsystemState::ready);
    peer.look(at(3));
    EXPECT_EQ(said(peer), std::vector<std::string>{"msm-b: configuration database downloaded."});
    words.set_followed(SubsystemState::ready);
    EXPECT_EQ(peer.look(at(4)), Peer::News::became_ready);
    std::vector<std::string> others;
    for (const Subsystem subsystem : followed_subsystems)
        if (subsystem != Subsystem::configuration)
            others.push_back("msm-b: " + std::string(subsystem_names[static_cast<std::size_t>(subsystem)]) +
                             " database downloaded.");
    EXPECT_EQ(said(peer), others);
    words.set(Subsystem::log, SubsystemState::failed, Reason::invalid_record);
    peer.look(at(5));
    const auto failed = said(peer);
    ASSERT_EQ(failed.size(), 1u);
    EXPECT_TRUE(says(failed[0], "msm-b: log failed, reason invalid brkt; wait for the next snapshot")) << failed[0];
    words.set(Subsystem::log, SubsystemState::xfr, Reason::invalid_record);
    peer.look(at(6));
    EXPECT_EQ(said(peer), std::vector<std::string>{"msm-b: log is downloaded again, reason invalid brkt."});
    page.pid.store(8);
    peer.look(at(7));
    EXPECT_EQ(said(peer).front(), "msm-b has initialized as slave, release 0.2.5.");
}

TEST(Peer, tells_of_a_transfer_that_began_and_ended_between_two_looks) {
    Ground ground;
    said(ground.peer);
    Subsystems words(ground.page);
    for (int turn = 1; turn <= 2; ++turn) {
        words.set_followed(SubsystemState::xfr, Reason::journal_overflow);
        ground.page.resyncs.fetch_add(1);
        words.set_followed(SubsystemState::ready);
        ground.peer.look(at(turn));
        const auto lines = said(ground.peer);
        ASSERT_EQ(lines.size(), std::size(followed_subsystems)) << "turn " << turn;
        EXPECT_EQ(lines.front(), "msm-b: configuration was downloaded again, reason brkt ovflow.");
    }
    ground.peer.look(at(3));
    EXPECT_TRUE(said(ground.peer).empty());
}

TEST(Peer, an_older_slave_gets_a_snapshot_only_once_it_could_read_it) {
    BoardPage page;
    bool representable = false;
    Peer peer(Slot::msm_b, page, nullptr, [&](config::Release release) {
        EXPECT_EQ(release, 0x000100u);
        return representable;
    });
    page.pid.store(7);
    page.release.store(0x000100);
    page.role.store(BoardRole::slave);
    Subsystems(page).set(Subsystem::configuration, SubsystemState::failed, Reason::config_command);
    EXPECT_EQ(peer.look(at(0)), Peer::News::none);
    EXPECT_EQ(peer.look(at(20'000)), Peer::News::none);
    representable = true;
    EXPECT_EQ(peer.look(at(40'000)), Peer::News::wants_snapshot);
}

TEST(Peer, a_slave_of_an_older_release_that_is_pulled_out_is_a_hotswap_and_one_of_this_release_is_none) {
    BatonPage baton;
    BoardPage page;
    Peer peer(Slot::msm_b, page, &baton);
    for (const bool older : {false, true}) {
        baton.plane[1].store(PlaneState::working);
        page.pid.store(older ? 8 : 7);
        baton.board_pid[1].store(older ? 8 : 7);
        page.release.store(config::own_release() - (older ? 1 : 0));
        page.role.store(BoardRole::slave);
        peer.look(at(0));
        baton.board_pid[1].store(0);  // its page stays as it was
        peer.look(at(1));
        EXPECT_EQ(peer.view(at(1)).absent, Reason::none) << "it ended, but it is plugged in";
        baton.board_pid[1].store(page.pid);
        baton.plane[1].store(PlaneState::absent);
        peer.look(at(2));  // the plane goes first, then the process, and a look may fall between
        peer.look(at(2));
        EXPECT_EQ(peer.view(at(2)).absent, older ? Reason::hotswap : Reason::none);
    }
    JournalArena journal;
    const auto why = peer.hitless(journal, at(2));
    ASSERT_FALSE(why);
    EXPECT_TRUE(says(why.error().what, "reason hotswap; put the slave back")) << why.error().what;
    page.pid.store(9);
    baton.board_pid[1].store(9);
    peer.look(at(3));
    EXPECT_EQ(peer.view(at(3)).absent, Reason::none) << "put back";
}

TEST(Peer, a_page_that_nobody_beats_in_tells_nothing) {
    Ground ground;
    EXPECT_TRUE(ground.peer.view(at(500)).beats);
    EXPECT_FALSE(ground.peer.view(at(1500)).beats);
}

}  // namespace
}  // namespace baton
