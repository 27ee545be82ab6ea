// SPDX-License-Identifier: Apache-2.0
// Rules in the order in which they decide, looked through from the first on: where the newest are looked up until they
// are compiled, and what is left when a compiled match has gone. In columns, so that eight rules are compared at a time
// (bench/micro/acl has the cycles).
//
// Made once, then read by workers; never changed.
#pragma once

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include <cstdint>
#include <vector>

#include "dataplane/table/acl_key.h"

namespace baton {

/// A rule, and where it lies in the acl arena.
struct AclEntry {
    AclRule rule{};
    std::uint32_t slot = 0;
    std::uint32_t version = 0;

    /// The lowest decides.
    std::uint64_t rank() const { return static_cast<std::uint64_t>(rule.order) << 32 | slot; }
};

/// What a worker does with a packet that a rule matched.
struct AclVerdict {
    std::uint64_t rank = ~0ull;
    std::uint32_t slot = 0;
    std::uint32_t version = 0;
    AclAction action{};
    std::uint8_t flags = 0;

    static AclVerdict of(const AclEntry& entry) {
        return {entry.rank(), entry.slot, entry.version, entry.rule.action, entry.rule.flags};
    }
};

class AclLinear {
  public:
    static constexpr std::uint32_t none = ~0u;

    AclLinear() = default;

    /// `entries` by rank.
    explicit AclLinear(const std::vector<AclEntry>& entries) : count_(static_cast<std::uint32_t>(entries.size())) {
        const std::size_t room = (entries.size() + step - 1) / step * step;
        columns_.resize(room * column_count, 0);
        ports_.reserve(entries.size());
        details_.reserve(entries.size());
        verdicts_.reserve(entries.size());
        for (std::size_t i = 0; i < room; ++i) {
            if (i >= entries.size()) {
                column(2, room)[i] = ~0u;  // beyond the last: matches nothing
                column(3, room)[i] = static_cast<std::uint32_t>(acl_protocol_bits | acl_ports_known) + 1;
                continue;
            }
            const AclRule& rule = entries[i].rule;
            column(0, room)[i] = __builtin_bswap32(rule.destination);
            column(1, room)[i] = __builtin_bswap32(acl_mask(rule.destination_length));
            column(2, room)[i] = what_mask(rule);
            column(3, room)[i] = what_value(rule);
            column(4, room)[i] = __builtin_bswap32(rule.source);
            column(5, room)[i] = __builtin_bswap32(acl_mask(rule.source_length));
            ports_.push_back(rule.ports);
            details_.push_back({rule.destination_first, rule.destination_last, rule.source_first, rule.source_last});
            verdicts_.push_back(AclVerdict::of(entries[i]));
        }
        room_ = room;
    }

    std::uint32_t size() const { return count_; }

    const AclVerdict& verdict(std::uint32_t at) const { return verdicts_[at]; }

    /// The first rule from `from` on that matches and is not named in `without` (a bit for each; may be null).
    std::uint32_t find(const AclKey& key, std::uint32_t from = 0, const std::uint64_t* without = nullptr) const {
        for (std::uint32_t at = from / step * step; at < room_; at += step) {
            for (std::uint32_t any = alike(key, at); any; any &= any - 1) {
                const std::uint32_t here = at + static_cast<std::uint32_t>(__builtin_ctz(any));
                if (here < from || (without && without[here / 64] >> here % 64 & 1)) continue;
                if (details_[here].fit(key) && ports_[here].has(__builtin_bswap16(key.ingress))) return here;
            }
        }
        return none;
    }

    /// As AclKey::what has it: which bits a rule asks for, and what it wants there.
    static std::uint8_t what_mask(const AclRule& rule) {
        if (rule.protocol == AclProtocol::ip) return 0;
        return acl_protocol_bits | (rule.looks_at_ports() ? acl_ports_known : 0);
    }

    static std::uint8_t what_value(const AclRule& rule) {
        if (rule.protocol == AclProtocol::ip) return 0;
        return static_cast<std::uint8_t>(static_cast<std::uint8_t>(rule.protocol) |
                                         (rule.looks_at_ports() ? acl_ports_known : 0));
    }

  private:
    static constexpr std::uint32_t step = 8;
    static constexpr std::size_t column_count = 6;

    struct Ranges {
        std::uint16_t destination_first, destination_last, source_first, source_last;

        bool fit(const AclKey& key) const {
            const std::uint16_t to = __builtin_bswap16(key.destination_port), from = __builtin_bswap16(key.source_port);
            return to >= destination_first && to <= destination_last && from >= source_first && from <= source_last;
        }
    };

    /// Which of the rules at `at` and the seven behind it agree in addresses and protocol: a bit for each.
    std::uint32_t alike(const AclKey& key, std::size_t at) const {
        const std::uint32_t *destination = column(0) + at, *destination_mask = column(1) + at, *mask = column(2) + at,
                            *value = column(3) + at, *source = column(4) + at, *source_mask = column(5) + at;
#ifdef __AVX2__
        const auto eight = [](const std::uint32_t* from) {
            return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
        };
        const auto differ = [&eight](std::uint32_t word, const std::uint32_t* want, const std::uint32_t* where) {
            return _mm256_and_si256(_mm256_xor_si256(_mm256_set1_epi32(static_cast<int>(word)), eight(want)),
                                    eight(where));
        };
        const __m256i any = _mm256_or_si256(_mm256_or_si256(differ(key.destination, destination, destination_mask),
                                                            differ(key.source, source, source_mask)),
                                            differ(key.what, value, mask));
        return static_cast<std::uint32_t>(
            _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(any, _mm256_setzero_si256()))));
#else
        std::uint32_t bits = 0;
        for (unsigned i = 0; i < step; ++i) {
            const std::uint32_t differ = ((key.destination ^ destination[i]) & destination_mask[i]) |
                                         ((key.source ^ source[i]) & source_mask[i]) |
                                         ((key.what ^ value[i]) & mask[i]);
            bits |= static_cast<std::uint32_t>(differ == 0) << i;
        }
        return bits;
#endif
    }

    std::uint32_t* column(std::size_t n, std::size_t room) {
        return columns_.data() + n * room;
    }

    const std::uint32_t* column(std::size_t n) const {
        return columns_.data() + n * room_;
    }

    std::uint32_t count_ = 0;
    std::size_t room_ = 0;
    std::vector<std::uint32_t> columns_;
    std::vector<PortSet256> ports_;
    std::vector<Ranges> details_;
    std::vector<AclVerdict> verdicts_;
};

}  // namespace baton
