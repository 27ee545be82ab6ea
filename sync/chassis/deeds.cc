// SPDX-License-Identifier: Apache-2.0
// What the keeper does when the Decider has decided.
#include <fmt/format.h>

#include "sync/base/log.h"
#include "sync/baton/child.h"
#include "sync/baton/life.h"
#include "sync/chassis/flash_dir.h"
#include "sync/chassis/keeper.h"

namespace baton::chassis {
namespace {

// A board that starts while the other one serves is loaded and linked on the cores where the other one takes over: it
// stands back until it is able (measured: at equal priority the first command of a new master came 3 to 5 ms late).
constexpr int board_nice = -10, starting_nice = 0, dataplane_nice = -20;

std::string flash_of(const std::string& flash_dir, Unit unit) {
    return flash_folder(flash_dir, unit == Unit::msm_a ? Slot::msm_a : Slot::msm_b);
}

}  // namespace

void Keeper::perform(const Action& action) {
    switch (action.type) {
        case Action::Type::start: return start(action.unit);
        case Action::Type::grant: return grant(action);
        case Action::Type::leave: {
            Note note{.type = NoteType::leave, .cause = action.cause};
            if (of(action.unit).process.socket) send_note(of(action.unit).process.socket.get(), note);
            log::notice("leave asked unit={} pid={}", name_of(action.unit), of(action.unit).process.pid);
            return;
        }
        case Action::Type::kill:
            kill(action.unit);
            log::notice("killed unit={} pid={} cause={}", name_of(action.unit), of(action.unit).process.pid,
                        name_of(action.cause));
            return;
    }
}

void Keeper::kill(Unit unit) {
    if (of(unit).process) of(unit).process.kill();
}

void Keeper::hurry(Unit unit) {
    if (!of(unit).process || std::exchange(of(unit).hurried, true)) return;
    set_nice(of(unit).process, board_nice);
}

Launch Keeper::launch_of(Unit unit) const {
    Launch launch;
    launch.cores = options_.housekeeping_cores;  // the data plane moves its workers to theirs
    launch.folder = run_dir_.cores();
    if (is_board(unit)) {
        launch.program = options_.board_program;
        launch.arguments = {"--slot", unit == Unit::msm_a ? "a" : "b", "--flash", flash_of(options_.flash_dir, unit)};
        launch.identity = board_identity_;
        launch.nice = decider_.holder() == Slot::none ? board_nice : starting_nice;
    } else {
        launch.program = options_.dataplane_program;
        launch.arguments = dataplane_arguments(options_, huge_, false);
        launch.nice = dataplane_nice;
        launch.oom_score = "-900";
    }
    return launch;
}

void Keeper::start(Unit unit) {
    Child& child = of(unit);
    child = Child{};
    child.incarnation = ++incarnations_;
    child.started = monotonic_now();
    if (is_board(unit)) life::reset(page(unit));  // the last incarnation is gone: nobody else writes there
    auto process = launch(launch_of(unit));
    if (!process) {
        log::error("cannot start unit={}: {}", name_of(unit), process.error().what);
        return happen({.type = Event::Type::gone, .unit = unit});
    }
    child.process = std::move(*process);
    BatonPage& baton = arenas_.baton();
    const auto pid = static_cast<std::uint32_t>(child.process.pid);
    if (is_board(unit)) {
        baton.board_pid[index_of(unit)].store(pid);
        baton.board_starts[index_of(unit)].fetch_add(1);
        watchers_[index_of(unit)].arm(child.incarnation, child.process.pid);
    } else {
        baton.dataplane_pid.store(pid);
        baton.dataplane_starts.fetch_add(1);
    }
    watch(child.process.socket.get(), Source::socket, index_of(unit));
    watch(child.process.pidfd.get(), Source::process, index_of(unit));
    log::notice("started unit={} pid={} start={}{}", name_of(unit), pid,
                is_board(unit) ? baton.board_starts[index_of(unit)].load() : baton.dataplane_starts.load(),
                unit == Unit::dataplane && kept_.size() > 0 ? fmt::format(" kept_fds={}", kept_.size()) : "");
}

bool Keeper::give(Unit unit, std::string_view name, int fd) {
    Note note{.type = NoteType::give};
    note.set_name(name);
    const int socket = of(unit).process.socket.get();
    return socket >= 0 && send_note(socket, note, fd);
}

// What each may write is decided here, by the fd it gets, and nowhere else.
bool Keeper::provide(Unit unit) {
    const auto arena = [&](std::string_view name, Access access) { return give(unit, name, arenas_.fd(name, access)); };
    constexpr auto rw = Access::read_write, ro = Access::read_only;
    const bool board = is_board(unit);
    bool ok = arena("baton", ro) && arena("board_a", unit == Unit::msm_a ? rw : ro) &&
              arena("board_b", unit == Unit::msm_b ? rw : ro) && arena("commands", ro) &&
              arena("tables", board ? ro : rw) && arena("fdb", board ? ro : rw) && arena("punt", board ? ro : rw) &&
              arena("routes", board ? ro : rw) && arena("fpm", board ? ro : rw) &&
              arena("acl", board ? ro : rw);
    for (const Unit each : {Unit::dataplane, Unit::msm_a, Unit::msm_b})
        ok = ok && give(unit, fmt::format("wake:{}", name_of(each)), wake_fd(each));
    if (board)
        ok = ok && arena("journal", ro) && give(unit, "session", run_dir_.session());
    else
        for (const auto& [name, fd] : kept_) ok = ok && give(unit, name, fd.get());
    ok = ok && send_note(of(unit).process.socket.get(), Note{.type = NoteType::begin});
    if (!ok) on_hang_up(unit);
    return ok;
}

// The order, and why a chassis or board that ends between any two steps does no harm:
//
//   1. empty the ring of the new term      nobody reads it before 4; its last writer, of term - 8, is dead
//   2. write the record                    readers believe it once its `term` says so, stored last
//   3. give the fds for writing            the board waits for the note; until 4 nothing it writes would be applied
//   4. store the grant word                the one store that makes the new master: from here on the applier reads its
//                                          ring and refuses every other term, so the old master's last words are void
//   5. note to the board, wake the applier
//
// Should the chassis end, everything ends with it. Should the board end at 3 or later, it was the holder, its end will
// be seen, and the next term goes to another; a record whose term was never in the grant word is only a gap in the
// history.
void Keeper::grant(const Action& action) {
    BatonPage& baton = arenas_.baton();
    const Slot slot = slot_of(action.unit);
    CommandRing& ring = arenas_.commands().rings[action.term % ring_count];
    ring.term.store(0, std::memory_order_relaxed);
    ring.written.store(0, std::memory_order_release);
    ring.term.store(action.term, std::memory_order_release);

    const Time now = monotonic_now();
    timespec wall{};
    ::clock_gettime(CLOCK_REALTIME, &wall);
    GrantRecord& record = baton.records[action.term % std::size(baton.records)];
    record.term.store(0, std::memory_order_release);
    record.lost_ns.store(action.lost.ns, std::memory_order_relaxed);
    record.granted_ns.store(now.ns, std::memory_order_relaxed);
    record.cause.store(action.cause, std::memory_order_relaxed);
    record.holder.store(static_cast<std::uint32_t>(slot) + 1, std::memory_order_relaxed);
    record.signal.store(action.signal, std::memory_order_relaxed);
    record.last_holder.store(action.last_holder == Slot::none ? 0 : static_cast<std::uint32_t>(action.last_holder) + 1,
                             std::memory_order_relaxed);
    record.wall_ns.store(wall.tv_sec * 1'000'000'000LL + wall.tv_nsec, std::memory_order_relaxed);
    record.term.store(action.term, std::memory_order_release);

    Note note{
        .type = NoteType::grant, .slot = static_cast<std::uint32_t>(slot), .term = action.term, .cause = action.cause};
    const bool given = give(action.unit, "journal", arenas_.fd("journal", Access::read_write)) &&
                       give(action.unit, "commands", arenas_.fd("commands", Access::read_write));
    baton.grant.store(GrantWord{action.term, slot}.word(), std::memory_order_seq_cst);
    const bool told = given && send_note(of(action.unit).process.socket.get(), note);
    wake(wake_fd(Unit::dataplane));
    if (action.last_holder != Slot::none) of(unit_of(action.last_holder)).succeeded_by = action.term;
    if (!told) on_hang_up(action.unit);
    hurry(action.unit);

    log::notice("baton granted slot={} term={} cause={} signal={} last={} vacant_us={}", name_of(slot), action.term,
                name_of(action.cause), action.signal, name_of(action.last_holder),
                action.lost == Time{} ? 0 : (now - action.lost).ns / 1000);
}

}  // namespace baton::chassis
