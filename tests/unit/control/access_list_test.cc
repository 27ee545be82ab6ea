// SPDX-License-Identifier: Apache-2.0
// Access lists as configuration: what may stand beside what, who decides, and that all of it is said again by its
// changes.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "controlplane/config/running.h"
#include "tests/unit/control/access_list_changes.h"
#include "tests/unit/control/random_changes.h"

namespace baton {
namespace {

using namespace test;
using config::AccessList;
using config::AclPrefix;
using config::AclRange;
using config::Running;

std::string name_of(std::uint64_t n) {
    std::string out("r");
    out += std::to_string(n);
    return out;
}

AclPrefix prefix(std::uint32_t bits, unsigned length) {
    return {bits, static_cast<std::uint8_t>(length)};
}

class Lists {
  public:
    /// "" when it was taken, else the sentence.
    std::string add(const AccessList& list) { return answer(running.apply({create(list)}, port_set())); }

    std::string remove(const std::string& name) {
        return answer(running.apply({delete_access_list(name)}, port_set()));
    }

    Running running = Running::factory(port_list());

  private:
    static std::string answer(const Result<void>& result) { return result ? "" : result.error().what; }
};

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

AccessList everything(const std::string& name, AclAction action, std::uint32_t precedence = 0) {
    AccessList list = access_list(name, action);
    list.precedence = precedence;
    return list;
}

AccessList to(const std::string& name, AclAction action, std::uint32_t bits, unsigned length) {
    AccessList list = access_list(name, action);
    list.destination = prefix(bits, length);
    return list;
}

TEST(access_list, of_a_name_that_is_taken_is_refused_whatever_its_case) {
    Lists lists;
    EXPECT_EQ(lists.add(everything("DenyAll", AclAction::deny)), "");
    EXPECT_TRUE(holds(lists.add(everything("denyall", AclAction::deny)), "exists already"));
    EXPECT_EQ(lists.running.access_list("DENYALL")->name, "DenyAll");
    EXPECT_EQ(lists.remove("denyALL"), "");
    EXPECT_TRUE(holds(lists.remove("denyall"), "show access-list"));
    EXPECT_TRUE(holds(lists.add(everything("2nd", AclAction::deny)), "starts with a letter"));
}

TEST(access_list, with_a_precedence_makes_all_that_overlap_need_one) {
    Lists lists;
    EXPECT_EQ(lists.add(everything("rest", AclAction::deny)), "");
    AccessList host = to("host", AclAction::permit, 0x0a000001, 32);
    host.precedence = 10;
    EXPECT_TRUE(holds(lists.add(host), "rest overlaps and has no precedence"));
    EXPECT_EQ(lists.remove("rest"), "");
    EXPECT_EQ(lists.add(host), "");
    EXPECT_TRUE(holds(lists.add(everything("rest", AclAction::deny)), "give this one a precedence too"));
    EXPECT_EQ(lists.add(everything("rest", AclAction::deny, 25600)), "");
    EXPECT_EQ(lists.add(to("other", AclAction::permit, 0x0a000001, 32)),
              lists.add(to("other", AclAction::permit, 0x0a000001, 32)));
    EXPECT_TRUE(holds(lists.add(everything("again", AclAction::permit, 10)), "same precedence"));
    EXPECT_TRUE(holds(lists.add(everything("far", AclAction::permit, 25601)), "1 to 25600"));
}

TEST(access_list, without_a_precedence_is_decided_by_the_more_specific_one) {
    Lists lists;
    EXPECT_EQ(lists.add(everything("rest", AclAction::deny)), "");
    EXPECT_EQ(lists.add(to("net", AclAction::permit, 0x0a000000, 8)), "");
    EXPECT_EQ(lists.add(to("host", AclAction::deny, 0x0a000001, 32)), "");
    const auto order = [&](const char* name) { return lists.running.access_list(name)->order(); };
    EXPECT_LT(order("host"), order("net"));
    EXPECT_LT(order("net"), order("rest"));
}

TEST(access_list, that_nobody_could_decide_about_is_refused) {
    Lists lists;
    EXPECT_EQ(lists.add(to("there", AclAction::permit, 0x0a000000, 8)), "");
    EXPECT_TRUE(holds(lists.add(to("twin", AclAction::deny, 0x0a000000, 8)), "exactly the same packets"));
    AccessList from = access_list("here", AclAction::deny);
    from.source = prefix(0x0b000000, 8);
    EXPECT_TRUE(holds(lists.add(from), "access list there (permit) overlaps in part"));
    from.action = AclAction::permit;
    EXPECT_EQ(lists.add(from), "") << "they agree";
    AccessList inner = to("inner", AclAction::deny, 0x0a000000, 8);
    inner.ports.insert({1, 1});
    EXPECT_TRUE(holds(lists.add(inner), "access list here (permit) overlaps in part"))
        << "inside one, not inside the other";
}

TEST(access_list, that_cannot_be_is_refused_with_a_sentence) {
    Lists lists;
    AccessList list = access_list("bad");
    list.destination = prefix(0x0a010203, 8);
    EXPECT_TRUE(holds(lists.add(list), "10.1.2.3/8 has bits beyond its length; write 10.0.0.0/8"));
    list = access_list("bad");
    list.ports.insert({9, 9});
    EXPECT_TRUE(holds(lists.add(list), "there is no port 9:9"));
    list = access_list("bad", AclAction::permit_established);
    EXPECT_TRUE(holds(lists.add(list), "permit-established is about TCP"));
    list = access_list("bad");
    list.destination_ports = {80, 80};
    EXPECT_TRUE(holds(lists.add(list), "only TCP and UDP have ports"));
    list.protocol = AclProtocol::udp;
    list.destination_ports = {90, 80};
    EXPECT_TRUE(holds(lists.add(list), "lower number to a higher"));
    config::Change change;
    change.mutable_access_list_create()->set_name("bad");
    change.mutable_access_list_create()->set_action(7);
    EXPECT_TRUE(holds(lists.running.apply({change}, port_set()).error().what, "does not know that action"));
    EXPECT_TRUE(lists.running.access_lists().empty());
}

/// What a list matches, point by point, in the world of random_access_list().
struct Point {
    std::uint32_t destination, source;
    AclProtocol protocol;
    std::uint16_t number;
    PortName port;
};

bool matches(const AccessList& list, const Point& point) {
    return (point.destination & acl_mask(list.destination.length)) == list.destination.bits &&
           (point.source & acl_mask(list.source.length)) == list.source.bits &&
           (list.protocol == AclProtocol::ip || list.protocol == point.protocol) &&
           point.number >= list.destination_ports.first && point.number <= list.destination_ports.last &&
           (list.ports.empty() || list.ports.contains(point.port));
}

std::vector<Point> all_points() {
    std::vector<Point> out;
    const std::uint32_t addresses[] = {0x0a000000, 0x0a000001, 0x0a000080, 0x0a000081, 0x0a010000, 0x0b000000};
    for (const std::uint32_t destination : addresses)
        for (const std::uint32_t source : addresses)
            for (unsigned protocol = 1; protocol < 4; ++protocol)
                for (const std::uint16_t number : {7, 80, 81, 82, 83, 84, 0x800, 0x801})
                    for (const PortName port : {PortName{1, 1}, PortName{2, 2}})
                        out.push_back({destination, source, static_cast<AclProtocol>(protocol), number, port});
    return out;
}

TEST(access_list, that_was_accepted_is_decided_about_as_the_rules_say) {
    const auto points = all_points();
    std::size_t accepted = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        std::mt19937_64 random(seed);
        const auto below = [&random](std::size_t n) { return static_cast<std::uint32_t>(random() % n); };
        Lists lists;
        for (int i = 0; i < 30; ++i) {
            if (below(5) == 0)
                (void)lists.remove(name_of(below(30)));
            else
                accepted += lists.add(random_access_list(name_of(below(30)), below, port_list())).empty();
        }
        std::vector<AccessList> all;
        for (const auto& [key, list] : lists.running.access_lists()) all.push_back(list);
        for (const Point& point : points) {
            std::vector<const AccessList*> matching;
            for (const AccessList& list : all)
                if (matches(list, point)) matching.push_back(&list);
            for (const AccessList* a : matching)
                for (const AccessList* b : matching) {
                    if (a == b) continue;
                    ASSERT_TRUE(a->overlaps(*b));
                    ASSERT_EQ(a->precedence == 0, b->precedence == 0) << seed << ": " << a->name << " " << b->name;
                    ASSERT_TRUE(a->precedence == 0 || a->precedence != b->precedence);
                    if (a->precedence != 0) {
                        ASSERT_EQ(a->order() < b->order(), a->precedence < b->precedence);
                    } else if (a->within(*b)) {
                        ASSERT_LT(a->order(), b->order());
                    } else if (!b->within(*a)) {
                        ASSERT_EQ(a->action, b->action);
                    }
                }
        }
    }
    EXPECT_GT(accepted, 200u);
}

TEST(access_list, index_finds_what_looking_at_all_finds) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        std::mt19937_64 random(seed);
        const auto below = [&random](std::size_t n) { return static_cast<std::uint32_t>(random() % n); };
        config::AccessListIndex index;
        std::map<std::string, AccessList> all;
        for (int i = 0; i < 200; ++i) {
            const std::string name = name_of(below(60));
            if (const auto old = all.find(name); old != all.end()) {
                index.remove(old->second);
                all.erase(old);
                continue;
            }
            const AccessList list = random_access_list(name, below, port_list());
            for (const std::uint32_t precedence : {0u, 1u, 2u, 3u, config::AccessListIndex::any_precedence}) {
                std::set<std::string> found, wanted;
                index.overlapping(list, precedence, [&found](const AccessList& other) {
                    EXPECT_TRUE(found.insert(other.name).second) << "twice";
                    return true;
                });
                for (const auto& [key, other] : all)
                    if (other.overlaps(list) &&
                        (precedence == config::AccessListIndex::any_precedence ? other.precedence != 0
                                                                               : other.precedence == precedence))
                        wanted.insert(key);
                ASSERT_EQ(found, wanted) << seed << " " << precedence;
            }
            index.add(list);
            all.emplace(name, list);
        }
    }
}

