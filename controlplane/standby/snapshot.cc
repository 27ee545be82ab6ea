// SPDX-License-Identifier: Apache-2.0
#include "controlplane/standby/snapshot.h"

#include <algorithm>

namespace baton {
namespace {

constexpr std::size_t chunk_size = 32 * 1024;  // bytes of payload, about; keeps records small and their number too

/// Packs `items` into messages of about chunk_size each; `add` puts one item into the message.
template <class Message, class Items, class Add>
void pack(std::vector<PlainRecord>& out, PlainRecord kind, std::size_t most, const Items& items, Add add) {
    const std::size_t chunk = std::min(chunk_size, most / 2);
    Message message;
    std::size_t size = 0;
    const auto flush = [&] {
        if (size == 0) return;
        message.SerializeToString(&kind.payload);
        out.push_back(kind);
        message.Clear();
        size = 0;
    };
    for (const auto& item : items) {
        size += add(message, item) + 4;
        if (size >= chunk) flush();
    }
    flush();
}

/// The newest of `items` whose sizes add up to at most `budget`.
template <class Item, class Size>
std::vector<Item> newest(std::vector<Item> items, std::uint64_t budget, Size size_of) {
    std::uint64_t sum = 0;
    auto first = items.end();
    while (first != items.begin() && sum + size_of(*std::prev(first)) <= budget) sum += size_of(*--first);
    items.erase(items.begin(), first);
    return items;
}

}  // namespace

std::string writer_of(config::Release release) {
    config::Writer writer;
    writer.set_release(release);
    return writer.SerializeAsString();
}

std::vector<PlainRecord> snapshot_of(const Databases& databases, std::uint64_t capacity, config::Release release) {
    std::vector<PlainRecord> out;
    const std::size_t most = record_most(capacity);
    out.push_back({Subsystem::configuration, config::SNAPSHOT_BEGIN, journal_critical, writer_of(release)});
    pack<config::Transaction>(out, {Subsystem::configuration, config::TRANSACTION, journal_critical, {}}, most,
                              databases.running.as_changes(),
                              [](config::Transaction& into, const config::Change& change) {
                                  *into.add_changes() = change;
                                  return change.ByteSizeLong();
                              });

    for (PlainRecord& record : kept_records(databases.kept)) out.push_back(std::move(record));

    std::vector<config::Outcome> outcomes;
    for (const std::uint64_t token : databases.outcomes.tokens()) {
        const TransactionOutcome* known = databases.outcomes.find(token);
        config::Outcome& outcome = outcomes.emplace_back();
        outcome.set_token(token);
        outcome.set_text(known->text);
        outcome.set_failed(known->failed);
    }
    const auto size_of = [](const auto& message) { return message.ByteSizeLong() + 8; };
    pack<config::Outcomes>(out, {Subsystem::configuration, config::OUTCOMES, journal_critical, {}}, most,
                           newest(std::move(outcomes), outcomes_most(capacity), size_of),
                           [](config::Outcomes& into, const config::Outcome& outcome) {
                               *into.add_outcomes() = outcome;
                               return outcome.ByteSizeLong();
                           });

    for (const auto& some : neighbors_messages(databases.neighbors.database, std::min(chunk_size, most / 2)))
        out.push_back({Subsystem::arp, config::NEIGHBORS, 0, some.SerializeAsString()});

    std::vector<config::LogLine> lines;
    for (const LoggedLine& line : databases.log.lines()) lines.push_back(as_message(line));
    pack<config::LogLines>(out, {Subsystem::log, config::LOG_LINES, 0, {}}, most,
                           newest(std::move(lines), capacity / 16, size_of),
                           [](config::LogLines& into, const config::LogLine& line) {
                               *into.add_lines() = line;
                               return line.ByteSizeLong();
                           });
    out.push_back({Subsystem::configuration, config::SNAPSHOT_END, journal_critical, {}});
    return out;
}

std::vector<PlainRecord> kept_records(const config::KeptState& kept) {
    std::vector<PlainRecord> out;
    for (const config::Space space : config::spaces) {
        const auto& stored = kept.stored[config::index_of(space)];
        if (!stored) continue;
        config::Saved saved;
        saved.set_space(static_cast<std::uint32_t>(space));
        saved.set_at(stored->stamp.at);
        saved.set_by(stored->stamp.by);
        saved.set_version(stored->stamp.version);
        saved.set_text(stored->text);
        out.push_back({Subsystem::configuration, config::SAVED, 0, saved.SerializeAsString()});
    }
    config::Kept message;
    message.set_changes(kept.changes);
    message.set_saved_changes(kept.saved_changes);
    message.set_booted(kept.booted);
    if (kept.selection) {
        message.mutable_selected()->set_space(static_cast<std::uint32_t>(kept.selection->space));
        message.mutable_selected()->set_at(kept.selection->at);
        message.mutable_selected()->set_by(kept.selection->by);
    }
    out.push_back({Subsystem::configuration, config::KEPT, 0, message.SerializeAsString()});
    return out;
}

std::uint64_t journal_size(const std::vector<PlainRecord>& records) {
    std::uint64_t size = 0;
    for (const PlainRecord& record : records) size += journal_record_size(record.payload.size());
    return size;
}

}  // namespace baton
