// SPDX-License-Identifier: Apache-2.0
#include "sync/chassis/keeper.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "sync/base/log.h"
#include "sync/baton/heartbeat.h"

namespace baton::chassis {
namespace {

constexpr std::uint64_t tag_of(std::uint32_t source, std::size_t index) {
    return std::uint64_t{source} << 32 | index;
}

Timing timing_of(const Options& options) {
    Timing timing;
    timing.keepalive = options.keepalive;
    timing.stuck_loop = Duration{options.keepalive.ns * 5};
    return timing;
}

Duration tick_of(const Options& options) {
    return {std::clamp(options.keepalive.ns / 16, milliseconds(5).ns, milliseconds(50).ns)};
}

Fd signal_fd() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&set, signal);
    return Fd{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
}

}  // namespace

Keeper::Keeper(const Options& options, const Arenas& arenas, const RunDir& run_dir, bool huge)
    : options_(options),
      arenas_(arenas),
      run_dir_(run_dir),
      huge_(huge),
      board_identity_(identity_of(options.board_user)),
      decider_(timing_of(options)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      signals_(signal_fd()),
      door_(
          run_dir.door(), epoll_.get(), tag_of(static_cast<std::uint32_t>(Source::client), 0),
          [this](std::string_view name) { return find_public(name); },
          [this](NoteType what, Slot slot) { return handle(what, slot); }),
      watchers_{Watcher{arenas.board(Slot::msm_a)}, Watcher{arenas.board(Slot::msm_b)}} {
    for (Fd& fd : wakes_) fd = Fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!epoll_ || !signals_ || !wakes_.back()) throw StartupError{1, "too many open files to start with"};
    for (auto& plane : arenas_.baton().plane) plane.store(PlaneState::working, std::memory_order_release);
    watch(signals_.get(), Source::signal, 0);
    watch(run_dir.door(), Source::door, 0);
    for (const Unit unit : {Unit::msm_a, Unit::msm_b})
        watch(watchers_[index_of(unit)].eventfd(), Source::life, index_of(unit));
}

// A pidfd once only: a dead child whose remains a debugger holds stays readable and cannot be collected. SIGCHLD tells
// when it lets go.
void Keeper::watch(int fd, Source source, std::size_t index) {
    epoll_event event{};
    event.events = source == Source::process ? EPOLLIN | EPOLLET : EPOLLIN;
    event.data.u64 = tag_of(static_cast<std::uint32_t>(source), index);
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0) log::error("epoll refused fd={} errno={}", fd, errno);
}

// A child that was just forked and has not executed its program yet holds a copy of every fd of ours. Until then a
// closed fd is still open for epoll, and would be reported over and over without a way to stop it.
void Keeper::unwatch_and_close(Fd& fd) const {
    if (fd) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd.get(), nullptr);
    fd.reset();
}

int Keeper::run() noexcept {
    happen({.type = Event::Type::begin});
    while (!(asked_to_stop_ > 0 && decider_.all_gone())) {
        const Time due = std::min(next_tick_, decider_.next_due());
        const std::int64_t wait_ms = (due.ns - monotonic_now().ns + 999'999) / 1'000'000;
        epoll_event events[32];
        const int count = ::epoll_wait(epoll_.get(), events, std::size(events),
                                       static_cast<int>(std::clamp<std::int64_t>(wait_ms, 0, 1000)));
        for (int i = 0; i < count; ++i)
            dispatch(static_cast<Source>(events[i].data.u64 >> 32), events[i].data.u64 & 0xffffffff);
        if (const Time now = monotonic_now(); now >= std::min(next_tick_, decider_.next_due())) tick(now);
    }
    log::notice("chassis ended term={}", decider_.term());
    return 0;
}

void Keeper::dispatch(Source source, std::size_t index) {
    switch (source) {
        case Source::signal: return on_signal();
        case Source::door: return door_.accept();
        case Source::client: return door_.serve(index);
        case Source::socket: return on_socket(static_cast<Unit>(index));
        case Source::process: return on_process(static_cast<Unit>(index));
        case Source::life: return on_life(static_cast<Unit>(index));
    }
}

// Deeds may cause events (a child that cannot be started); they are decided after the one that caused them.
void Keeper::happen(Event event) {
    if (event.now == Time{}) event.now = monotonic_now();
    events_.push_back(event);
    if (deciding_) return;
    deciding_ = true;
    for (Actions actions; !events_.empty(); actions.clear()) {
        decider_.on(events_.front(), actions);
        events_.pop_front();
        for (const Action& action : actions) perform(action);
    }
    deciding_ = false;
}

void Keeper::on_signal() {
    signalfd_siginfo info;
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGCHLD) {
            log::notice("asked to end signal={} from_pid={}", info.ssi_signo, info.ssi_pid);
            happen({.type = Event::Type::stop});
            if (++asked_to_stop_ > 1)
                for (const Unit unit : {Unit::dataplane, Unit::msm_a, Unit::msm_b}) kill(unit);
        }
    }
    // Children of children (a core being dumped) come to us when their parent is gone; they only have to be collected.
    while (true) {
        siginfo_t ended{};
        if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) < 0 || ended.si_pid == 0) return;
        const auto child = std::find_if(children_.begin(), children_.end(),
                                        [&](const Child& each) { return each.process.pid == ended.si_pid; });
        if (child == children_.end())
            bury(ended.si_pid);
        else
            on_process(static_cast<Unit>(child - children_.begin()));
    }
}

