// SPDX-License-Identifier: Apache-2.0
// Every store to a shared table goes through one of these, and through nothing else. In production they are the bare
// instruction. The crash test puts in its own, which counts them and dies before the n-th, for every n; so what is not
// written through here is not proven.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace baton {

struct PlainStores {
    /// Release: whoever acquires `at` sees what was stored before.
    template <class T>
    static void store(std::atomic<T>& at, T value) {
        at.store(value, std::memory_order_release);
    }

    /// Memory that no reader can reach yet: as plain words, many at once.
    static void fill(std::atomic<std::uint32_t>* at, std::size_t count, std::uint32_t value) {
        static_assert(sizeof *at == sizeof value && std::atomic<std::uint32_t>::is_always_lock_free);
        std::fill_n(reinterpret_cast<std::uint32_t*>(at), count, value);
    }

    /// One compare-and-swap, a full barrier; false, and nothing changed, when another was first.
    static bool swap(std::atomic<std::uint64_t>& at, std::uint64_t expected, std::uint64_t desired) {
        return at.compare_exchange_strong(expected, desired, std::memory_order_seq_cst);
    }
};

}  // namespace baton
