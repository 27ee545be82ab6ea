// SPDX-License-Identifier: Apache-2.0
// A master that lost the baton while it was stopped and does not know it. Real processes: this one is the chassis (one
// that, against its own law, grants without killing), a child runs the applier, children are the masters. The zombie
// has all its fds and mappings and tries in every way: its own ring, and its successor's with its own term in the
// command. It must change nothing, and every command of it that the applier meets must be counted as refused.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <random>
#include <vector>

#include "dataplane/applier/applier.h"
#include "dataplane/numbering.h"
#include "sync/base/log.h"
#include "sync/channel/command_ring.h"
#include "tests/support/arena.h"
#include "tests/support/puppet.h"

namespace baton::test {
namespace {

constexpr unsigned tries = 200'000;  // 100,000 in each ring
constexpr Duration patience = seconds(60);

/// What a master can change, as bytes: ports, VLANs, aging time, FDB generations and words.
struct Picture {
    std::vector<std::uint8_t> bytes;

    Picture(const TablesArena& tables, const std::byte* fdb) {
        const auto add = [this](const void* from, std::size_t size) {
            const auto* start = static_cast<const std::uint8_t*>(from);
            bytes.insert(bytes.end(), start, start + size);
        };
        const auto& control = *reinterpret_cast<const FdbControl*>(fdb);
        add(tables.ports, sizeof tables.ports);
        add(tables.vlans, sizeof tables.vlans);
        add(&tables.applier.aging_seconds, sizeof tables.applier.aging_seconds);
        add(control.port_gen, sizeof control.port_gen);
        add(control.vlan_gen, sizeof control.vlan_gen);
        add(fdb + fdb_table_offset(fdb_min_bits), fdb_table_offset(fdb_min_bits));
    }

    friend bool operator==(const Picture&, const Picture&) = default;
};

class Zombie : public testing::Test {
  protected:
    Zombie() {
        auto maintenance = FdbMaintenance::open(fdb_fd.get(), fdb_arena.bytes(), fdb_min_bits, 99, monotonic_now());
        const auto ids = dataplane::number_ports(tables, *maintenance, {{1, 1}, {1, 2}, {1, 3}});
        for (std::size_t i = 0; i < ids.size(); ++i)
            dataplane::publish_port(tables, ids[i], {{1, static_cast<std::uint8_t>(i + 1)}, "wire", "", 1518, {}, 0});
        applier = child([this] { apply_for_ever(); });
    }

    ~Zombie() override {
        for (const pid_t pid : children) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
    }

    pid_t child(const std::function<void()>& life) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            life();
            ::_exit(0);
        }
        children.push_back(pid);
        return pid;
    }

    [[noreturn]] void apply_for_ever() {
        log::open("applier", log::Level::error);
        auto maintenance = FdbMaintenance::open(fdb_fd.get(), fdb_arena.bytes(), fdb_min_bits, 99, monotonic_now());
        Puppet puppets[3];
        ApplierRounds::Setup setup;
        setup.baton = &baton;
        setup.commands = &commands;
        setup.tables = &tables;
        setup.fdb = &*maintenance;
        for (PortId id = 1; id <= 3; ++id) setup.ports.push_back({id, &puppets[id - 1]});
        setup.wake_boards = [] {};
        ApplierRounds rounds(std::move(setup), monotonic_now());
        while (true)
            if (!rounds.turn(monotonic_now())) ::poll(nullptr, 0, 1);
    }

    /// As the chassis does it, but nobody is killed first.
    void grant(Term term) {
        CommandRing& ring = commands.rings[term % ring_count];
        ring.term = 0;
        ring.written = 0;
        ring.term = term;
        baton.grant = GrantWord{term, term % 2 ? Slot::msm_a : Slot::msm_b}.word();
    }

    static bool eventually(const std::function<bool()>& true_at_last) {
        const Time until = monotonic_now() + patience;
        while (!true_at_last()) {
            if (monotonic_now() > until) return false;
            ::usleep(200);
        }
        return true;
    }

