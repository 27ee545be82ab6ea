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

}  // namespace
}  // namespace baton
