// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/scribe.h"

#include "sync/base/log.h"

namespace baton {
namespace {

constexpr std::size_t saved_overhead = 1024;  // who, when, what was answered; a generous bound

std::uint64_t saved_size_of(const config::KeptState& kept) {
    std::uint64_t size = 0;
    for (const auto& stored : kept.stored)
        if (stored) size += stored->text.size() + saved_overhead;
    return size;
}

}  // namespace

Result<void> Scribe::write(Subsystem subsystem, std::uint16_t subtype, std::uint8_t flags, const std::string& payload) {
    const std::uint64_t size = journal_record_size(payload.size());
    if (writer_.used() + size > snapshot_due(writer_.capacity()))
        if (auto done = snapshot(); !done) return done.error();
    auto done = writer_.append(static_cast<std::uint8_t>(subsystem), subtype, flags,
                               {reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size()});
    if (done) wake_other_();
    return done;
}

Result<std::uint64_t> Scribe::snapshot() {
    auto begin = write_snapshot(writer_, snapshot_of(databases_, writer_.capacity()));
    if (begin) {
        log::debug("snapshot position={} size={}", *begin, writer_.head() - *begin);
        wake_other_();
    }
    return begin;
}

std::uint64_t Scribe::configuration_most(std::uint64_t saved) const {
    const std::uint64_t capacity = writer_.capacity();
    const std::uint64_t most = snapshot_most(capacity) - outcomes_most(capacity) - capacity / 8;  // neighbours, log
    return most > saved ? most - saved : 0;
}

Result<void> Scribe::fits_saved(config::Space space, std::size_t size) {
    const std::uint64_t capacity = writer_.capacity();
    if (journal_record_size(size + saved_overhead) > record_most(capacity))
        return failure("the configuration takes " + std::to_string(size) +
                       " bytes as text, more than a journal record (" + std::to_string(record_most(capacity)) +
                       "); give the chassis a larger journal");
    const auto& other = databases_.kept.stored[config::index_of(config::other(space))];
    const std::uint64_t saved = size + (other ? other->text.size() : 0) + 2 * saved_overhead;
    if (configuration_bound_ <= configuration_most(saved)) return {};
    Databases only;
    only.running = databases_.running;
    const std::uint64_t exact = journal_size(snapshot_of(only, capacity));
    if (exact > configuration_most(saved))
        return failure("the running and the saved configurations together take " + std::to_string(exact + saved) +
                       " bytes, more than the journal has for them (reason memory); give the chassis a larger journal");
    configuration_bound_ = exact;
    return {};
}

Result<void> Scribe::fits(const config::Running& next, std::size_t payload) {
    const std::uint64_t capacity = writer_.capacity();
    if (journal_record_size(payload) > record_most(capacity))
        return failure("one change of " + std::to_string(payload) + " bytes is more than a journal record takes (" +
                       std::to_string(record_most(capacity)) + "); split it");
    const std::uint64_t most = configuration_most(saved_size_of(databases_.kept));
    const std::uint64_t added = 2 * payload + 64;
    if (configuration_bound_ <= most && configuration_bound_ + added <= most) {
        configuration_bound_ += added;
        return {};
    }
    Databases only;
    only.running = next;
    const std::uint64_t exact = journal_size(snapshot_of(only, capacity));
    if (exact > most)
        return failure(
            "the configuration would take " + std::to_string(exact) + " bytes of " + std::to_string(most) +
            " that the journal has for it (reason memory); remove some, or give the chassis a larger journal");
    configuration_bound_ = exact;
    return {};
}

}  // namespace baton
