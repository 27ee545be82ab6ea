// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/master.h"

#include <time.h>

#include <utility>

namespace baton {
namespace {

constexpr Duration diagnosis_patience = seconds(8);  // below a client's own

std::int64_t wall_now_ns() {
    timespec ts;
    ::clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * 1'000'000'000LL + ts.tv_nsec;
}

}  // namespace

Master::Master(const Surroundings& around, Term term, JournalArena& journal, CommandArena& commands, Replica& replica,
               std::uint64_t last_sequence, const config::Consequences& consequences, MasterHooks hooks)
    : around_(around),
      term_(term),
      journal_(journal),
      replica_(replica),
      databases_(replica.databases()),
      hooks_(std::move(hooks)),
      scribe_(JournalWriter(journal, term, last_sequence, replica.snapshot_at()), databases_, around.wake_other),
      programmer_(commands, around.tables.applier, term),
      fabric_(around, programmer_),
      reconciler_(around, programmer_, databases_.running, lost_by()),
      committer_(around, term, databases_, scribe_, programmer_, reconciler_),
      peer_(other(around.slot), around.other, &around.baton,
            [this](config::Release release) { return config::needed_for(databases_.running) <= release; }),
      neighbors_(around, databases_, scribe_, programmer_, reconciler_),
      punts_(around),
      acl_log_(around.acl),
      route_stream_(around, programmer_, reconciler_, databases_.running),
      syslog_(databases_.running, std::string(name_of(around.slot))) {
    fabric_.look(monotonic_now());
    Subsystems subsystems(around_.own);
    subsystems.become(Subsystem::configuration, replica_.complete() ? SubsystemState::ready : SubsystemState::initial,
                      lost_by());
    subsystems.become(Subsystem::arp, replica_.complete() ? SubsystemState::ready : SubsystemState::initial, lost_by());
    subsystems.become(Subsystem::log, SubsystemState::ready, lost_by());
    if (replica_.complete() && replica_.writer_release() != config::own_release())
        if (const auto done =
                scribe_.write(Subsystem::configuration, config::WRITER, 0, writer_of(config::own_release()));
            !done)
            log::error("cannot journal which release writes: {}", done.error().what);
    for (const PuntReason reason : {PuntReason::arp, PuntReason::neighbor, PuntReason::resolve})
        punts_.hand(reason, [this](const PuntedFrame& frame) { neighbors_.on_punt(frame, monotonic_now()); });
    punts_.hand(PuntReason::acl, [this](const PuntedFrame& frame) {
        const PortEntry& port = around_.tables.ports[frame.port % max_ports];
        acl_log_.take(frame, PortName{port.module, port.port}.text(), monotonic_now());
    });
    if (hooks_.join) hooks_.join(reconciler_);
    route_stream_.take_up(monotonic_now());
    if (replica_.complete()) {
        give_up(consequences);
        reconciler_.look();
    } else {
        begin_anew();
    }
    publish();
}

/// The configuration first, as a record; then what the data plane has to do about it, ahead of everything else it is
/// told. A master that dies in between leaves a journal that says which of the two configurations holds.
void Master::give_up(const config::Consequences& consequences) {
    if (consequences.reset_l3) neighbors_.forget();
    if (consequences.from_flash) boot_from_flash();
    const std::uint32_t what = (consequences.reset_links ? reset_links : 0) | (consequences.reset_l2 ? reset_l2 : 0) |
                               (consequences.reset_l3 ? reset_l3 : 0);
    if (what == 0) return;
    Command command;
    command.type = CommandType::hardware_reset;
    command.owner = Owner::configuration;
    command.set(HardwareReset{what});
    programmer_.add({command}, nullptr);
}

/// What lies on this board's flash; nothing there: the factory's, all ports untagged in Default.
void Master::boot_with(config::Flash::Boot boot, const PortMap& ports) {
    for (const std::string& complaint : boot.complaints) log::error("{}", complaint);
    if (hooks_.boot_configuration) boot.running = hooks_.boot_configuration();
    if (!boot.running && !boot.complaints.empty())
        log::error("no configuration on flash can be used: booting the factory's");
    databases_.kept.booted = boot.running && boot.from ? name_of(*boot.from) : "factory";
    databases_.kept.saved_changes = databases_.kept.changes;
    databases_.running = boot.running ? std::move(*boot.running)
                                      : config::Running::factory({ports.names().begin(), ports.names().end()});
}

void Master::boot_from_flash() {
    const config::Running last = databases_.running;
    const config::KeptState kept = databases_.kept;
    boot_with(hooks_.flash ? hooks_.flash->boot_now(kept) : config::Flash::Boot{}, PortMap::of(around_.tables));
    if (const auto done = scribe_.snapshot(); !done) {
        log::error("going on with the last master's configuration, because that of flash does not fit: {}",
                   done.error().what);
        databases_.running = last;
        databases_.kept = kept;
        return;
    }
    log::notice("configuration from flash ({}): {} VLANs; the last master's is given up", databases_.kept.booted,
                databases_.running.vlans().size());
}

/// The journal is empty: nobody has ever been master. The switch boots, as soon as it is known which ports there are
/// and the flash has been read.
void Master::begin_anew() {
    if (around_.tables.applier.incarnation.load(std::memory_order_acquire) == 0) return;
    const PortMap ports = PortMap::of(around_.tables);
    if (ports.empty()) return;
    const config::Flash::Boot* boot = hooks_.flash ? hooks_.flash->boot() : nullptr;
    if (hooks_.flash && !boot) return;  // it is still being read
    boot_with(boot ? *boot : config::Flash::Boot{}, ports);
    const auto begin = scribe_.snapshot();
    if (!begin) {
        log::error("cannot begin the journal: {}", begin.error().what);
        return;
    }
    replica_.complete_by_hand(*begin);
    Subsystems(around_.own).become(Subsystem::configuration, SubsystemState::ready, lost_by());
    log::notice("no state in the journal: beginning with {} VLANs, of {} ports; configuration={}",
                databases_.running.vlans().size(), ports.names().size(), databases_.kept.booted);
    reconciler_.look();
}

/// The last master hung: shown as the reason of this one's states, as long as it is master.
Reason Master::lost_by() const {
    const GrantRecord& record = around_.baton.records[term_ % std::size(around_.baton.records)];
    if (record.term.load(std::memory_order_acquire) != term_) return Reason::none;
    switch (record.cause.load(std::memory_order_relaxed)) {
        case Cause::keepalive: return Reason::keepalive;
        case Cause::watchdog: return Reason::watchdog;
        default: return Reason::none;
    }
}

SlaveView Master::slave_view() const {
    return peer_.view(monotonic_now());
}

void Master::publish() {
    around_.own.journal_sequence.store(scribe_.writer().sequence(), std::memory_order_relaxed);
    around_.own.journal_position.store(scribe_.writer().head(), std::memory_order_release);
}

void Master::on_wake(Time now) {
    fabric_.look(now);
    if (!replica_.complete())
        begin_anew();
    else
        reconciler_.look();
    if (programmer_.pump()) around_.wake_dataplane();
    committer_.tick(now);
    look_at_neighbors(now);
    if (replica_.complete()) reconciler_.tick(now);  // before that there is nothing to say
    const Peer::News news = peer_.look(now);
    for (const auto& [level, line] : peer_.take_lines()) log::write(level, line);
    switch (news) {
        case Peer::News::none: break;
        case Peer::News::became_ready: log::notice("Slave MSM initialized for hitless failover operation."); break;
        case Peer::News::no_longer_ready:
            log::notice("{} is no longer ready for a hitless failover", name_of(other(around_.slot)));
            break;
        case Peer::News::wants_snapshot: write_snapshot("the slave cannot follow the journal"); break;
    }
    route_stream_.on_wake(now);
    look_at_diagnosis(now);
    publish();
}

void Master::look_at_neighbors(Time now) {
    if (!replica_.complete() || !reconciler_.ports_known() || retired_) return;
    neighbors_.look(now);  // first: a new master's engine begins with it
    punts_.drain([this, now] { return neighbors_.settle(now); });
}

void Master::write_snapshot(std::string_view why) {
    if (retired_ || !replica_.complete()) return;
    log::warning("writing a snapshot: {}", why);
    if (const auto done = scribe_.snapshot(); !done) log::error("cannot write a snapshot: {}", done.error().what);
}

void Master::log_line(log::Level level, std::string_view line) {
    if (writing_line_) return;  // a line about writing a line
    writing_line_ = true;
    const auto keep = [&](log::Level at, std::string text) {
        LoggedLine kept{wall_now_ns(), at, std::string(name_of(around_.slot)), std::move(text)};
        if (kept.line.size() > log_line_size) kept.line.resize(log_line_size);
        if (!retired_ && replica_.complete())
            (void)scribe_.write(Subsystem::log, config::LOG_LINE, 0, as_message(kept).SerializeAsString());
        if (!retired_) syslog_.send(kept.level, kept.at_ns, kept.line);
        databases_.log.add(std::move(kept));
    };
    LineRate& rate = level >= log::Level::warning ? warning_rate_ : line_rate_;
    if (rate.let_through(monotonic_now())) {
        if (const auto held_back = rate.take_held_back())
            keep(log::Level::warning,
                 std::to_string(held_back) + " lines before this one came too fast and were not kept");
        keep(level, std::string(line));
    }
    writing_line_ = false;
}

std::vector<LoggedLine> Master::log_lines() const {
    return {databases_.log.lines().begin(), databases_.log.lines().end()};
}

void Master::clear_log() {
    if (retired_) return;
    if (const auto done = scribe_.write(Subsystem::log, config::LOG_CLEAR, 0, {}); done) databases_.log.clear();
}

void Master::commit(config::Transaction transaction, std::function<void(Result<void>)> done) {
    committer_.commit(std::move(transaction), std::move(done));
    look_at_neighbors(monotonic_now());  // who was answered sees what he has changed
    publish();
}

std::optional<std::string> Master::outcome(std::uint64_t token) const {
    const TransactionOutcome* known = databases_.outcomes.find(token);
    return known ? std::optional(known->text) : std::nullopt;
}

void Master::flush(const FdbFlush& what, std::function<void(Result<void>)> done) {
    Command command;
    command.type = CommandType::fdb_flush;
    command.set(what);
    act(command, "flush", std::move(done));
}

void Master::flush_hosts(const IpfdbFlush& what, std::function<void(Result<void>)> done) {
    Command command;
    command.type = CommandType::ipfdb_flush;
    command.set(what);
    act(command, "flush", std::move(done));
}

/// A command that is no configuration: done now, or not at all.
void Master::act(const Command& command, std::string_view what, std::function<void(Result<void>)> done) {
    if (!around_.carries(term_))
        return done(Error{Code::no_master, "this board no longer carries the baton; ask the new master"});
    if (!reconciler_.dataplane_present(monotonic_now()))
        return done(failure("the data plane is away; try again when 'show switch' says that it runs"));
    Command owned = command;
    owned.owner = Owner::configuration;
    programmer_.add({owned}, [what = std::string(what), done = std::move(done)](const std::vector<Refusal>& refusals) {
        done(refusals.empty() ? Result<void>() : failure("the data plane refused the " + what + "; see 'show log'"));
    });
    if (programmer_.pump()) around_.wake_dataplane();
}

void Master::clear_neighbors(const NeighborClear& what, std::function<void(Result<std::size_t>)> done) {
    if (!around_.carries(term_))
        return done(Error{Code::no_master, "this board no longer carries the baton; ask the new master"});
    done(neighbors_.clear(what, monotonic_now()));
    publish();
}

Result<void> Master::slave_ready() const {
    if (handing_over_) return Error{Code::not_ready, "the baton is changing hands already"};
    if (!replica_.complete())
        return Error{Code::not_ready, "the data plane has not said yet which ports there are; try again in a moment"};
    for (const Subsystem subsystem : {Subsystem::l2_hardware, Subsystem::l3_hardware, Subsystem::acl}) {
        const SubsystemWord tables = subsystem_of(around_.own, subsystem);
        if (tables.state != SubsystemState::failed) continue;
        return Error{Code::not_ready, "the tables do not hold what the configuration says (" +
                                          std::string(subsystem_names[static_cast<std::size_t>(subsystem)]) +
                                          " is failed, reason " +
                                          std::string(reason_names[static_cast<std::size_t>(tables.reason)]) + "); " +
                                          std::string(remedy(tables.reason))};
    }
    return peer_.hitless(journal_, monotonic_now());
}

Result<void> Master::hitless_ready() const {
    if (auto good = slave_ready(); !good) return good;
    if (!reconciler_.dataplane_present(monotonic_now()))
        return Error{Code::not_ready, "the data plane is away, so nothing is forwarded; see 'show switch'"};
    for (const auto& obstacle : obstacles(running().msm_failover(), running().recovery_level()))
        if (obstacle.any_cause)
            return Error{Code::not_ready, "the configuration does not preserve everything: " + obstacle.setting +
                                              " is " + obstacle.value + "; first: " + obstacle.remedy};
    return {};
}

Result<void> Master::hand_over() {
    if (auto good = slave_ready(); !good) return good;
    handing_over_ = true;
    hooks_.hand_over();
    return {};
}

void Master::diagnose(Slot slot, bool extended, std::function<void(Result<void>)> done) {
    if (slot == around_.slot) return done(hooks_.examine(extended));
    if (diagnosis_) return done(failure("diagnostics of " + std::string(name_of(slot)) + " are under way already"));
    const std::uint32_t pid = around_.other.pid.load(std::memory_order_relaxed);
    if (pid == 0 || around_.other.role.load(std::memory_order_acquire) != BoardRole::slave)
        return done(failure(std::string(name_of(slot)) + " is not there to be examined; see 'show msm-failover'"));
    const auto last = DiagnosticsWord::of(around_.other.diagnostics.load(std::memory_order_acquire));
    diagnosis_ = Diagnosis{std::move(done), pid, last.runs, monotonic_now() + diagnosis_patience};
    if (hooks_.diagnose(slot, extended)) return;
    const auto told = std::move(diagnosis_->done);
    diagnosis_.reset();
    told(failure("the chassis does not answer; see its log"));
}

void Master::look_at_diagnosis(Time now) {
    if (!diagnosis_) return;
    const std::string who(name_of(other(around_.slot)));
    const auto word = DiagnosticsWord::of(around_.other.diagnostics.load(std::memory_order_acquire));
    const bool same = around_.other.pid.load(std::memory_order_relaxed) == diagnosis_->pid;
    Result<void> result;
    if (same && word.runs == diagnosis_->runs) {
        if (now < diagnosis_->deadline) return;
        result = failure(who + " did not answer within " + std::to_string(diagnosis_patience.ns / 1'000'000'000) +
                         " s; see the chassis's log");
    } else if (!same || word.result == DiagnosticsResult::failed) {
        result = failure(who + " failed its diagnostics and ends; its fabric plane is out until 'reboot slot " + who +
                         " hard-reset'; see 'show log'");
    } else if (word.result == DiagnosticsResult::journal_damaged) {
        write_snapshot("diagnostics found the journal damaged");
        result = failure(who + " is well, but the journal is damaged; a snapshot was written, which mends it");
    }
    if (!result) log::error("{}", result.error().what);
    const auto done = std::move(diagnosis_->done);
    diagnosis_.reset();
    done(std::move(result));
}

Result<void> Master::reboot(Slot slot, bool hard) {
    log::notice("reboot of {} asked for{}", name_of(slot), hard ? ", hard" : "");
    if (!hooks_.reboot(slot, hard)) return failure("the chassis does not answer; see its log");
    return {};
}

const Storage& Master::storage() const {
    static const Storage none;
    return hooks_.flash ? hooks_.flash->storage() : none;
}

Result<void> Master::may_store() const {
    if (retired_ || handing_over_ || !around_.carries(term_))
        return Error{Code::no_master, "the baton is changing hands; ask the new master"};
    if (!replica_.complete())
        return failure("the data plane has not said yet which ports there are; try again in a moment");
    if (!storage().present) return failure("this board has no flash to save to; start baton-chassis with a flash-dir");
    if (storing_) return failure("another save is at work; try again in a moment");
    return {};
}

/// Flash first, then the journal: what the journal says was saved lies on this board's flash, and a write that failed
/// was never said. A master that dies in between leaves a flash that its next incarnation makes follow the journal.
void Master::store(StoreRequest request, std::function<void(Result<std::string>)> done) {
    if (const TransactionOutcome* known = databases_.outcomes.find(request.token)) return done(known->text);
    if (auto good = may_store(); !good) return done(good.error());
    FlashWrite write;
    write.space = request.space.value_or(storage().selected);
    write.at = wall_now_ns() / 1'000'000'000;
    write.by = request.by;
    write.most = record_most(scribe_.writer().capacity()) - 2048;
    config::Saved saved;
    saved.set_running(!request.text);
    saved.set_changes(databases_.kept.changes);
    saved.set_space(static_cast<std::uint32_t>(write.space));
    saved.set_token(request.token);
    if (request.text)
        write.text = std::move(*request.text);
    else
        write.running = databases_.running;
    storing_ = true;
    hooks_.flash->write(std::move(write), [this, saved, answer = std::move(request.answer),
                                           done = std::move(done)](Result<config::Stored> written) mutable {
        storing_ = false;
        if (!written) return done(written.error());
        saved.set_at(written->stamp.at);
        saved.set_by(written->stamp.by);
        saved.set_version(written->stamp.version);
        saved.set_text(std::move(written->text));
        done(journal_saved(std::move(saved), std::move(answer)));
    });
}

Result<std::string> Master::journal_saved(config::Saved saved, std::string answer) {
    if (retired_ || !around_.carries(term_))
        return Error{Code::no_master, "the baton is changing hands; ask the new master"};
    const auto space = static_cast<config::Space>(saved.space());
    if (auto good = scribe_.fits_saved(space, saved.text().size()); !good) return good.error();
    const std::string name(name_of(space));
    if (const auto at = answer.find("{}"); at != std::string::npos) answer.replace(at, 2, name);
    if (around_.other.pid.load(std::memory_order_relaxed) == 0 || !peer_.beats(monotonic_now()))
        answer += std::string(name_of(other(around_.slot))) + " is away; it stores it when it is back.\n";
    if (space != storage().selected)
        answer += "The switch boots with " + std::string(name_of(storage().selected)) + "; 'use configuration " + name +
                  "' selects this one.\n";
    saved.set_answer(answer);
    if (auto done = scribe_.write(Subsystem::configuration, config::SAVED, 0, saved.SerializeAsString()); !done)
        return done.error();
    take_saved(saved, databases_);
    publish();
    log::notice("the {} configuration was stored: {} bytes by {}", name, saved.text().size(), saved.by());
    return answer;
}

void Master::select(config::Space space, std::uint64_t token, std::string by,
                    std::function<void(Result<std::string>)> done) {
    if (const TransactionOutcome* known = databases_.outcomes.find(token)) return done(known->text);
    if (auto good = may_store(); !good) return done(good.error());
    const std::string name(name_of(space));
    if (!storage().stored[config::index_of(space)])
        return done(failure("there is no " + name + " configuration to use; 'save configuration " + name +
                            "' stores the running one there"));
    config::Selection selection{space, wall_now_ns() / 1'000'000'000, std::move(by)};
    storing_ = true;
    hooks_.flash->select(selection, [this, selection, token, name, done = std::move(done)](Result<void> written) {
        storing_ = false;
        if (!written) return done(written.error());
        if (retired_ || !around_.carries(term_))
            return done(Error{Code::no_master, "the baton is changing hands; ask the new master"});
        config::Selected selected;
        selected.set_token(token);
        selected.set_space(static_cast<std::uint32_t>(selection.space));
        selected.set_at(selection.at);
        selected.set_by(selection.by);
        selected.set_answer("The " + name + " configuration will be used when the switch boots next.\n");
        if (auto good = scribe_.write(Subsystem::configuration, config::SELECTED, 0, selected.SerializeAsString());
            !good)
            return done(good.error());
        take_selected(selected, databases_);
        publish();
        done(selected.answer());
    });
}

void Master::transfer(TransferRequest request, std::function<void(Result<std::string>)> done) {
    if (!hooks_.flash) return done(failure("this board cannot transfer files"));
    std::optional<config::Running> running;
    if (request.upload) running = databases_.running;
    hooks_.flash->transfer(std::move(request), std::move(running), std::move(done));
}

}  // namespace baton
