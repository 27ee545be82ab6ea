// SPDX-License-Identifier: Apache-2.0
// What outlives a kill or a race: a data plane that dies before each of its stores leaves the old rules or the new
// ones, and workers that look packets up while rules churn never let a denied one through and never touch what was
// freed.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <thread>

#include "dataplane/table/acl_maintain.h"
#include "tests/support/arena.h"
#include "tests/unit/table/acl_packets.h"
#include "tests/unit/table/rig.h"

namespace baton::test {
namespace {

using Names = std::set<std::string>;

Names names_in(const AclArena& arena) {
    Names out;
    for (const AclSlot& slot : arena.slots) {
        AclRule rule;
        if (!read_rule(slot, rule)) continue;
        EXPECT_TRUE(is_sound(rule)) << "a rule that never was";
        out.insert(std::string(rule.name_view()));
    }
    return out;
}

AclRule named(const std::string& name) {
    return acl_rule(name, AclAction::deny, 7);
}

/// False: it was killed before its n-th store.
bool completes(AclArena& arena, std::uint64_t n, const std::function<void(AclSlots<CountedStores>&)>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(20);
        CountedStores::count = 0;
        CountedStores::cut = n;
        CountedStores::at = [] { ::kill(::getpid(), SIGKILL); };
        AclSlots<CountedStores> slots(arena);
        work(slots);
        ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// `work` changes what is in force from `before` to `after`, in one store.
void kill_at_every_store(const std::function<void(AclSlots<CountedStores>&)>& work, const Names& after,
                         std::uint64_t at_least) {
    const Mapping mapping = arena<AclArena>(ArenaKind::acl);
    AclArena& arena = *mapping.as<AclArena>();
    {
        AclSlots<> slots(arena);
        for (const char* name : {"a", "b", "c", "d"}) slots.put(named(name), 1);
        slots.leave(*slots.find(named("b")));  // its slot is not given back yet
        arena.hits[0][0].frames = 11;
    }
    const Names before = names_in(arena);
    const std::vector<std::byte> image(mapping.bytes(), mapping.bytes() + sizeof(AclArena));
    std::uint64_t n = 1;
    for (bool done = false; !done; ++n) {
        SCOPED_TRACE("killed before store " + std::to_string(n));
        std::memcpy(mapping.bytes(), image.data(), image.size());
        done = completes(arena, n, work);
        const Names now = names_in(arena);
        ASSERT_TRUE(now == before || now == after);
        if (done) {
            ASSERT_EQ(now, after);
        }
        ASSERT_TRUE(completes(arena, 0, work)) << "and again";
        ASSERT_EQ(names_in(arena), after);
        for (const std::string& name : after)
            ASSERT_LE(hits_of(arena, *AclSlots<>(arena).find(named(name))).frames, 11u);
    }
    EXPECT_GT(n, at_least) << "fewer stores than the operation must have made";
}

TEST(acl_kill, a_rule_that_comes) {
    kill_at_every_store(
        [](AclSlots<CountedStores>& slots) {
            if (!slots.find(named("e"))) slots.put(named("e"), 2);
        },
        {"a", "c", "d", "e"}, 14);
}

TEST(acl_kill, a_rule_that_goes) {
    kill_at_every_store(
        [](AclSlots<CountedStores>& slots) {
            const auto slot = slots.find(named("a"));
            if (!slot) return;
            slots.leave(*slot);
            slots.release(*slot);
        },
        {"c", "d"}, 3);
}

TEST(acl_kill, confirming_and_opening) {
    kill_at_every_store([](AclSlots<CountedStores>& slots) { slots.confirm(*slots.find(named("a")), 9); },
                        {"a", "c", "d"}, 2);
}

/// An image that looks through its list and goes dumb when it is freed, so that a worker that still holds it is found.
class MortalImage final : public AclImage {
  public:
    using AclImage::AclImage;

    ~MortalImage() override { alive_.store(0); }

    void classify(const AclKey* keys, std::uint32_t* found, unsigned count) const override {
        if (alive_.load() != 1) std::abort();
        for (unsigned i = 0; i < count; ++i) {
            const std::uint32_t at = list.find(keys[i]);
            found[i] = at == AclLinear::none ? 0 : at + 1;
        }
    }

  private:
    std::atomic<int> alive_ = 1;
};

TEST(acl_race, what_is_denied_never_passes_while_rules_churn) {
    auto memory = std::make_unique<AclArena>();
    Acl acl(*memory);
    AclMaintenance maintenance(*memory, acl, [](const std::vector<AclEntry>& entries) {
        return std::make_shared<const MortalImage>(entries);
    });
    const AclRule wall = acl_rule("wall", AclAction::deny, 1000);
    maintenance.set(wall, 1);
    maintenance.publish();

    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> turns[2] = {}, looked = 0, passed = 0;
    std::vector<std::thread> workers;
    for (unsigned w = 0; w < 2; ++w)
        workers.emplace_back([&, w] {
            AclDice dice(w);
            while (!stop.load(std::memory_order_relaxed)) {
                const AclView* view = acl.view();
                if (!view) std::abort();
                AclKey keys[16];
                AclVerdict verdicts[16];
                for (auto& key : keys) {
                    Packet packet = dice.packet();
                    packet.destination = ip(192, 168, 0, 1);  // no other rule is about it
                    key = key_of(packet, 1);
                }
                view->look_up(keys, verdicts, 16);
                for (const auto& verdict : verdicts) {
                    looked.fetch_add(1, std::memory_order_relaxed);
                    passed.fetch_add(verdict.action != AclAction::deny, std::memory_order_relaxed);
                }
                turns[w].fetch_add(1, std::memory_order_release);
            }
        });
    AclDice dice(3);
    std::vector<AclRule> said;
    const Time until = monotonic_now() + seconds(3);
    for (unsigned step = 0; monotonic_now() < until; ++step) {
        if (said.size() < 100 || (said.size() < 300 && dice.below(2))) {
            AclRule rule = dice.rule(nth(step));
            rule.action = AclAction::permit;
            rule.destination_length = std::max<std::uint8_t>(rule.destination_length, 8);
            rule.destination = ip(10, 0, 0, 0) & acl_mask(rule.destination_length);
            said.push_back(rule);
            ASSERT_EQ(maintenance.set(rule, 1), Outcome::done);
        } else {
            const std::uint32_t at = dice.below(static_cast<std::uint32_t>(said.size()));
            maintenance.remove(said[at]);
            said.erase(said.begin() + at);
        }
        maintenance.publish();
        const std::uint64_t now[2] = {turns[0].load(std::memory_order_acquire),
                                      turns[1].load(std::memory_order_acquire)};
        maintenance.turn(monotonic_now(), now);
    }
    stop = true;
    for (auto& worker : workers) worker.join();
    EXPECT_GT(looked, 100u);
    EXPECT_EQ(passed, 0u);
    EXPECT_GT(memory->images, 2u) << "images came and went meanwhile";
}

}  // namespace
}  // namespace baton::test
