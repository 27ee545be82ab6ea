// SPDX-License-Identifier: Apache-2.0
// The mix, the split, the fields, the placing: arithmetic only.
#include "tests/unit/table/rig.h"

namespace baton::test {
namespace {

TEST(fdb_word, mix_and_unmix_are_inverses_for_any_seed) {
    std::mt19937_64 random(1);
    for (int s = 0; s < 20; ++s) {
        const FdbHash hash(random());
        for (int i = 0; i < 10'000; ++i) {
            const std::uint64_t key = random() & fdb_key_bits_mask;
            ASSERT_EQ(hash.unmix(hash.mix(key)), key);
            ASSERT_EQ(hash.mix(hash.unmix(key)), key);
            ASSERT_LE(hash.mix(key), fdb_key_bits_mask);
        }
    }
}

TEST(fdb_word, bucket_and_word_name_the_key_at_every_table_size) {
    std::mt19937_64 random(2);
    const FdbHash hash(random());
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t mixed = random() & fdb_key_bits_mask;
        for (unsigned bits = fdb_min_bits; bits <= fdb_max_bits; ++bits)
            for (const bool alt : {false, true}) {
                const std::uint64_t position = alt ? hash.second(mixed) : mixed;
                const auto word = FdbWord::dynamic(FdbWord::name(mixed, alt), 3, 9, 255);
                ASSERT_EQ(fdb_mixed_of(hash, word, bits, fdb_bucket_of(position, bits)), mixed);
            }
    }
}

TEST(fdb_word, both_buckets_of_a_key_split_into_2i_and_2i_plus_1) {
    std::mt19937_64 random(3);
    const FdbHash hash(random());
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t mixed = random() & fdb_key_bits_mask;
        for (const std::uint64_t position : {mixed, hash.second(mixed)})
            for (unsigned bits = fdb_min_bits; bits < fdb_max_bits; ++bits)
                ASSERT_EQ(fdb_bucket_of(position, bits + 1) / 2, fdb_bucket_of(position, bits));
    }
}

TEST(fdb_word, fields_keep_to_themselves) {
    const auto word = FdbWord::dynamic(FdbWord::name(0x123456789abcdef, true), 5, 11, 0x7ff);
    EXPECT_EQ(word.dest(), 0x7ff);
    EXPECT_EQ(word.gen(), 11u);
    EXPECT_EQ(word.age(), 5u);
    EXPECT_FALSE(word.is_fixed());
    EXPECT_TRUE(word.is_alt());
    EXPECT_EQ(word.bits >> fdb_rem_shift, 0x123456789abcdefull & ((1ull << fdb_rem_bits) - 1));
    EXPECT_TRUE(word.frozen().is_frozen());
    EXPECT_EQ(word.frozen().dest(), word.dest());
    EXPECT_TRUE(FdbWord::fixed(FdbWord::name(1, false), fdb_dest_blackhole).is_live(6, 3));
}

TEST(fdb_word, lives_for_exactly_six_epochs) {
    for (unsigned born = 0; born < fdb_ages; ++born)
        for (unsigned later = 0; later < fdb_ages; ++later)
            EXPECT_EQ(FdbWord::dynamic(0, born, 0, 1).is_live((born + later) % fdb_ages, 0), later < 6);
}

TEST(fdb_word, a_flush_is_felt_by_every_generation_but_its_own) {
    for (unsigned gen = 0; gen < 16; ++gen)
        for (unsigned later = 1; later < 16; ++later) {
            EXPECT_TRUE(FdbWord::dynamic(0, 0, gen, 1).is_live(0, gen + 16));
            EXPECT_FALSE(FdbWord::dynamic(0, 0, gen, 1).is_live(0, gen + later));
        }
}

/// Placing by the learning rule, on counters alone: the share that finds both buckets full, and that goes second.
std::pair<double, double> place(double load, unsigned bits, std::uint64_t seed,
                                std::uint64_t (*key_of)(std::uint64_t)) {
    const FdbHash hash(seed);
    std::vector<std::uint8_t> used(1ull << bits);
    const auto count = static_cast<std::uint64_t>(load * 8 * static_cast<double>(used.size()));
    std::uint64_t full = 0, second = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t mixed = hash.mix(key_of(i));
        const auto primary = fdb_bucket_of(mixed, bits), other = fdb_bucket_of(hash.second(mixed), bits);
        const bool alt = used[primary] >= fdb_primary_share && used[other] < used[primary];
        auto& room = used[alt ? other : primary];
        second += alt;
        full += room == 8;
        room += room < 8;
    }
    return {static_cast<double>(full) / static_cast<double>(count),
            static_cast<double>(second) / static_cast<double>(count)};
}

TEST(fdb_word, places_counted_and_clustered_addresses_as_well_as_random_ones) {
    std::uint64_t (*const patterns[])(std::uint64_t) = {
        [](std::uint64_t i) { return fdb_key(1, 0x0200'0000'0000 + i); },
        [](std::uint64_t i) { return fdb_key(static_cast<VlanId>(1 + i % 4094), 0x0200'0000'0000 + i / 4094); },
        [](std::uint64_t i) { return fdb_key(1, i << 24); },
        [](std::uint64_t i) { return fdb_key(static_cast<VlanId>(i & 0xfff), (i >> 12) << 40); },
        [](std::uint64_t i) -> std::uint64_t { return (i * 0x9e3779b97f4a7c15ull) >> 4; },
    };
    for (const auto pattern : patterns)
        for (const std::uint64_t seed : {1ull, 2ull, 0xdeadbeefull}) {
            // 6e-5 overflow at 0.70 with 11 % in the second bucket; 1e-6 at 0.60. Growth begins at the first overflow.
            const auto [full, second] = place(0.70, fdb_min_bits, seed, pattern);
            EXPECT_LT(full, 2e-4);
            EXPECT_NEAR(second, 0.113, 0.01);
            EXPECT_LT(place(0.60, fdb_min_bits, seed, pattern).first, 1e-5);
            EXPECT_EQ(place(0.50, fdb_min_bits, seed, pattern).first, 0);
        }
}

TEST(fdb_word, sizes_follow_from_the_entries_wanted) {
    EXPECT_EQ(fdb_bits_for(0), 17u);
    EXPECT_EQ(fdb_bits_for(734'003), 17u);
    EXPECT_EQ(fdb_bits_for(734'004), 18u);
    EXPECT_EQ(fdb_bits_for(16'000'000), 22u);
    EXPECT_EQ(fdb_bits_for(~0ull >> 8), 22u);
}

}  // namespace
}  // namespace baton::test
