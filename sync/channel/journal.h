// SPDX-License-Identifier: Apache-2.0
// Both ends of the journal (bytes and invariants: sync/layout/journal.h). One writer, the master; any number of readers
// in other processes, none of which it ever waits for. A record counts once `head` has passed it, so a writer killed at
// any store leaves the old journal or the new one, and the next writer goes on exactly at `head`.
//
//   writer   reserved (fence) words of the record, then `head` (release): the commit     reader   load `head`
//   (acquire),
//            after it `sequence` and `term`, at most one record behind when it is killed          copy, then `reserved`
//
// A snapshot is written whole beyond `head` and committed by one store, so a killed one leaves nothing to clean up and
// costs no room; then one store of `base`. Died between the two? The next writer's open() stores `base` (it knows from
// its reader where the last whole snapshot began).
#pragma once

#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "sync/base/crc32c.h"
#include "sync/base/ids.h"
#include "sync/base/result.h"
#include "sync/layout/journal.h"

namespace baton {

/// What a record takes in the journal, header and padding included.
constexpr std::uint64_t journal_record_size(std::uint64_t payload) {
    return sizeof(JournalRecordHeader) + (payload + 7) / 8 * 8;
}

/// The creator's part, once: capacity is all that follows the header.
inline void format_journal(JournalArena& arena) {
    arena.capacity.store((arena.header.total_size - sizeof(JournalArena)) & ~7ull, std::memory_order_release);
}

/// Refuses a journal whose own words do not agree; `mapped` is the size of the mapping in bytes.
Result<void> check_journal(const JournalArena& arena, std::size_t mapped);

struct JournalRecord {
    Term term = 0;
    std::uint64_t sequence = 0;
    std::uint8_t subsystem = 0;
    std::uint8_t flags = 0;
    std::uint16_t subtype = 0;
    std::uint64_t position = 0;             // where it begins
    std::span<const std::uint8_t> payload;  // the reader's copy; until its next call
};

enum class JournalRead { record, nothing, overrun, corrupt };
enum class JournalFault { none, position, length, crc, padding, term, sequence };
std::string_view name_of(JournalFault fault);

class JournalReader {
  public:
    explicit JournalReader(const JournalArena& arena);  // begins at base

    /// The next whole record. After `overrun` or `corrupt` it stays there until restart().
    JournalRead next(JournalRecord& into);

    void restart();  // from base, as new

    std::uint64_t position() const { return position_; }

    std::uint64_t sequence() const { return sequence_; }  // of the last record read; 0 before the first

    Term term() const { return term_; }

    JournalFault fault() const { return fault_; }  // which check the corrupt record failed

  private:
    void copy(std::uint64_t position, std::uint64_t* to, std::uint64_t words) const;
    bool overrun() const;
    JournalRead corrupt(JournalFault fault);

    const JournalArena* arena_;
    std::uint64_t capacity_;
    std::uint64_t position_ = 0;
    std::uint64_t sequence_ = 0;
    Term term_ = 0;
    JournalFault fault_ = JournalFault::none;
    std::vector<std::uint64_t> scratch_;
};

/// How a writer stores: plainly, or (in tests) counted, and killed before the n-th store.
struct JournalStores {
    void word(std::atomic<std::uint64_t>& where, std::uint64_t value, std::memory_order order) {
        where.store(value, order);
    }

    void data(std::uint64_t& where, std::uint64_t value) {
        std::atomic_ref<std::uint64_t>(where).store(value, std::memory_order_relaxed);
    }
};

template <class Stores = JournalStores>
class BasicJournalWriter {
  public:
    /// Goes on at head. `last_sequence`: of the last record that a reader found from base to head; `snapshot`: where
    /// the last whole snapshot that it saw begins.
    BasicJournalWriter(JournalArena& arena, Term term, std::uint64_t last_sequence,
                       std::optional<std::uint64_t> snapshot = std::nullopt, Stores stores = {})
        : arena_(&arena),
          words_(reinterpret_cast<std::uint64_t*>(&arena + 1)),
          capacity_(arena.capacity.load(std::memory_order_acquire)),
          term_(term),
          sequence_(last_sequence),
          tail_(head()),
          stores_(stores) {
        if (snapshot && *snapshot > base()) stores_.word(arena_->base, *snapshot, std::memory_order_release);
    }

