// SPDX-License-Identifier: Apache-2.0
// A journal in plain memory, and what a reader finds in it.
#pragma once

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "sync/channel/journal.h"

namespace baton::test {

class JournalMemory {
  public:
    explicit JournalMemory(std::uint64_t capacity) : bytes_(sizeof(JournalArena) + capacity) {
        auto* arena = ::new (bytes_.data()) JournalArena;
        arena->header.total_size = bytes_.size();
        format_journal(*arena);
    }

    JournalMemory(const JournalMemory& from) : bytes_(from.bytes_) {}

    JournalArena& arena() { return *std::launder(reinterpret_cast<JournalArena*>(bytes_.data())); }

    std::uint8_t* data() { return bytes_.data() + sizeof(JournalArena); }

    std::size_t size() const { return bytes_.size(); }

  private:
    struct alignas(64) Line {
        std::uint8_t bytes[64];
    };

    class Bytes {  // aligned for the arena's header
      public:
        explicit Bytes(std::size_t size) : lines_((size + 63) / 64), size_(size) {}

        std::uint8_t* data() { return lines_.data()->bytes; }

        std::size_t size() const { return size_; }

      private:
        std::vector<Line> lines_;
        std::size_t size_;
    };

    Bytes bytes_;
};

struct Seen {
    Term term = 0;
    std::uint64_t sequence = 0;
    std::uint16_t subtype = 0;
    std::string payload;
    friend bool operator==(const Seen&, const Seen&) = default;
};

inline std::span<const std::uint8_t> bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline Seen seen(const JournalRecord& record) {
    return {record.term, record.sequence, record.subtype, {record.payload.begin(), record.payload.end()}};
}

/// Reads on until something other than a record comes, which is returned.
inline JournalRead read_all(JournalReader& reader, std::vector<Seen>& into) {
    JournalRecord record;
    while (true) {
        const JournalRead what = reader.next(record);
        if (what != JournalRead::record) return what;
        into.push_back(seen(record));
    }
}

inline std::vector<Seen> from_base(const JournalArena& arena) {
    JournalReader reader(arena);
    std::vector<Seen> out;
    if (read_all(reader, out) != JournalRead::nothing) out.push_back({0, 0, 0xffff, "unreadable"});
    return out;
}

}  // namespace baton::test
