// SPDX-License-Identifier: Apache-2.0
// A heartbeat is a number in the board's page that its thread raises on each round of its own loop, at least every
// 100 ms even when idle. It says "this thread goes round", not "this process exists". The board's watchdog thread reads
// [loop]; the chassis reads both: one that stands is the watchdog's affair, both standing is keepalive's.
#pragma once

#include "sync/layout/board.h"

namespace baton {

/// Called by the thread itself, once a round; plain load and store, because each number has one writer.
inline void beat(BoardPage& page, CriticalThread thread) {
    auto& mine = page.heartbeat[static_cast<std::size_t>(thread)];
    mine.store(mine.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

inline std::uint64_t beats(const BoardPage& page, CriticalThread thread) {
    return page.heartbeat[static_cast<std::size_t>(thread)].load(std::memory_order_relaxed);
}

}  // namespace baton
