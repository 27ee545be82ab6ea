// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/committer.h"

#include <utility>

#include "sync/base/log.h"

namespace baton {

void Committer::commit(config::Transaction transaction, Done done) {
    if (closed_) return done(Error{Code::no_master, "the baton is changing hands; ask the new master"});
    if (queue_.size() >= changes_waiting_most)
        return done(failure(std::to_string(queue_.size()) + " changes wait already; try again in a second"));
    queue_.push_back({std::move(transaction), std::move(done)});
    go_on();
}

/// Works through the queue until one change has to wait for the data plane. Not entered twice: answers may commit more.
void Committer::go_on() {
    if (going_) return;
    going_ = true;
    while (!queue_.empty() && deadline_ == Time::never()) {
        bool answered_later = false;
        const Result<void> result = start(queue_.front().transaction, answered_later);
        if (!answered_later) answer(result);
    }
    going_ = false;
}

void Committer::answer(Result<void> result) {
    deadline_ = Time::never();
    ++ticket_;
    const Done done = std::move(queue_.front().done);
    queue_.pop_front();
    done(std::move(result));
}

std::vector<Command> Committer::commands_between(const config::Running& from, const config::Running& to) const {
    const auto [before, after] = images_of_change(from, to, reconciler_.ports());
    return difference(before, after);
}

Result<void> Committer::start(config::Transaction& transaction, bool& answered_later) {
    if (!around_.carries(term_))
        return Error{Code::no_master, "this board no longer carries the baton; ask the new master"};
    if (!reconciler_.ports_known())
        return failure("the data plane has not said yet which ports there are; try again when 'show ports' lists them");
    if (const TransactionOutcome* known = databases_.outcomes.find(transaction.token()))
        return known->failed ? Result<void>(failure(known->text)) : Result<void>();  // asked twice: done once

    config::Running next = databases_.running;
    if (auto good =
            next.apply({transaction.changes().begin(), transaction.changes().end()}, reconciler_.ports().names());
        !good)
        return good;
    auto commands = commands_between(databases_.running, next);
    const bool present = reconciler_.dataplane_present(monotonic_now());
    if (!present && !commands.empty()) {
        std::string& text = *transaction.mutable_text();
        if (!text.empty() && text.back() != '\n') text += '\n';
        text.append(programmed_later) += '\n';
    }
    const std::string payload = transaction.SerializeAsString();
    if (auto good = scribe_.fits(next, payload.size()); !good) return good;
    if (!programmer_.has_room(commands.size()))
        return failure("too many commands wait for the data plane; try again in a second");
    if (auto written = scribe_.write(Subsystem::configuration, config::TRANSACTION, journal_critical, payload);
        !written)
        return written;

    const config::Running before = std::exchange(databases_.running, next);
    if (transaction.changes_size() > 0) ++databases_.kept.changes;
    databases_.outcomes.add(transaction.token(), transaction.text(), false);
    if (commands.empty()) return {};
    answered_later = present;
    if (present) deadline_ = monotonic_now() + dataplane_patience;
    reconciler_.changed();
    const std::uint64_t ticket = present ? ticket_ : ~0ull;
    programmer_.add(std::move(commands),
                    [this, transaction, before, after = std::move(next), ticket](const std::vector<Refusal>& refusals) {
                        outcome(transaction, before, after, ticket, refusals);
                    });
    if (programmer_.pump()) around_.wake_dataplane();
    return {};
}

void Committer::outcome(const config::Transaction& transaction, const config::Running& before,
                        const config::Running& after, std::uint64_t ticket, const std::vector<Refusal>& refusals) {
    Result<void> result;
    if (!refusals.empty()) {
        if (refusals.front().outcome == Outcome::refused_term)
            result =
                Error{Code::no_master, "this board no longer carries the baton; ask the new master what became of it"};
        else
            result = failure(take_back(transaction, before, after, refusals));
    }
    if (ticket != ticket_ || queue_.empty()) {
        if (!result) log::error("a change that was already answered failed: {}", result.error().what);
        return;
    }
    answer(std::move(result));
    go_on();
}

/// Journals what undoes the change and programs the way back; the sentence for the operator.
std::string Committer::take_back(const config::Transaction& transaction, const config::Running& before,
                                 const config::Running& after, const std::vector<Refusal>& refusals) {
    const Refusal& first = refusals.front();
    const std::string sentence =
        "the data plane refused " + describe(first.command) +
        (first.outcome == Outcome::table_full
             ? std::string(": its table is full; delete other ") +
                   (is_layer3(first.command) ? "routes" : "entries, or raise fdb-max-entries") +
                   "; the change was taken back"
             : ": it finds the command wrong; the change was taken back; please report this");
    config::Transaction back;
    back.set_token(transaction.token());
    back.set_text(sentence);
    back.set_line(transaction.line());
    back.set_failed(true);
    for (auto& change : config::changes_between(after, before)) *back.add_changes() = std::move(change);

    config::Running next = databases_.running;
    if (auto good = next.replay({back.changes().begin(), back.changes().end()}); !good) {
        log::error("cannot take back a refused change, later ones depend on it: {}", good.error().what);
        reconciler_.say_everything("a refused change could not be taken back");
        return sentence.substr(0, sentence.find("; the change")) + "; later changes depend on it, so it stays";
    }
    if (auto written =
            scribe_.write(Subsystem::configuration, config::TRANSACTION, journal_critical, back.SerializeAsString());
        !written)
        log::error("cannot journal that a change was taken back: {}", written.error().what);
    programmer_.add(commands_between(databases_.running, next), nullptr);
    databases_.running = std::move(next);
    if (back.changes_size() > 0) ++databases_.kept.changes;
    databases_.outcomes.add(back.token(), back.text(), true);
    reconciler_.changed();
    return sentence;
}

void Committer::tick(Time now) {
    if (now >= deadline_) {
        log::warning("the data plane has not answered for {} ms; the change is kept and will be programmed",
                     dataplane_patience.ns / 1'000'000);
        answer({});
    }
    go_on();
}

}  // namespace baton