TEST(access_list, survives_as_changes_and_between_any_two_configurations) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        RandomChanges random(seed);
        const Running from = random.walk(Running::factory(port_list()), 80), to = random.walk(from, 40);
        Running again;
        ASSERT_TRUE(again.replay(from.as_changes()));
        ASSERT_EQ(again, from);
        const auto between = config::changes_between(from, to);
        const auto done = again.replay(between);
        ASSERT_TRUE(done) << done.error().what;
        ASSERT_EQ(again, to);
    }
}

TEST(access_list, may_be_had_ten_thousand_times_in_any_form_and_not_once_more) {
    for (const int form : {0, 1, 2}) {
        Lists lists;
        for (std::uint32_t n = 0; n < config::access_lists_most; ++n) {
            AccessList list = access_list(name_of(n), AclAction::permit);
            if (form == 0) list.destination = prefix(0x0a000000 | n, 32);  // none overlaps another
            if (form == 1) list.precedence = 1 + n;                        // each overlaps each
            if (form == 2) (n % 2 ? list.destination : list.source) = prefix(0x0a000000 | n << 4, 28);
            ASSERT_EQ(lists.add(list), "") << n;
        }
        EXPECT_TRUE(
            holds(lists.add(everything("more", AclAction::permit, form == 1 ? 20'000 : 0)), "10000 access lists"));
    }
}

}  // namespace
}  // namespace baton