    /// A master says one thing and waits for its outcome.
    template <class Body>
    Outcome say(Term term, CommandType type, const Body& body) {
        CommandWriter master(commands, tables.applier, term);
        const std::uint64_t sequence = master.push(type, Owner::configuration, body);
        eventually([&] { return master.outcome(sequence) != Outcome::pending; });
        return master.outcome(sequence);
    }

    void stop(pid_t pid) {
        ::kill(pid, SIGSTOP);
        int status = 0;
        ASSERT_EQ(::waitpid(pid, &status, WUNTRACED), pid);
        ASSERT_TRUE(WIFSTOPPED(status));
    }

    bool drained(Term term) {
        return tables.applier.term == term && tables.applier.applied == commands.rings[term % ring_count].written;
    }

    Fd fdb_fd;
    Mapping baton_map = arena<BatonPage>(ArenaKind::baton), commands_map = arena<CommandArena>(ArenaKind::commands),
            tables_map = arena<TablesArena>(ArenaKind::tables),
            fdb_arena = arena<FdbControl>(ArenaKind::fdb, &fdb_fd, fdb_arena_size, 1 << 20);
    BatonPage& baton = *baton_map.as<BatonPage>();
    CommandArena& commands = *commands_map.as<CommandArena>();
    TablesArena& tables = *tables_map.as<TablesArena>();
    std::vector<pid_t> children;
    pid_t applier = 0;
};

PortSet256 set_of(std::initializer_list<PortId> ports) {
    PortSet256 set;
    for (const PortId port : ports) set.add(port);
    return set;
}

VlanSet vlan(VlanId id, std::initializer_list<PortId> member) {
    return {id, vlan_has_tag, 0, set_of(member), {}};
}

/// Every kind of change there is, each of which would show in the tables.
Command change(unsigned n, Term term, std::uint64_t sequence) {
    Command command;
    command.term = term;
    command.sequence = sequence;
    command.owner = Owner::configuration;
    const auto as = [&command](CommandType type, const auto& body) {
        command.type = type;
        command.set(body);
    };
    switch (n % 8) {
        case 0: as(CommandType::vlan_set, vlan(static_cast<VlanId>(1 + n % 4094), {1, 2, 3})); break;
        case 1: as(CommandType::vlan_delete, VlanDelete{6}); break;
        case 2: as(CommandType::port_set, PortConfig{1, 77, 0}); break;
        case 3: as(CommandType::fdb_static_set, FdbStatic{0x020000001000ull + n, 6, 1, 0, 0}); break;
        case 4: as(CommandType::fdb_static_delete, FdbStatic{0x020000000006ull, 6, 0, 0, 0}); break;
        case 5: as(CommandType::fdb_flush, FdbFlush{}); break;
        case 6: as(CommandType::fdb_aging, FdbAging{n}); break;
        default: as(CommandType::end_of_table, EndOfTable{}); break;
    }
    return command;
}

