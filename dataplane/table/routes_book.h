// SPDX-License-Identifier: Apache-2.0
// The applier's private index of things that lie in an arena: from a hash to an index there. It knows no keys; who asks
// compares with the thing itself. Open addressing, one 8-byte word each, at most 3/4 full, doubled by rewriting words
// and not things (10 ms at a million). Deletion moves up what follows, so that no mark of the dead is left behind.
#pragma once

#include <cstdint>
#include <vector>

namespace baton {

__extension__ using Uint128 = unsigned __int128;

/// Spreads three words over 64 bits (multiply and fold, as wyhash does).
constexpr std::uint64_t spread(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    const auto fold = [](std::uint64_t x, std::uint64_t y) {
        const auto product = static_cast<Uint128>(x) * y;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    };
    return fold(fold(a ^ 0xa0761d6478bd642full, b ^ 0xe7037ed1a0b428dbull) ^ c, 0x8ebc6af09c88c6e3ull);
}

class RouteBook {
  public:
    static constexpr std::uint32_t none = 0xffffffff;

    RouteBook() : words_(64) {}

    /// The index put in with this hash of which `same` says yes.
    template <class Same>
    std::uint32_t find(std::uint64_t hash, Same&& same) const {
        const auto tag = tag_of(hash);
        for (std::size_t at = tag & mask();; at = (at + 1) & mask()) {
            const std::uint64_t word = words_[at];
            if (word == 0) return none;
            if (word >> 32 == tag && same(index_of(word))) return index_of(word);
        }
    }

    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&words_[tag_of(hash) & mask()]); }

    void add(std::uint64_t hash, std::uint32_t index) {
        if ((count_ + 1) * 4 > words_.size() * 3) grow();
        ++count_;
        place(words_, std::uint64_t{tag_of(hash)} << 32 | (index + 1));
    }

    void remove(std::uint64_t hash, std::uint32_t index) {
        const std::uint64_t word = std::uint64_t{tag_of(hash)} << 32 | (index + 1);
        std::size_t hole = tag_of(hash) & mask();
        for (; words_[hole] != word; hole = (hole + 1) & mask())
            if (words_[hole] == 0) return;
        --count_;
        for (std::size_t at = (hole + 1) & mask(); words_[at] != 0; at = (at + 1) & mask()) {
            const std::size_t home = words_[at] >> 32 & mask();
            if (((at - home) & mask()) < ((at - hole) & mask())) continue;  // would come to lie before its home
            words_[hole] = words_[at];
            hole = at;
        }
        words_[hole] = 0;
    }

    std::size_t size() const { return count_; }

  private:
    static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

    static std::uint32_t index_of(std::uint64_t word) { return static_cast<std::uint32_t>(word) - 1; }

    std::size_t mask() const { return words_.size() - 1; }

    static void place(std::vector<std::uint64_t>& words, std::uint64_t word) {
        std::size_t at = word >> 32 & (words.size() - 1);
        while (words[at] != 0) at = (at + 1) & (words.size() - 1);
        words[at] = word;
    }

    void grow() {
        std::vector<std::uint64_t> larger(words_.size() * 2);
        for (const std::uint64_t word : words_)
            if (word != 0) place(larger, word);
        words_ = std::move(larger);
    }

    std::vector<std::uint64_t> words_;  // tag:32 | index + 1; 0: free
    std::size_t count_ = 0;
};

}  // namespace baton
