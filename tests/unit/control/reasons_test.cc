// SPDX-License-Identifier: Apache-2.0
// Why a slave is not ready, each reason by its cause in one process, and what mends it. Those that need processes (a
// channel that breaks, a board that hangs, a ring that overruns a stopped slave) are in tests/failover.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <new>

#include "sync/baton/life.h"
#include "tests/unit/control/master_in_memory.h"

namespace baton {
namespace {

using namespace test;

constexpr config::Release older = 0x000200;  // 0.2.0, which knows no syslog

config::Change syslog_add(const std::string& host) {
    config::Change change;
    change.mutable_syslog_add()->set_host(host);
    change.mutable_syslog_add()->set_severity(2);
    return change;
}

config::Change syslog_delete(const std::string& host) {
    config::Change change;
    change.mutable_syslog_delete()->set_host(host);
    return change;
}

void* volatile last_taken = nullptr;

void* shared_memory(std::size_t size) {
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
}

/// A master of this release and a slave of another.
struct Pair {
    explicit Pair(config::Release release, std::uint32_t lacks = 0) {
        world.dataplane.start(port_list());
        world.take_over(Slot::msm_a);
        world.settle();
        EXPECT_EQ(world.change(hitless_changes()), "ok");
        page().role.store(BoardRole::slave);
        page().release.store(release);
        page().lacks.store(lacks);
        world.slave = std::make_unique<Follower>(world.journal.arena(), page(), Reason::none, release);
        world.settle();
    }

    BoardPage& page() { return world.pages[1]; }

    SubsystemWord configuration() { return subsystem_of(page(), Subsystem::configuration); }

    std::string why_not() {
        const auto result = world.master->hitless_ready();
        return result ? "" : result.error().what;
    }

    void later() {
        beat(page(), CriticalThread::loop);
        ahead = ahead + seconds(30);
        world.master->on_wake(ahead);
        world.settle();
    }