TEST_F(Zombie, changes_nothing_in_100000_tries_in_each_ring) {
    // Given to the zombie when it is the master: shared with it, so that it can say how far it came.
    Mapping told = arena<TermAccount>(ArenaKind::baton, nullptr, sizeof(ArenaHeader) + sizeof(TermAccount));
    auto& word = *reinterpret_cast<TermAccount*>(told.bytes() + sizeof(ArenaHeader));

    grant(5);
    const pid_t zombie = child([&] {
        say(5, CommandType::vlan_set, vlan(5, {1, 2}));
        word.applied = 1;
        while (word.term == 0) {  // stopped in here, it wakes up believing that it still carries the baton
        }
        CommandRing& own = commands.rings[5];
        CommandRing& successors = commands.rings[6];
        for (unsigned n = 0; n < tries; ++n) {
            const bool in_own = n % 2 == 0;
            CommandRing& ring = in_own ? own : successors;
            const std::uint64_t written = ring.written;
            while (!in_own && written - tables.applier.applied >= ring_slots) {
            }
            const Command command = change(n / 2, 5, written + 1);
            std::memcpy(&ring.slots[written % ring_slots], &command, sizeof command);
            ring.written = written + 1;
        }
        word.applied = 2;
        ::pause();
    });
    ASSERT_TRUE(eventually([&] { return word.applied == 1; }));
    stop(zombie);

    grant(6);
    ASSERT_EQ(say(6, CommandType::vlan_set, vlan(6, {1, 3})), Outcome::done);
    ASSERT_EQ(say(6, CommandType::port_set, PortConfig{1, 6, 1}), Outcome::done);
    ASSERT_EQ(say(6, CommandType::fdb_static_set, FdbStatic{0x020000000006ull, 6, 3, 0, 0}), Outcome::done);
    ASSERT_EQ(say(6, CommandType::end_of_table, EndOfTable{}), Outcome::done);
    ASSERT_TRUE(
        eventually([&] { return tables.applier.terms[6].end_of_table_ns != 0 && tables.ports[3].link_up == 1; }));
    EXPECT_EQ(tables.vlans[5].present, 0) << "reconciled away";
    const Picture before(tables, fdb_arena.bytes());
    const std::uint64_t refused_before = tables.applier.refused, applied_before = tables.applier.terms[6].applied,
                        old_applied = tables.applier.terms[5].applied;

    word.term = 1;
    ::kill(zombie, SIGCONT);
    ASSERT_TRUE(eventually([&] { return word.applied == 2 && drained(6); }));

    EXPECT_EQ(tables.applier.refused - refused_before, tries / 2) << "each that the applier met";
    EXPECT_EQ(tables.applier.terms[5].applied, old_applied);
    EXPECT_EQ(tables.applier.terms[6].applied, applied_before);
    EXPECT_TRUE(before == Picture(tables, fdb_arena.bytes())) << "the tables are not what they were, byte for byte";
    EXPECT_EQ(say(6, CommandType::vlan_set, vlan(66, {2})), Outcome::done) << "the master's ring still works";
    EXPECT_EQ(tables.vlans[66].present, 1);
    EXPECT_FALSE(before == Picture(tables, fdb_arena.bytes())) << "the comparison sees a change when there is one";
}

// Stopped at any moment of a stream of changes, even between its look at the baton and its store.
TEST_F(Zombie, changes_nothing_wherever_it_was_stopped) {
    std::mt19937 random(5);
    for (Term term = 10; term < 40; ++term) {
        grant(term);
        const pid_t master = child([&] {
            CommandWriter writer(commands, tables.applier, term);
            for (unsigned n = 0;; ++n)
                writer.push(CommandType::vlan_set, Owner::configuration,
                            n % 2 ? vlan(9, {1}) : vlan(static_cast<VlanId>(100 + n % 1000), {1, 2}));
        });
        ASSERT_TRUE(eventually([&] { return tables.applier.term == term && tables.applier.applied > 0; }));
        ::usleep(random() % 3000);
        stop(master);
        grant(++term);
        ASSERT_EQ(say(term, CommandType::vlan_set, vlan(9, {2, 3})), Outcome::done);
        ASSERT_EQ(say(term, CommandType::end_of_table, EndOfTable{}), Outcome::done);
        ASSERT_TRUE(eventually([&] { return tables.applier.terms[term % 64].end_of_table_ns != 0; }));
        const Picture before(tables, fdb_arena.bytes());
        ::kill(master, SIGCONT);
        ::usleep(20'000);
        EXPECT_TRUE(before == Picture(tables, fdb_arena.bytes())) << "term " << term;
        EXPECT_EQ(tables.vlans[9].member[0], 0b1100u);
        ::kill(master, SIGKILL);
        ::waitpid(master, nullptr, 0);
        children.pop_back();
    }
}

}  // namespace
}  // namespace baton::test
