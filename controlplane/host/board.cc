// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/board.h"

#include <unistd.h>

#include "controlplane/shell/session_server.h"
#include "sync/baton/dying.h"
#include "sync/baton/heartbeat.h"
#include "sync/baton/life.h"

namespace baton {
namespace {

constexpr std::size_t records_a_round = 1024;  // then the loop beats, and goes on
constexpr Duration tick_period = milliseconds(100);
constexpr Duration answer_time = milliseconds(5);  // for the answer to `run msm-failover` to go out
constexpr Duration quiet_patience = seconds(1);    // for commands on their way
constexpr Duration grant_patience = milliseconds(500);
constexpr Duration poll_period = milliseconds(1);  // while handing over, only then

std::string arena_of(Slot slot) {
    return slot == Slot::msm_a ? "board_a" : "board_b";
}

ArenaKind kind_of(Slot slot) {
    return slot == Slot::msm_a ? ArenaKind::board_a : ArenaKind::board_b;
}

BoardPage& held(const Mapping& mapping) {
    auto& page = *mapping.as<BoardPage>();
    if (auto done = life::hold(page); !done) throw StartupError{1, done.error().what};
    dying::prepare(page);
    return page;
}

const JournalArena& checked(const Mapping& mapping) {
    const auto& journal = *mapping.as<const JournalArena>();
    if (auto good = check_journal(journal, mapping.size()); !good) throw StartupError{1, good.error().what};
    return journal;
}

}  // namespace

BoardArenas::BoardArenas(Child& child, Slot slot)
    : baton(child.map<BatonPage>("baton", ArenaKind::baton, Access::read_only)),
      own(child.map<BoardPage>(arena_of(slot), kind_of(slot), Access::read_write)),
      other(child.map<BoardPage>(arena_of(baton::other(slot)), kind_of(baton::other(slot)), Access::read_only)),
      journal(child.map<JournalArena>("journal", ArenaKind::journal, Access::read_only)),
      commands(child.map<CommandArena>("commands", ArenaKind::commands, Access::read_only)),
      tables(child.map<TablesArena>("tables", ArenaKind::tables, Access::read_only)),
      fdb(child.map<FdbControl>("fdb", ArenaKind::fdb, Access::read_only)),
      punt(child.map<PuntArena>("punt", ArenaKind::punt, Access::read_only)),
      routes(child.map<RoutesControl>("routes", ArenaKind::routes, Access::read_only)),
      fpm(child.map<FpmArena>("fpm", ArenaKind::fpm, Access::read_only)),
      acl(child.map<AclArena>("acl", ArenaKind::acl, Access::read_only)) {}

Board::Board(Child& child, Slot slot, const Choices& choices)
    : child_(child),
      slot_(slot),
      arenas_(child, slot),
      page_(held(arenas_.own)),
      wake_own_(child.take("wake:" + std::string(name_of(slot)))),
      wake_other_(child.take("wake:" + std::string(name_of(other(slot))))),
      wake_dataplane_(child.take("wake:dataplane")),
      session_(child.take("session")),
      around_{slot_,
              *arenas_.baton.as<const BatonPage>(),
              page_,
              *arenas_.other.as<const BoardPage>(),
              *arenas_.tables.as<const TablesArena>(),
              *arenas_.fdb.as<const FdbControl>(),
              *arenas_.punt.as<const PuntArena>(),
              *arenas_.routes.as<const RoutesControl>(),
              *arenas_.fpm.as<const FpmArena>(),
              *arenas_.acl.as<const AclArena>(),
              [this] { wake(wake_dataplane_.get()); },
              [this] { wake(wake_other_.get()); }},
      follower_(checked(arenas_.journal), page_, lost_by()),
      flash_(loop_.io(), choices.flash, [this] { work(); }),
      watchdog_(page_, choices.watchdog_limit),
      watchdog_limit_(choices.watchdog_limit),
      diagnostics_({{"baton", arenas_.baton.as<const ArenaHeader>()},
                    {arena_of(slot), arenas_.own.as<const ArenaHeader>()},
                    {arena_of(other(slot)), arenas_.other.as<const ArenaHeader>()},
                    {"journal", arenas_.journal.as<const ArenaHeader>()},
                    {"commands", arenas_.commands.as<const ArenaHeader>()},
                    {"tables", arenas_.tables.as<const ArenaHeader>()},
                    {"fdb", arenas_.fdb.as<const ArenaHeader>()},
                    {"punt", arenas_.punt.as<const ArenaHeader>()},
                    {"routes", arenas_.routes.as<const ArenaHeader>()},
                    {"fpm", arenas_.fpm.as<const ArenaHeader>()},
                    {"acl", arenas_.acl.as<const ArenaHeader>()}}),
      follow_only_(choices.follow_only) {
    page_.release.store(config::own_release(), std::memory_order_relaxed);
    page_.lacks.store(follow_only_ ? lacks_takeover : 0, std::memory_order_relaxed);
    page_.role.store(BoardRole::slave, std::memory_order_release);
    log::set_tap([this](log::Level level, std::string_view line) {
        if (master_) master_->log_line(level, line);
    });
    loop_.watch(child_.socket(), [this] { on_note(); });
    loop_.watch(wake_own_.get(), [this] { on_wake(); });
    loop_.every(tick_period, [this] { on_tick(); });
    loop_.on_terminate([this] { finish(0, "asked to end by a signal"); });
    loop_.soon([this] { work(); });
}

Board::~Board() {
    log::set_tap(nullptr);
}

int Board::run() {
    loop_.run();
    return exit_code_;
}

void Board::finish(int code, std::string_view why) {
    log::notice("leaving role={} because={}", board_role_names[static_cast<std::size_t>(page_.role.load())], why);
    if (master_) master_->retire();
    released_ = true;
    page_.role.store(BoardRole::leaving, std::memory_order_release);
    exit_code_ = code;
    loop_.stop();
}

void Board::on_note() {
    beat(page_, CriticalThread::loop);
    ReceivedNote received;
    for (Receive receive; (receive = child_.receive(received, false)) != Receive::nothing_yet;) {
        if (receive == Receive::closed) return channel_broke();
        const Note& note = received.note;
        switch (note.type) {
            case NoteType::give:
                if (note.name_view() == "journal") journal_fd_ = std::move(received.fd);
                if (note.name_view() == "commands") commands_fd_ = std::move(received.fd);
                break;
            case NoteType::grant: take_over(note.term, note.cause); break;
            case NoteType::leave: return finish(0, "the chassis asked for it");
            case NoteType::diagnose: on_diagnose(note.hard != 0); break;
            default:
                log::warning("a note of kind {} from the chassis means nothing to a board",
                             static_cast<int>(note.type));
        }
    }
}

/// Nothing can be granted to it any more, and it cannot ask. The page says so to the other board, and to its own next
/// process, which the chassis starts; if the chassis itself is gone, so is everything.
void Board::channel_broke() {
    if (!master_) Subsystems(page_).set_followed(SubsystemState::failed, Reason::comm_error);
    around_.wake_other();
    finish(1, "the channel to the chassis broke");
}

/// Why this board, when it was master the last time, lost the baton; none if it did not, or did not hang.
Reason Board::lost_by() const {
    const Term term = GrantWord::of(around_.baton.grant.load(std::memory_order_acquire)).term;
    const GrantRecord& record = around_.baton.records[term % std::size(around_.baton.records)];
    if (term == 0 || record.term.load(std::memory_order_acquire) != term ||
        record.last_holder.load(std::memory_order_relaxed) != static_cast<std::uint32_t>(slot_) + 1)
        return Reason::none;
    const Cause cause = record.cause.load(std::memory_order_relaxed);
    return cause == Cause::keepalive ? Reason::keepalive : cause == Cause::watchdog ? Reason::watchdog : Reason::none;
}

void Board::on_wake() {
    std::uint64_t count;
    (void)!::read(wake_own_.get(), &count, sizeof count);
    work();
}

void Board::on_tick() {
    const Time now = monotonic_now();
    const auto late = static_cast<std::uint64_t>(std::max<std::int64_t>(0, (now - tick_at_).ns - tick_period.ns));
    if (tick_at_ != Time{} && late > page_.longest_gap_ns.load(std::memory_order_relaxed))
        page_.longest_gap_ns.store(late, std::memory_order_relaxed);
    tick_at_ = now;
    work();
    if (released_) return;
    watch_the_watchdog(now);
    if (const auto wrong = diagnostics_.background(running(), now)) {
        log::error("{}", *wrong);
        dying::speak_and_abort(Cause::diagnostic, *wrong);
    }
}

const config::Running& Board::running() const {
    return master_ ? master_->running() : follower_.replica().databases().running;
}

/// The watchdog watches this loop, and this loop the watchdog: a critical thread that fails alone would go unnoticed,
/// and the next hang with it. Time in which this loop stood as well does not count.
void Board::watch_the_watchdog(Time now) {
    const std::uint64_t beat = beats(page_, CriticalThread::watchdog);
    if (beat != watchdog_beat_ || watchdog_beat_at_ == Time{}) {
        watchdog_beat_ = beat;
        watchdog_beat_at_ = now;
        watchdog_rounds_ = 0;
    } else if (++watchdog_rounds_ >= 10 && (now - watchdog_beat_at_).ns > 2 * watchdog_limit_.ns) {
        const std::string_view what = "a critical task failed: the watchdog thread stands";
        log::error("{}", what);
        dying::speak_and_abort(Cause::exception, what);
    }
}

/// Asked for; an error is what makes the board end, which is up to the caller.
Result<void> Board::examine(bool extended) {
    auto wrong = diagnostics_.normal(running());
    auto result = DiagnosticsResult::passed;
    if (!wrong && extended) {
        if (!master_) follower_.drain();
        auto& journal = *arenas_.journal.as<const JournalArena>();
        const std::uint64_t sequence =
            master_ ? journal.sequence.load(std::memory_order_acquire) : follower_.reader().sequence();
        switch (Diagnostics::extended(running(), journal, sequence)) {
            case Diagnostics::Journal::agrees:
            case Diagnostics::Journal::unsettled: break;
            case Diagnostics::Journal::differs:
                wrong = "diagnostics: the configuration in memory is not the journal's";
                break;
            case Diagnostics::Journal::damaged: result = DiagnosticsResult::journal_damaged; break;
        }
    }
    if (wrong) result = DiagnosticsResult::failed;
    const auto last = DiagnosticsWord::of(page_.diagnostics.load(std::memory_order_relaxed));
    page_.diagnostics.store(DiagnosticsWord{last.runs + 1, result}.word(), std::memory_order_release);
    around_.wake_other();
    if (wrong) return failure(*wrong);
    log::notice("diagnostics extended={} result={}", extended,
                result == DiagnosticsResult::passed ? "passed" : "journal-damaged");
    if (result == DiagnosticsResult::journal_damaged && master_) master_->write_snapshot("the journal was damaged");
    return {};
}

void Board::on_diagnose(bool extended) {
    const auto good = examine(extended);
    if (good) return;
    log::error("{}", good.error().what);
    dying::speak_and_abort(Cause::diagnostic, good.error().what);
}

void Board::work() {
    beat(page_, CriticalThread::loop);
    if (released_) return;
    const Time now = monotonic_now();
    if (!flash_.knows_ports() && around_.tables.applier.incarnation.load(std::memory_order_acquire) != 0)
        flash_.know_ports(PortMap::of(around_.tables).names());
    if (follower_.replica().complete()) flash_.follow(follower_.replica().databases().kept, now);
    if (master_) {
        if (!around_.carries(master_->term())) return finish(1, "the baton is another's");
        return master_->on_wake(now);
    }
    if (!follower_.follow(records_a_round)) loop_.soon([this] { work(); });
    if (!able_ && !follow_only_ && follower_.caught_up()) {
        able_ = child_.able();
        log::info("able: follows the journal to position={} sequence={}", follower_.reader().position(),
                  follower_.reader().sequence());
    }
    if (ready(page_) == ready_) return;
    ready_ = !ready_;
    if (ready_) log::notice("Slave MSM initialized for hitless failover operation.");
    around_.wake_other();  // the master tells it, too
}

MasterHooks Board::hooks() {
    MasterHooks hooks;
    hooks.hand_over = [this] { begin_hand_over(); };
    hooks.reboot = [this](Slot slot, bool hard) {
        if (slot != slot_) return child_.reboot(slot, hard);
        loop_.after(answer_time, [this, hard] { (void)child_.reboot(slot_, hard); });  // the answer goes out first
        return true;
    };
    hooks.diagnose = [this](Slot slot, bool extended) { return child_.diagnose(slot, extended); };
    hooks.examine = [this](bool extended) {
        auto good = examine(extended);
        if (!good)  // the answer goes out first
            loop_.after(answer_time, [what = good.error().what] {
                log::error("{}", what);
                dying::speak_and_abort(Cause::diagnostic, what);
            });
        return good;
    };
    hooks.flash = &flash_;
    return hooks;
}

void Board::take_over(Term term, Cause cause) {
    if (master_) return log::warning("granted term {} while holding term {}", term, master_->term());
    auto journal = map_arena(journal_fd_.get(), ArenaKind::journal, fingerprint<JournalArena>(), Access::read_write);
    auto commands = map_arena(commands_fd_.get(), ArenaKind::commands, fingerprint<CommandArena>(), Access::read_write);
    if (!journal || !commands)
        return finish(1, "the grant came without the right to write: " + (journal ? commands : journal).error().what);
    journal_writable_ = std::move(*journal);
    commands_writable_ = std::move(*commands);

    follower_.drain();
    if (follower_.short_of_memory()) return finish(1, "there is no memory for the state");
    Subsystems(page_).remember_as_old();
    if (follower_.corrupt())
        log::error("the journal is damaged at byte {}; going on with the state before it",
                   follower_.reader().position());
    page_.term.store(term, std::memory_order_relaxed);
    page_.role.store(BoardRole::master, std::memory_order_release);
    auto& journal_arena = *journal_writable_.as<JournalArena>();
    const std::uint64_t last =
        std::max(follower_.reader().sequence(), journal_arena.sequence.load(std::memory_order_acquire));
    const auto& running = follower_.replica().databases().running;
    const config::Consequences consequences =
        follower_.replica().complete() ? consequences_of(cause, running.msm_failover(), running.recovery_level())
                                       : config::Consequences{};
    master_ = std::make_unique<Master>(around_, term, journal_arena, *commands_writable_.as<CommandArena>(),
                                       follower_.replica(), last, consequences, hooks());
    sessions_ = std::make_unique<SessionServer>(loop_.io(), session_.get(), *master_);
    sessions_->start();
    const Time now = monotonic_now();
    page_.took_over_ns.store(static_cast<std::uint64_t>(now.ns), std::memory_order_release);

    const GrantRecord& record = around_.baton.records[term % std::size(around_.baton.records)];
    const std::int64_t lost_ns = record.lost_ns.load(std::memory_order_relaxed);
    log::notice("took over term={} cause={} after_us={} journal_sequence={} vlans={} cost=\"{}\"", term, name_of(cause),
                lost_ns > 0 ? (now.ns - lost_ns) / 1000 : 0, last, master_->running().vlans().size(),
                describe(consequences));
    if (consequences.reset_failed) (void)child_.reboot(other(slot_), true);
    if (follower_.corrupt()) master_->write_snapshot("the journal was damaged");
    loop_.soon([this] { work(); });
}

/// The answer is on its way out; then no new change is taken, those on their way are finished, and the baton goes.
void Board::begin_hand_over() {
    loop_.after(answer_time, [this] {
        master_->quiesce();
        hand_over_when_quiet(monotonic_now() + quiet_patience);
    });
}

void Board::hand_over_when_quiet(Time deadline) {
    if (released_) return;
    work();
    if (!released_ && !master_->quiet() && monotonic_now() < deadline)
        return loop_.after(poll_period, [this, deadline] { hand_over_when_quiet(deadline); });
    if (released_) return;
    log::notice("handing over term={}", master_->term());
    sessions_->stop();
    master_->retire();
    released_ = true;
    page_.role.store(BoardRole::leaving, std::memory_order_release);
    if (!child_.release(master_->term())) return finish(1, "the chassis is gone");
    end_when_granted(monotonic_now() + grant_patience);
}

/// Not before the chassis has read the release: it would take the end of this process for a crash.
void Board::end_when_granted(Time deadline) {
    if (!around_.carries(master_->term()) || monotonic_now() >= deadline) return finish(0, "the baton was handed over");
    loop_.after(poll_period, [this, deadline] { end_when_granted(deadline); });
}

}  // namespace baton
