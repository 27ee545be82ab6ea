// SPDX-License-Identifier: Apache-2.0
#include "controlplane/standby/replica.h"

#include <algorithm>

#include "controlplane/standby/neighbors.h"

namespace baton {
namespace {

constexpr std::size_t index_of(Subsystem subsystem) {
    return static_cast<std::size_t>(subsystem);
}

template <class Message>
bool parse(const JournalRecord& record, Message& into) {
    return into.ParseFromArray(record.payload.data(), static_cast<int>(record.payload.size()));
}

std::string at(const JournalRecord& record) {
    return "journal record " + std::to_string(record.sequence) + " of term " + std::to_string(record.term);
}

}  // namespace

LoggedLine logged_line(const config::LogLine& line) {
    const auto level =
        static_cast<log::Level>(std::min<std::uint32_t>(line.level(), static_cast<std::uint32_t>(log::Level::fatal)));
    return {line.at_ns(), level, line.slot(), line.line()};
}

config::LogLine as_message(const LoggedLine& line) {
    config::LogLine out;
    out.set_at_ns(line.at_ns);
    out.set_level(static_cast<std::uint32_t>(line.level));
    out.set_slot(line.slot);
    out.set_line(line.line);
    return out;
}

void take_saved(const config::Saved& saved, Databases& into) {
    if (saved.space() >= std::size(config::spaces)) return;  // of a later release
    into.kept.stored[saved.space()] = config::stored(saved.text(), saved.at(), saved.by(), saved.version());
    if (saved.running()) into.kept.saved_changes = saved.changes();
    into.outcomes.add(saved.token(), saved.answer(), false);
}

void take_selected(const config::Selected& selected, Databases& into) {
    if (selected.space() >= std::size(config::spaces)) return;
    into.kept.selection = {static_cast<config::Space>(selected.space()), selected.at(), selected.by()};
    into.outcomes.add(selected.token(), selected.answer(), false);
}

void Replica::restart() {
    gathered_.reset();
}

Replica::Took Replica::fail(Subsystem subsystem, Reason reason, std::string complaint) {
    reasons_[index_of(subsystem)] = reason;
    complaint_ = std::move(complaint);
    return Took::failed;
}

/// A master of a later release is not to blame, and nothing is wrong with the journal: this board is too old for it.
/// What it could follow until an operator changed something (`change`) was a conservative upgrade.
Reason Replica::blame(Reason otherwise, bool change) const {
    if (writer_ <= release_) return otherwise;
    return change && !gathered_ ? Reason::config_command : Reason::newer_master;
}

/// Why this release cannot take that transaction; nothing when it can.
std::optional<std::string> Replica::beyond(const config::Transaction& transaction) const {
    for (const config::Change& change : transaction.changes())
        if (config::since(change) > release_)
            return "needs a later release than " + config::text_of(release_) + ", which runs here (the master runs " +
                   config::text_of(writer_) + ")";
    return std::nullopt;
}

Replica::Took Replica::unknown(const JournalRecord& record) {
    if (!(record.flags & journal_critical)) {
        ++skipped_;
        return Took::skipped;
    }
    const auto subsystem =
        record.subsystem < subsystem_count ? static_cast<Subsystem>(record.subsystem) : Subsystem::configuration;
    return fail(subsystem, blame(Reason::invalid_subtype, false),
                at(record) + " is of a kind that this release does not know (subsystem " +
                    std::to_string(record.subsystem) + ", subtype " + std::to_string(record.subtype) +
                    "); run one release on both boards");
}

Replica::Took Replica::apply(const JournalRecord& record) {
    if (record.subsystem >= subsystem_count) return unknown(record);
    const auto subsystem = static_cast<Subsystem>(record.subsystem);
    const bool marks = subsystem == Subsystem::configuration &&
                       (record.subtype == config::SNAPSHOT_BEGIN || record.subtype == config::WRITER);
    config::Writer writer;
    if (marks && parse(record, writer)) writer_ = writer.release();
    if (marks && record.subtype == config::WRITER) return Took::applied;
    if (marks) {
        gathered_ = std::make_unique<Databases>();
        gathered_from_ = record.position;
        std::fill(std::begin(reasons_), std::end(reasons_), Reason::none);
        return Took::applied;
    }
    if (subsystem == Subsystem::configuration && record.subtype == config::SNAPSHOT_END) {
        if (!gathered_) return fail(subsystem, Reason::config_failed, at(record) + " ends a snapshot that never began");
        differed_ = complete() && !(held_.running == gathered_->running);
        held_ = std::move(*gathered_);
        gathered_.reset();
        snapshot_at_ = gathered_from_;
        return Took::snapshot;
    }
    if (reasons_[record.subsystem] != Reason::none) return Took::skipped;
    return take(subsystem, record.subtype, record, gathered_ ? *gathered_ : held_);
}

Replica::Took Replica::take(Subsystem subsystem, std::uint16_t subtype, const JournalRecord& record, Databases& into) {
    const auto damaged = [&] { return fail(subsystem, Reason::config_failed, at(record) + " cannot be read"); };
    if (config::since(subtype) > release_) return unknown(record);
    if (subsystem == Subsystem::configuration && subtype == config::TRANSACTION) {
        config::Transaction transaction;
        if (!parse(record, transaction)) return damaged();
        if (const auto why = beyond(transaction))
            return fail(subsystem, blame(Reason::config_failed, true), at(record) + " " + *why);
        if (auto done = into.running.replay({transaction.changes().begin(), transaction.changes().end()}); !done)
            return fail(subsystem, blame(Reason::config_failed, true),
                        at(record) + " does not apply here: " + done.error().what);
        if (transaction.changes_size() > 0) ++into.kept.changes;
        into.outcomes.add(transaction.token(), transaction.text(), transaction.failed());
        return Took::applied;
    }
    if (subsystem == Subsystem::configuration && subtype == config::SAVED) {
        config::Saved saved;
        if (!parse(record, saved)) return damaged();
        take_saved(saved, into);
        return Took::applied;
    }
    if (subsystem == Subsystem::configuration && subtype == config::SELECTED) {
        config::Selected selected;
        if (!parse(record, selected)) return damaged();
        take_selected(selected, into);
        return Took::applied;
    }
    if (subsystem == Subsystem::configuration && subtype == config::KEPT) {
        config::Kept kept;
        if (!parse(record, kept)) return damaged();
        into.kept.changes = kept.changes();
        into.kept.saved_changes = kept.saved_changes();
        into.kept.booted = kept.booted();
        if (kept.has_selected()) take_selected(kept.selected(), into);
        return Took::applied;
    }
    if (subsystem == Subsystem::configuration && subtype == config::OUTCOMES) {
        config::Outcomes outcomes;
        if (!parse(record, outcomes)) return damaged();
        for (const auto& outcome : outcomes.outcomes())
            into.outcomes.add(outcome.token(), outcome.text(), outcome.failed());
        return Took::applied;
    }
    if (subsystem == Subsystem::arp && subtype == config::NEIGHBORS) {
        standby::Neighbors neighbors;
        if (!parse(record, neighbors) || !take_neighbors(neighbors, into.neighbors.database)) return damaged();
        return Took::applied;
    }
    if (subsystem == Subsystem::log && subtype == config::LOG_LINE) {
        config::LogLine line;
        if (!parse(record, line)) return damaged();
        into.log.add(logged_line(line));
        return Took::applied;
    }
    if (subsystem == Subsystem::log && subtype == config::LOG_LINES) {
        config::LogLines lines;
        if (!parse(record, lines)) return damaged();
        for (const auto& line : lines.lines()) into.log.add(logged_line(line));
        return Took::applied;
    }
    if (subsystem == Subsystem::log && subtype == config::LOG_CLEAR) {
        into.log.clear();
        return Took::applied;
    }
    return unknown(record);
}

}  // namespace baton
