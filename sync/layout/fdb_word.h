// SPDX-License-Identifier: Apache-2.0
// How a word of the FDB (sync/layout/fdb.h) is made and read: the mix, the two buckets, the fields, whether it is live.
// Pure arithmetic, so that workers, the applier and boards cannot disagree; nothing here touches shared memory.
//
//   mixed = pi(key), key = vlan:12 | mac:48
//   pi    = xor, xor-shift by 30, then twice (multiply by an odd number mod 2^60, xor-shift by 30); its constants come
//           from the seed, so nobody outside can aim addresses at one bucket. Each step has an inverse, hence so has
//           pi. Without the first xor-shift, VLANs and makers' prefixes that count upwards overflowed 12 times as
//           often.
//   H     = low 30 bits of mixed, times an odd constant, top bits. Those 30 bits are in every word at every table size,
//           and H's top b bits extend its top b-1, so both buckets of a key split i -> 2i, 2i+1 when a table doubles.
#pragma once

#include "sync/layout/fdb.h"

namespace baton {

/// Where tables lie and how long a mixed key is. Tests put a tiny table in its place, to be exhaustive.
struct FdbGeometry {
    static constexpr unsigned min_bits = fdb_min_bits;
    static constexpr unsigned max_bits = fdb_max_bits;
    static constexpr std::uint64_t tables = 0;  // bytes added to fdb_table_offset
};

inline constexpr unsigned fdb_rem_bits = 43;
inline constexpr std::uint64_t fdb_key_bits_mask = (1ull << 60) - 1;
/// The bits of a word that name its key within a bucket: remainder and alt.
inline constexpr std::uint64_t fdb_name_mask = ~0ull << fdb_alt_shift;

template <class Geometry>
inline constexpr unsigned fdb_mixed_bits = fdb_rem_bits + Geometry::min_bits;
static_assert(fdb_mixed_bits<FdbGeometry> == 60);

constexpr std::uint64_t fdb_key(VlanId vlan, std::uint64_t mac) {
    return std::uint64_t{vlan} << 48 | mac;
}

class FdbHash {
  public:
    explicit constexpr FdbHash(std::uint64_t seed)
        : add_(draw(seed) & fdb_key_bits_mask),
          first_(draw(seed) | 1),
          second_(draw(seed) | 1),
          spread_(draw(seed) | 1),
          unfirst_(inverse(first_)),
          unsecond_(inverse(second_)) {}

    constexpr std::uint64_t mix(std::uint64_t key) const {
        std::uint64_t x = key ^ add_;
        x = ((x ^ x >> 30) * first_) & fdb_key_bits_mask;
        x = ((x ^ x >> 30) * second_) & fdb_key_bits_mask;
        return x ^ x >> 30;
    }

    constexpr std::uint64_t unmix(std::uint64_t mixed) const {
        std::uint64_t x = mixed ^ mixed >> 30;  // x ^ x >> 30 is its own inverse in 60 bits
        x = (x * unsecond_) & fdb_key_bits_mask;
        x = ((x ^ x >> 30) * unfirst_) & fdb_key_bits_mask;
        return x ^ x >> 30 ^ add_;
    }

    /// A value whose top bits are the secondary bucket, as the top bits of `mixed` are the primary.
    template <class Geometry = FdbGeometry>
    constexpr std::uint64_t second(std::uint64_t mixed) const {
        return mixed ^ ((mixed & 0x3fffffff) * spread_) >> (64 - fdb_mixed_bits<Geometry>);
    }

  private:
    static constexpr std::uint64_t draw(std::uint64_t& state) {  // splitmix64 (Steele, Lea, Flood 2014)
        std::uint64_t z = state += 0x9e3779b97f4a7c15ull;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ z >> 27) * 0x94d049bb133111ebull;
        return z ^ z >> 31;
    }

    static constexpr std::uint64_t inverse(std::uint64_t odd) {  // mod 2^64, by Newton: 3, 6, 12, 24, 48, 96 bits
        std::uint64_t x = odd;
        for (int i = 0; i < 5; ++i) x *= 2 - odd * x;
        return x;
    }

