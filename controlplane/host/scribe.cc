// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/scribe.h"

#include "sync/base/log.h"

namespace baton {

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

Result<void> Scribe::fits(const config::Running& next, std::size_t payload) {
    const std::uint64_t capacity = writer_.capacity();
    if (journal_record_size(payload) > record_most(capacity))
        return failure("one change of " + std::to_string(payload) + " bytes is more than a journal record takes (" +
                       std::to_string(record_most(capacity)) + "); split it");
    const std::uint64_t most = snapshot_most(capacity) - capacity / 8 - capacity / 16;
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