    World world;
    Time ahead = monotonic_now();
};

TEST(Reasons, an_older_slave_follows_as_long_as_nobody_uses_what_it_does_not_know) {
    Pair pair(older);
    EXPECT_TRUE(ready(pair.page()));
    EXPECT_EQ(pair.world.slave->replica().writer_release(), config::own_release());
    EXPECT_EQ(pair.world.change({vlan_create("red")}), "ok");
    EXPECT_TRUE(ready(pair.page()));
    EXPECT_NE(pair.world.slave->replica().databases().running.vlan("red"), nullptr);
}

TEST(Reasons, config_command_when_a_change_is_made_that_the_older_slave_cannot_hold_and_ready_when_it_is_taken_back) {
    Pair pair(older);
    EXPECT_EQ(pair.world.change({syslog_add("10.0.0.1")}), "ok");
    EXPECT_EQ(pair.configuration().state, SubsystemState::failed);
    EXPECT_EQ(pair.configuration().reason, Reason::config_command);
    EXPECT_EQ(subsystem_of(pair.page(), Subsystem::log).state, SubsystemState::ready);
    EXPECT_NE(pair.why_not().find("reason config command; take the change back"), std::string::npos) << pair.why_not();
    pair.later();
    EXPECT_EQ(pair.configuration().state, SubsystemState::failed) << "a snapshot would not help yet";
    EXPECT_EQ(pair.world.change({syslog_delete("10.0.0.1")}), "ok");
    pair.later();
    EXPECT_EQ(pair.configuration().state, SubsystemState::ready);
    EXPECT_EQ(pair.why_not(), "");
    EXPECT_EQ(pair.world.slave->replica().databases().running, pair.world.master->running());
}

TEST(Reasons, an_account_out_of_the_factorys_is_more_than_an_older_slave_can_hold) {
    Pair pair(older);
    EXPECT_EQ(config::needed_for(pair.world.master->running()), 0x000200u) << "the factory's accounts need no release";
    EXPECT_EQ(pair.world.change({account_set("noc", false, "")}), "ok");
    EXPECT_EQ(config::needed_for(pair.world.master->running()), 0x000300u);
    EXPECT_EQ(pair.configuration().reason, Reason::config_command);
    EXPECT_EQ(pair.world.change({account_delete("noc")}), "ok");
    pair.later();
    EXPECT_EQ(pair.configuration().state, SubsystemState::ready);
    EXPECT_EQ(config::since(account_delete("noc")), 0x000300u);
}

TEST(Reasons, newer_master_when_an_older_slave_comes_up_and_cannot_take_the_state) {
    Pair pair(config::own_release());
    EXPECT_EQ(pair.world.change({syslog_add("10.0.0.1")}), "ok");
    EXPECT_TRUE(ready(pair.page())) << "the same release takes it";
    pair.world.master->write_snapshot("for the test");
    pair.page().release.store(older);
    pair.world.slave = std::make_unique<Follower>(pair.world.journal.arena(), pair.page(), Reason::none, older);
    pair.world.settle();
    EXPECT_EQ(pair.configuration().state, SubsystemState::failed);
    EXPECT_EQ(pair.configuration().reason, Reason::newer_master);
    EXPECT_NE(pair.why_not().find("rev(M) > rev(S); run the master's release on the slave"), std::string::npos);
    pair.page().release.store(config::own_release());  // what the remedy says: the master's release, and a reboot
    pair.world.slave = std::make_unique<Follower>(pair.world.journal.arena(), pair.page());
    pair.world.settle();
    EXPECT_EQ(pair.configuration().state, SubsystemState::ready);
    EXPECT_EQ(pair.why_not(), "");
}

TEST(Reasons, newer_master_when_the_record_itself_is_of_a_later_kind) {
    JournalMemory journal(64 * 1024);
    JournalWriter writer(journal.arena(), 1, 0);
    Databases databases;
    databases.running = config::Running::factory(port_list());
    for (const config::Release master : {config::own_release(), config::own_release() + 0x100}) {
        ASSERT_TRUE(write_snapshot(writer, snapshot_of(databases, writer.capacity(), master)));
        BoardPage page;
        Follower slave(journal.arena(), page);
        slave.drain();
        EXPECT_TRUE(ready(page)) << "a later release alone is no reason";
        ASSERT_TRUE(writer.append(0, 999, journal_critical, bytes_of("later")));
        slave.drain();
        EXPECT_EQ(subsystem_of(page, Subsystem::configuration).reason,
                  master == config::own_release() ? Reason::invalid_subtype : Reason::newer_master);
    }
}

TEST(Reasons, a_master_of_another_release_says_so_when_it_goes_on_in_the_journal) {
    Pair pair(config::own_release());
    config::pretend_release(config::own_release() + 1);
    pair.world.take_over(Slot::msm_b);
    const config::Release later = config::own_release();
    config::pretend_release(later - 1);
    pair.world.start_slave();
    EXPECT_EQ(pair.world.slave->replica().writer_release(), later) << "though the snapshot is the last master's";
    EXPECT_TRUE(ready(pair.world.pages[0]));
}

TEST(Reasons, no_xh_support_when_a_slave_lacks_what_a_take_over_needs) {
    Pair pair(config::own_release(), lacks_takeover);
    for (const Subsystem subsystem : followed_subsystems) {
        EXPECT_EQ(subsystem_of(pair.page(), subsystem).state, SubsystemState::failed);
        EXPECT_EQ(subsystem_of(pair.page(), subsystem).reason, Reason::no_support);
    }
    EXPECT_NE(pair.why_not().find("no xh support; start the slave without --follow-only"), std::string::npos);
    EXPECT_EQ(pair.world.change({vlan_create("red")}), "ok");
    EXPECT_NE(pair.world.slave->replica().databases().running.vlan("red"), nullptr) << "it follows all the same";
    pair.page().lacks.store(0);
    pair.world.slave = std::make_unique<Follower>(pair.world.journal.arena(), pair.page());
    pair.world.settle();
    EXPECT_EQ(pair.why_not(), "");
}

TEST(Reasons, keepalive_and_watchdog_are_shown_by_the_master_that_followed_a_hung_one) {
    for (const auto& [cause, reason] : {std::pair{Cause::keepalive, Reason::keepalive},
                                        {Cause::watchdog, Reason::watchdog},
                                        {Cause::exception, Reason::none}}) {
        Pair pair(config::own_release());
        auto& record = pair.world.baton->records[(pair.world.term + 1) % 64];
        record.cause.store(cause);
        record.term.store(pair.world.term + 1);
        pair.world.take_over(Slot::msm_b);
        pair.world.settle();
        for (const Subsystem subsystem : followed_subsystems) {
            const SubsystemWord word = subsystem_of(pair.world.pages[1], subsystem);
            EXPECT_EQ(word.state, SubsystemState::ready);
            EXPECT_EQ(word.reason, reason) << static_cast<int>(subsystem);
        }
        // the board that hung comes back as a slave, for that reason
        Follower back(pair.world.journal.arena(), pair.world.pages[0], reason);
        back.drain();
        EXPECT_EQ(subsystem_of(pair.world.pages[0], Subsystem::configuration).state, SubsystemState::ready);
        EXPECT_EQ(subsystem_of(pair.world.pages[0], Subsystem::configuration).reason, Reason::none);
        EXPECT_EQ(subsystem_of(pair.world.pages[0], Subsystem::configuration).old_reason, reason);
    }
}

TEST(Reasons, what_a_process_failed_for_is_the_next_ones_reason_to_transfer) {
    Pair pair(config::own_release());
    Subsystems(pair.page()).set_followed(SubsystemState::failed, Reason::comm_error);
    pair.world.slave.reset();
    life::reset(pair.page());  // the chassis, before it starts the next
    EXPECT_EQ(pair.configuration().state, SubsystemState::unknown);
    EXPECT_EQ(pair.configuration().old_reason, Reason::comm_error);
    EXPECT_EQ(subsystem_of(pair.page(), Subsystem::stp).state, SubsystemState::disable);
    Follower next(pair.world.journal.arena(), pair.page());
    EXPECT_EQ(pair.configuration().state, SubsystemState::initial);
    EXPECT_EQ(pair.configuration().reason, Reason::comm_error);
    next.follow(1);
    EXPECT_EQ(pair.configuration().state, SubsystemState::xfr);
    next.drain();
    EXPECT_EQ(pair.configuration().state, SubsystemState::ready);
    EXPECT_EQ(pair.configuration().old_reason, Reason::comm_error);
}

TEST(Reasons, progress_of_a_transfer_never_goes_back_and_ends_at_the_end) {
    Pair pair(config::own_release());
    for (int i = 0; i < 300; ++i) ASSERT_EQ(pair.world.change({aging(15 + static_cast<std::uint32_t>(i))}), "ok");
    BoardPage page;
    Follower slave(pair.world.journal.arena(), page);
    std::uint64_t last = 0;
    int steps = 0;
    while (!slave.follow(7)) {
        ++steps;
        EXPECT_EQ(subsystem_of(page, Subsystem::configuration).state, SubsystemState::xfr);
        EXPECT_GT(page.journal_position.load(), last);
        last = page.journal_position.load();
        EXPECT_LE(last, page.transfer_to.load());
        EXPECT_GE(last, page.transfer_from.load());
    }
    EXPECT_GT(steps, 20);
    EXPECT_EQ(page.transfer_to.load(), pair.world.journal.arena().head.load());
    EXPECT_EQ(page.transfer_last.load(), page.journal_sequence.load());
}

// In a process of its own, whose memory is limited for real while a large configuration comes in; what it says is in a
// page that both see. Then the limit goes, as the remedy has it.
TEST(Reasons, memory_when_the_slave_cannot_hold_the_state_and_ready_once_it_can) {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "a sanitizer's allocator ends the process instead of saying that there is no memory";
#endif
    constexpr std::uint64_t capacity = 64u << 20;
    constexpr std::size_t entries = 60'000;
    auto& journal = *::new (shared_memory(sizeof(JournalArena) + capacity)) JournalArena;
    journal.header.total_size = sizeof(JournalArena) + capacity;
    format_journal(journal);
    auto& page = *::new (shared_memory(sizeof(BoardPage))) BoardPage;
    const pid_t master = ::fork();  // the state must not lie about in the slave's own heap
    if (master == 0) {
        JournalWriter writer(journal, 1, 0);
        Databases databases;
        databases.running = config::Running::factory(port_list());
        std::vector<config::Change> many;
        for (std::size_t i = 0; i < entries; ++i)
            many.push_back(static_entry(Mac::of(0x020000000000ull + i).text(), "Default", ""));
        const bool made = databases.running.replay(many) && write_snapshot(writer, snapshot_of(databases, capacity));
        ::_exit(made ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(master, &status, 0), master);
    ASSERT_EQ(status, 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        Follower slave(journal, page);
        rlimit limit{};
        ::getrlimit(RLIMIT_AS, &limit);
        const rlim_t before = limit.rlim_cur;
        unsigned long pages = 0;
        if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
            if (std::fscanf(file, "%lu", &pages) != 1) ::_exit(10);
            std::fclose(file);
        }
        limit.rlim_cur = pages * 4096 + (2u << 20);
        ::setrlimit(RLIMIT_AS, &limit);
        for (const std::size_t size : {64u << 10, 4u << 10, 256u})  // and what lies free in the heap is another's
            while (void* taken = std::malloc(size)) last_taken = taken;
        std::free(last_taken);
        while (!slave.follow(64)) {
        }
        const SubsystemWord word = subsystem_of(page, Subsystem::configuration);
        if (word.state != SubsystemState::failed || word.reason != Reason::memory) ::_exit(11);
        if (!slave.short_of_memory() || slave.replica().complete()) ::_exit(12);
        limit.rlim_cur = before;
        ::setrlimit(RLIMIT_AS, &limit);
        slave.drain();
        if (!ready(page) || subsystem_of(page, Subsystem::configuration).old_reason != Reason::memory) ::_exit(13);
        ::_exit(slave.replica().databases().running.statics().size() == entries ? 0 : 14);
    }
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0)
        << "10 no statm, 11 not failed for memory, 12 half a state, 13 not mended, 14 not whole";
}

}  // namespace
}  // namespace baton