// All that waits, so that what a child said before its end counts before its end does.
void Keeper::on_socket(Unit unit) {
    const std::uint64_t incarnation = of(unit).incarnation;
    while (of(unit).process.socket && of(unit).incarnation == incarnation) {
        ReceivedNote received;
        const Receive what = receive_note(of(unit).process.socket.get(), received, false);
        if (what == Receive::nothing_yet) return;
        if (what == Receive::closed) return on_hang_up(unit);
        on_note(unit, received);
    }
}

void Keeper::on_note(Unit unit, ReceivedNote& received) {
    const Note& note = received.note;
    switch (note.type) {
        case NoteType::hello:
            if (std::exchange(of(unit).greeted, true)) break;
            log::info("hello from={} pid={}", name_of(unit), of(unit).process.pid);
            if (is_board(unit) && planes_[index_of(unit)] == Out::reset) plane_in(unit);
            if (provide(unit)) happen({.type = Event::Type::hello, .unit = unit});
            break;
        case NoteType::able:
            log::info("able from={}", name_of(unit));
            happen({.type = Event::Type::able, .unit = unit});
            if (is_board(unit)) hurry(unit);
            break;
        case NoteType::release: happen({.type = Event::Type::release, .unit = unit, .term = note.term}); break;
        case NoteType::keep:
            if (unit != Unit::dataplane || !kept_.keep(note.name_view(), std::move(received.fd)))
                log::warning("refused to keep name={} from={}", note.name_view(), name_of(unit));
            break;
        case NoteType::want: {
            Note answer{.type = NoteType::give};
            answer.set_name(note.name_view());
            const int fd = find_public(note.name_view());
            if (fd < 0) answer.type = NoteType::none;
            if (!send_note(of(unit).process.socket.get(), answer, fd)) on_hang_up(unit);
            break;
        }
        case NoteType::reboot:
            if (!is_board(unit) || slot_of(unit) != decider_.holder() || note.slot >= board_count) break;
            log::notice("reboot asked_by={} slot={} hard={}", name_of(unit), name_of(static_cast<Unit>(note.slot)),
                        note.hard);
            if (note.hard != 0) plane_out(static_cast<Unit>(note.slot), Out::reset);
            happen({.type = Event::Type::reboot, .unit = static_cast<Unit>(note.slot), .hard = note.hard != 0});
            break;
        case NoteType::diagnose: {
            if (!is_board(unit) || slot_of(unit) != decider_.holder() || note.slot >= board_count) break;
            const int to = of(static_cast<Unit>(note.slot)).process.socket.get();
            if (to >= 0) send_note(to, note);  // a board that cannot hear shows nothing, and the master says so
            break;
        }
        default:
            log::warning("note type={} from={} means nothing to the chassis", static_cast<int>(note.type),
                         name_of(unit));
    }
}

// Our end of a broken or full connection: a board that crashes hangs up after its words; any other child that does so
// has to go too, as nothing can be said to it any more.
void Keeper::on_hang_up(Unit unit) {
    unwatch_and_close(of(unit).process.socket);
    if (!of(unit).words_told) tell_words(unit, true);
}

