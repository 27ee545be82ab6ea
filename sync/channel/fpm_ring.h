// SPDX-License-Identifier: Apache-2.0
// Both ends of the FPM ring. The endpoint writes whole records and never waits: a full ring is an answer, and it stops
// reading its socket until there is room. The master reads at the cursor in its own board page, which it moves only
// when what it read is in the tables; the next master goes on at the highest cursor that either page shows.
//
//   endpoint   fill behind `written`, then store `written` (release)
//   master     load `written` (acquire); what lies between its cursor and that stays until the cursor has passed it
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

#include "sync/layout/board.h"
#include "sync/layout/fpm.h"

namespace baton {

/// The highest cursor that a board shows; never beyond what was written.
inline std::uint64_t fpm_cursor(const BoardPage& a, const BoardPage& b, std::uint64_t written) {
    const auto first = a.fpm_cursor.load(std::memory_order_acquire);
    const auto second = b.fpm_cursor.load(std::memory_order_acquire);
    return std::min(std::max(first, second), written);
}

constexpr std::uint64_t fpm_record_size(std::size_t payload) {
    return (fpm_header + payload + 7) / 8 * 8;
}

/// The endpoint's end.
class FpmWriter {
  public:
    FpmWriter(FpmArena& arena, const BoardPage& a, const BoardPage& b) : arena_(arena), a_(a), b_(b) {}

    /// False: no room; the same call will do later.
    bool push(FpmRecordKind kind, std::span<const std::uint8_t> bytes = {}) {
        std::uint64_t at = arena_.written.load(std::memory_order_relaxed);
        const std::uint64_t size = fpm_record_size(bytes.size());
        const std::uint64_t to_end = fpm_capacity - at % fpm_capacity;
        const std::uint64_t skipped = to_end < size ? to_end : 0;
        if (at + skipped + size - fpm_cursor(a_, b_, at) > fpm_capacity) return false;
        if (skipped != 0) {  // a multiple of 8, so there is always room for its header
            put(at, FpmRecordKind::skip, static_cast<std::uint32_t>(skipped - fpm_header));
            at += skipped;
        }
        put(at, kind, static_cast<std::uint32_t>(bytes.size()));
        if (!bytes.empty()) std::memcpy(arena_.ring + at % fpm_capacity + fpm_header, bytes.data(), bytes.size());
        arena_.written.store(at + size, std::memory_order_release);
        return true;
    }

  private:
    void put(std::uint64_t at, FpmRecordKind kind, std::uint32_t size) {
        const FpmRecord record{size, kind};
        std::memcpy(arena_.ring + at % fpm_capacity / 8 * 8, &record, sizeof record);  // `at` is a multiple of 8 anyway
    }

    FpmArena& arena_;
    const BoardPage& a_;
    const BoardPage& b_;
};

struct FpmRead {
    FpmRecordKind kind{};
    std::span<const std::uint8_t> bytes;  // in the ring; there until the cursor in the board page has passed it
};

/// The record at `cursor`, which is moved behind it; nothing when there is none yet. A cursor that leads to no record
/// (an arena that began anew, memory that was damaged) is set to what was written last: `lost` says so.
inline std::optional<FpmRead> read_fpm_ring(const FpmArena& arena, std::uint64_t& cursor, bool& lost) {
    const std::uint64_t written = arena.written.load(std::memory_order_acquire);
    while (cursor != written) {
        FpmRecord record{};
        const std::uint64_t at = cursor % fpm_capacity;
        const bool inside = cursor < written && written - cursor <= fpm_capacity && cursor % 8 == 0;
        if (inside) std::memcpy(&record, arena.ring + at, sizeof record);
        const std::uint64_t size = fpm_record_size(record.size);
        if (!inside || record.kind > FpmRecordKind::disconnected || at + size > fpm_capacity ||
            size > written - cursor) {
            lost = true;
            cursor = written;
            return std::nullopt;
        }
        cursor += size;
        if (record.kind != FpmRecordKind::skip)
            return FpmRead{record.kind, {arena.ring + at + fpm_header, record.size}};
    }
    return std::nullopt;
}

}  // namespace baton
