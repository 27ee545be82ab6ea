// SPDX-License-Identifier: Apache-2.0
// The journal's reader. It copies first and believes afterwards: what it copied counts only if `reserved` shows that
// nobody had begun to overwrite it, and only if length, CRC, padding, term and sequence agree.
#include "sync/channel/journal.h"

#include <algorithm>

namespace baton {

template class BasicJournalWriter<>;

std::string_view name_of(JournalFault fault) {
    constexpr std::string_view names[] = {"none", "position", "length", "CRC", "padding", "term", "sequence"};
    return names[static_cast<std::size_t>(fault)];
}

Result<void> check_journal(const JournalArena& arena, std::size_t mapped) {
    const std::uint64_t capacity = arena.capacity.load(std::memory_order_acquire);
    if (capacity < 4096 || capacity % 8 != 0 || mapped < sizeof(JournalArena) ||
        capacity > mapped - sizeof(JournalArena))
        return failure("the journal says that it holds " + std::to_string(capacity) + " bytes in a mapping of " +
                       std::to_string(mapped) + ": restart the chassis");
    return {};
}

JournalReader::JournalReader(const JournalArena& arena)
    : arena_(&arena), capacity_(arena.capacity.load(std::memory_order_acquire)) {
    restart();
}

void JournalReader::restart() {
    position_ = arena_->base.load(std::memory_order_acquire);
    sequence_ = 0;
    term_ = 0;
    fault_ = JournalFault::none;
}

void JournalReader::copy(std::uint64_t position, std::uint64_t* to, std::uint64_t words) const {
    auto* data = const_cast<std::uint64_t*>(reinterpret_cast<const std::uint64_t*>(arena_ + 1));  // only loaded from
    for (std::uint64_t i = 0; i < words; ++i)
        to[i] =
            std::atomic_ref<std::uint64_t>(data[(position + i * 8) % capacity_ / 8]).load(std::memory_order_relaxed);
}

bool JournalReader::overrun() const {
    std::atomic_thread_fence(std::memory_order_acquire);  // pairs with the writer's fence after `reserved`
    const std::uint64_t reserved = arena_->reserved.load(std::memory_order_relaxed);
    return reserved > position_ && reserved - position_ > capacity_;
}

JournalRead JournalReader::corrupt(JournalFault fault) {
    fault_ = fault;
    return JournalRead::corrupt;
}

JournalRead JournalReader::next(JournalRecord& into) {
    if (fault_ != JournalFault::none) return JournalRead::corrupt;
    const std::uint64_t head = arena_->head.load(std::memory_order_acquire);
    if (head == position_) return JournalRead::nothing;
    if (overrun()) return JournalRead::overrun;
    if (head < position_ || head - position_ > capacity_ || position_ % 8 != 0) return corrupt(JournalFault::position);
    const std::uint64_t there = head - position_;
    if (there < sizeof(JournalRecordHeader)) return corrupt(JournalFault::length);

    constexpr std::size_t header_words = sizeof(JournalRecordHeader) / 8;
    scratch_.resize(std::max(scratch_.size(), header_words));
    copy(position_, scratch_.data(), header_words);
    if (overrun()) return JournalRead::overrun;
    JournalRecordHeader header;
    std::memcpy(static_cast<void*>(&header), scratch_.data(), sizeof header);
    const std::uint64_t size = journal_record_size(header.length);
    if (size > there) return corrupt(JournalFault::length);

    scratch_.resize(std::max<std::size_t>(scratch_.size(), size / 8));
    copy(position_ + sizeof header, scratch_.data() + header_words, size / 8 - header_words);
    if (overrun()) return JournalRead::overrun;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(scratch_.data());
    const std::size_t checked = sizeof header + header.length;
    if (crc32c({bytes + sizeof header.crc, checked - sizeof header.crc}) != header.crc)
        return corrupt(JournalFault::crc);
    if (!std::all_of(bytes + checked, bytes + size, [](std::uint8_t byte) { return byte == 0; }))
        return corrupt(JournalFault::padding);
    if (header.term < term_) return corrupt(JournalFault::term);
    if (header.sequence == 0 || (sequence_ != 0 && header.sequence != sequence_ + 1))
        return corrupt(JournalFault::sequence);

    into = {header.term,
            header.sequence,
            header.subsystem,
            header.flags,
            header.subtype,
            position_,
            {bytes + sizeof header, header.length}};
    position_ += size;
    sequence_ = header.sequence;
    term_ = header.term;
    return JournalRead::record;
}

}  // namespace baton