    std::uint64_t add_, first_, second_, spread_, unfirst_, unsecond_;
};

struct FdbWord {
    std::uint64_t bits = 0;

    /// What `bits & fdb_name_mask` is in the word of this key.
    static constexpr std::uint64_t name(std::uint64_t mixed, bool alt) {
        return mixed << fdb_rem_shift | std::uint64_t{alt} << fdb_alt_shift;
    }

    static constexpr FdbWord dynamic(std::uint64_t name, unsigned age, unsigned gen, std::uint16_t dest) {
        return {name | std::uint64_t{age} << fdb_age_shift | std::uint64_t{gen} << fdb_gen_shift | dest};
    }

    static constexpr FdbWord fixed(std::uint64_t name, std::uint16_t dest) {
        return {name | 1ull << fdb_fixed_shift | dest};
    }

    constexpr std::uint16_t dest() const { return bits & 0xfff; }

    constexpr unsigned gen() const { return bits >> fdb_gen_shift & 15; }

    constexpr unsigned age() const { return bits >> fdb_age_shift & 7; }

    constexpr bool is_fixed() const { return bits >> fdb_fixed_shift & 1; }

    constexpr bool is_alt() const { return bits >> fdb_alt_shift & 1; }

    constexpr bool is_empty() const { return dest() == fdb_dest_none; }

    constexpr bool is_frozen() const { return age() == fdb_frozen; }

    constexpr FdbWord frozen() const { return {bits | std::uint64_t{fdb_frozen} << fdb_age_shift}; }

    /// Whether the word counts, given the epoch and the sum of generations of its port and VLAN. An age is 6 epochs
    /// behind exactly when it is the epoch to come; a frozen word has lost its age and counts as fresh.
    constexpr bool is_live(unsigned epoch, unsigned gens) const {
        return !is_empty() && (is_fixed() || (gen() == (gens & 15) && age() != (epoch + 1) % fdb_ages));
    }

    friend constexpr bool operator==(FdbWord, FdbWord) = default;
};

/// FdbControl.shape, unpacked.
struct FdbShape {
    unsigned live = 0;         // bits of the live table; 0: no table yet
    unsigned growing = 0;      // bits of the table that growth fills; 0: none
    std::uint64_t cursor = 0;  // live buckets below it have moved

    static constexpr FdbShape of(std::uint64_t word) {
        return {static_cast<unsigned>(word & 0xff), static_cast<unsigned>(word >> 8 & 0xff), word >> 16};
    }

    constexpr std::uint64_t word() const { return live | growing << 8 | cursor << 16; }
};

/// Byte offset in the arena of a bucket of the table of 2^bits.
template <class Geometry = FdbGeometry>
constexpr std::uint64_t fdb_bucket_offset(unsigned bits, std::uint64_t bucket) {
    return Geometry::tables + fdb_table_offset(bits) + bucket * sizeof(FdbBucket);
}

/// The number of the bucket at `position`: mixed for the primary bucket, second(mixed) for the other.
template <class Geometry = FdbGeometry>
constexpr std::uint64_t fdb_bucket_of(std::uint64_t position, unsigned bits) {
    return position >> (fdb_mixed_bits<Geometry> - bits);
}

/// The mixed key of a word that was found in `bucket` of the table of 2^bits.
template <class Geometry = FdbGeometry>
constexpr std::uint64_t fdb_mixed_of(const FdbHash& hash, FdbWord word, unsigned bits, std::uint64_t bucket) {
    const unsigned below = fdb_mixed_bits<Geometry> - bits;
    const std::uint64_t low = word.bits >> fdb_rem_shift;
    const std::uint64_t position = bucket << below | (low & ((1ull << below) - 1));
    if (!word.is_alt()) return position;
    const std::uint64_t apart = hash.second<Geometry>(low) ^ low;
    return position ^ (apart >> below << below);
}

}  // namespace baton