    std::uint64_t capacity() const { return capacity_; }

    std::uint64_t head() const { return arena_->head.load(std::memory_order_relaxed); }

    std::uint64_t base() const { return arena_->base.load(std::memory_order_relaxed); }

    std::uint64_t used() const { return head() - base(); }

    std::uint64_t sequence() const { return sequence_; }  // of the last record appended

    /// One record; committed on return, unless a snapshot is being written. Refused, and nothing changed, when the
    /// journal from base on would no longer fit: write a snapshot first.
    Result<void> append(std::uint8_t subsystem, std::uint16_t subtype, std::uint8_t flags,
                        std::span<const std::uint8_t> payload) {
        const std::uint64_t size = journal_record_size(payload.size());
        if (payload.size() > capacity_ || tail_ + size - base() > capacity_)
            return failure("the journal of " + std::to_string(capacity_) + " bytes has no room for a record of " +
                           std::to_string(size) + "; give the chassis a larger journal, or remove configuration");
        JournalRecordHeader header;
        header.length = static_cast<std::uint32_t>(payload.size());
        header.term = term_;
        header.sequence = sequence_ + 1;
        header.subsystem = subsystem;
        header.flags = flags;
        header.subtype = subtype;
        scratch_.assign(size / 8, 0);
        auto* bytes = reinterpret_cast<std::uint8_t*>(scratch_.data());
        std::memcpy(bytes, &header, sizeof header);
        if (!payload.empty()) std::memcpy(bytes + sizeof header, payload.data(), payload.size());
        header.crc = crc32c({bytes + sizeof header.crc, sizeof header - sizeof header.crc + payload.size()});
        std::memcpy(bytes, &header.crc, sizeof header.crc);

        if (tail_ + size >
            arena_->reserved.load(std::memory_order_relaxed))  // it never falls: words beyond stay spoilt
            stores_.word(arena_->reserved, tail_ + size, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_release);  // whoever sees a new word sees `reserved`
        for (std::uint64_t i = 0; i < scratch_.size(); ++i)
            stores_.data(words_[(tail_ + i * 8) % capacity_ / 8], scratch_[i]);
        tail_ += size;
        ++sequence_;
        if (!snapshot_) commit();
        return {};
    }

    /// What append() writes from here on is committed together, by end_snapshot().
    void begin_snapshot() { snapshot_.emplace(tail_, sequence_); }

    void end_snapshot() {
        const std::uint64_t begin = snapshot_->first;
        snapshot_.reset();
        commit();
        stores_.word(arena_->base, begin, std::memory_order_release);
    }

    /// Drops what was appended since begin_snapshot().
    void abort_snapshot() {
        tail_ = snapshot_->first;
        sequence_ = snapshot_->second;
        snapshot_.reset();
    }

  private:
    void commit() {
        stores_.word(arena_->head, tail_, std::memory_order_release);
        stores_.word(arena_->sequence, sequence_, std::memory_order_release);
        stores_.word(arena_->term, term_, std::memory_order_release);
    }

    JournalArena* arena_;
    std::uint64_t* words_;
    std::uint64_t capacity_;
    Term term_;
    std::uint64_t sequence_;
    std::uint64_t tail_;  // head, or the end of what a snapshot has written so far
    std::optional<std::pair<std::uint64_t, std::uint64_t>> snapshot_;  // tail and sequence at its beginning
    Stores stores_;
    std::vector<std::uint64_t> scratch_;
};

using JournalWriter = BasicJournalWriter<>;
extern template class BasicJournalWriter<>;

}  // namespace baton