void Keeper::tell_words(Unit unit, bool hung_up) {
    Child& child = of(unit);
    Event event{.type = Event::Type::dying, .unit = unit};
    if (is_board(unit) && page(unit).words.said.load(std::memory_order_acquire) != 0) {
        const DyingWords& words = page(unit).words;
        child.words_told = true;
        event.cause = std::clamp(words.cause.load(), Cause::operator_command, Cause::removal);
        event.signal = words.signal.load();
        if (event.cause == Cause::diagnostic) plane_out(unit, Out::failed);  // before the next master looks
        happen(event);
        log::error("dying words slot={} pid={} cause={} signal={} thread={} address={:#x} pc={:#x} what=\"{}\"",
                   name_of(unit), child.process.pid, name_of(event.cause), event.signal, words.thread.load(),
                   words.address.load(), words.program_counter.load(),
                   std::string_view(words.what, ::strnlen(words.what, sizeof words.what)));
    } else if (hung_up) {
        happen(event);
    }
}

void Keeper::on_life(Unit unit) {
    if (const auto seen = watchers_[index_of(unit)].take(of(unit).incarnation)) on_lost(unit, *seen);
}

// The main thread, the only one that writes journal and commands, has ended: the proof that a grant waits for. SIGKILL
// for the rest of the process, should the main thread have ended alone.
void Keeper::on_lost(Unit unit, Time seen) {
    if (std::exchange(of(unit).lost, true)) return;
    on_socket(unit);
    if (!of(unit).words_told) tell_words(unit, false);
    happen({.type = Event::Type::lost, .unit = unit, .now = seen});
    of(unit).process.kill();
}

void Keeper::on_process(Unit unit) {
    Child& child = of(unit);
    if (!child.process) return;
    Ended how;
    if (!has_ended(child.process, how)) return;
    const pid_t remains = child.process.pid;
    const Time now = monotonic_now();
    on_socket(unit);
    if (is_board(unit)) {
        watchers_[index_of(unit)].disarm();
        if (!child.words_told) tell_words(unit, false);
        arenas_.baton().board_pid[index_of(unit)].store(0);
        GrantRecord& record = arenas_.baton().records[child.succeeded_by % 64];
        if (child.succeeded_by != 0 && record.term == child.succeeded_by && record.signal == 0 && !child.words_told)
            record.signal.store(how.signal);  // only now known: a killed process leaves no words
    } else {
        arenas_.baton().dataplane_pid.store(0);
    }
    log::notice("gone unit={} pid={} exit_code={} signal={} lived_ms={}", name_of(unit), child.process.pid, how.code,
                how.signal, (now - child.started).ns / 1'000'000);
    unwatch_and_close(child.process.socket);
    unwatch_and_close(child.process.pidfd);
    child.process = Process{};
    happen({.type = Event::Type::gone, .unit = unit, .now = now, .signal = how.signal});
    bury(remains);  // only now: the next master does not wait for it
    if (decider_.backoff(unit) > Duration{} && asked_to_stop_ == 0)
        log::warning("back-off unit={} restart_in_ms={} because it ended too early", name_of(unit),
                     (decider_.restart_at(unit) - now).ns / 1'000'000);
}

void Keeper::tick(Time now) {
    next_tick_ = now + tick_of(options_);
    arenas_.baton().chassis_heartbeat_ns.store(now.ns, std::memory_order_relaxed);
    for (const Unit unit : {Unit::msm_a, Unit::msm_b}) {
        constexpr Event::Type kinds[] = {Event::Type::loop_beat, Event::Type::watchdog_beat};
        if (!of(unit).greeted) continue;
        for (std::size_t thread = 0; thread < critical_thread_count; ++thread) {
            const std::uint64_t number = beats(page(unit), static_cast<CriticalThread>(thread));
            if (std::exchange(of(unit).beats[thread], number) != number)
                happen({.type = kinds[thread], .unit = unit, .now = now});
        }
    }
    happen({.type = Event::Type::tick, .now = now});
}

int Keeper::find_public(std::string_view name) const {
    if (name.starts_with("port/")) return kept_.find(name);
    for (const auto* readable : {"baton", "board_a", "board_b", "tables", "fdb", "routes", "acl"})
        if (name == readable) return arenas_.fd(name, Access::read_only);
    return -1;
}

}  // namespace baton::chassis
