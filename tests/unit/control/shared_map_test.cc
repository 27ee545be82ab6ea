// SPDX-License-Identifier: Apache-2.0
// SharedMap against std::map: whatever is done to either, they hold the same, copies stay what they were, and the
// differences of any two are those of their oracles.
#include "controlplane/config/shared_map.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace baton {
namespace {

using Shared = config::SharedMap<std::string, int>;
using Oracle = std::map<std::string, int>;

struct Difference {
    std::string key;
    std::optional<int> before, after;
    friend bool operator==(const Difference&, const Difference&) = default;
};

std::optional<int> value_of(const int* value) {
    return value ? std::optional(*value) : std::nullopt;
}

std::vector<Difference> oracle_differences(const Oracle& before, const Oracle& after) {
    std::map<std::string, Difference> out;
    for (const auto& [key, value] : before) out[key] = {key, value, {}};
    for (const auto& [key, value] : after) {
        Difference& difference = out[key];
        difference.key = key;
        difference.after = value;
    }
    std::vector<Difference> list;
    for (const auto& [key, difference] : out)
        if (difference.before != difference.after) list.push_back(difference);
    return list;
}

void expect_equal(const Shared& got, const Oracle& want) {
    ASSERT_EQ(got.size(), want.size());
    auto at = got.begin();
    for (const auto& [key, value] : want) {
        ASSERT_NE(at, got.end());
        ASSERT_EQ(at->first, key);
        ASSERT_EQ(at->second, value);
        ++at;
    }
    ASSERT_EQ(at, got.end());
}

TEST(SharedMap, holds_what_a_map_holds_and_its_copies_stay_what_they_were) {
    std::mt19937_64 random(7);
    std::vector<std::pair<Shared, Oracle>> versions(1);
    for (int step = 0; step < 4000; ++step) {
        auto [map, oracle] = versions[random() % versions.size()];
        for (std::uint64_t edits = random() % 8; edits > 0; --edits) {
            const std::string key = std::to_string(random() % 200);
            if (random() % 3 == 0) {
                ASSERT_EQ(map.erase(key), oracle.erase(key) == 1);
            } else {
                const int value = static_cast<int>(random() % 4);
                map.set(key, value);
                oracle[key] = value;
            }
            ASSERT_EQ(map.contains(key), oracle.contains(key));
        }
        const std::string from = std::to_string(random() % 200);
        const auto bound = map.lower_bound(from);
        const auto oracle_bound = oracle.lower_bound(from);
        ASSERT_EQ(bound == map.end(), oracle_bound == oracle.end());
        if (bound != map.end()) {
            ASSERT_EQ(bound->first, oracle_bound->first);
        }

        const auto& [other, other_oracle] = versions[random() % versions.size()];
        std::vector<Difference> found;
        differences(map, other, [&](const std::string& key, const int* before, const int* after) {
            found.push_back({key, value_of(before), value_of(after)});
        });
        ASSERT_EQ(found, oracle_differences(oracle, other_oracle)) << "step " << step;
        ASSERT_EQ(map == other, oracle == other_oracle);
        if (versions.size() < 64)
            versions.emplace_back(map, oracle);
        else
            versions[random() % versions.size()] = {map, oracle};
    }
    for (const auto& [map, oracle] : versions) expect_equal(map, oracle);
}

TEST(SharedMap, the_order_of_making_does_not_matter) {
    Shared up, down;
    for (int i = 0; i < 1000; ++i) up.set(std::to_string(i), i);
    for (int i = 1999; i >= 0; --i) down.set(std::to_string(i), i);
    for (int i = 1000; i < 2000; ++i) ASSERT_TRUE(down.erase(std::to_string(i)));
    EXPECT_EQ(up, down);
    down.set("5", 6);
    EXPECT_NE(up, down);
}

TEST(SharedMap, a_difference_costs_what_differs) {
    Shared before;
    for (int i = 0; i < 100'000; ++i) before.set(std::to_string(i), i);
    Shared after = before;
    after.set("77", -1);
    ASSERT_TRUE(after.erase("78"));
    int found = 0;
    for (int round = 0; round < 10'000; ++round)  // a look at every key each time would take minutes
        differences(before, after, [&](const std::string&, const int*, const int*) { ++found; });
    EXPECT_EQ(found, 20'000);
}

}  // namespace
}  // namespace baton
