// SPDX-License-Identifier: Apache-2.0
// The main loop of the chassis. Everything that happens - a note from a child, the end of a thread or a process, a
// signal, the passing of time - becomes an Event for the Decider (sync/baton/decide.h); what it answers is done here.
// One thread; the watchers only wake it. keeper.cc turns the world into events, deeds.cc turns actions into deeds.
//
// After run() has begun nothing here waits for a child, and nothing that a child does or leaves undone is an error of
// the chassis: a child whose socket is full or closed is killed, and its end is an event like any other.
#pragma once

#include <array>
#include <deque>

#include "sync/baton/decide.h"
#include "sync/chassis/arenas.h"
#include "sync/chassis/door.h"
#include "sync/chassis/kept.h"
#include "sync/chassis/process.h"
#include "sync/chassis/run_dir.h"
#include "sync/chassis/watcher.h"

namespace baton::chassis {

class Keeper {
  public:
    /// SIGTERM, SIGINT, SIGHUP and SIGCHLD must be blocked before. Throws StartupError.
    Keeper(const Options& options, const Arenas& arenas, const RunDir& run_dir, bool huge);

    /// Starts everything; returns the exit code when all of it has ended.
    int run() noexcept;

  private:
    struct Child {
        Process process;
        std::uint64_t incarnation = 0;
        bool greeted = false;     // has said hello
        bool words_told = false;  // its dying words have been read
        bool lost = false;        // its main thread has ended
        std::uint64_t beats[critical_thread_count] = {};
        bool hurried = false;   // runs at its full priority
        Term succeeded_by = 0;  // the term that was granted because of its end
        Time started{};
    };
    enum class Source : std::uint32_t { signal, door, client, socket, process, life };

    Child& of(Unit unit) { return children_[index_of(unit)]; }

    BoardPage& page(Unit unit) { return arenas_.board(slot_of(unit)); }

    // keeper.cc
    void watch(int fd, Source source, std::size_t index);
    void unwatch_and_close(Fd& fd) const;
    void dispatch(Source source, std::size_t index);
    void happen(Event event);
    void on_signal();
    void on_socket(Unit unit);
    void on_note(Unit unit, ReceivedNote& received);
    void on_hang_up(Unit unit);
    void on_life(Unit unit);
    void on_lost(Unit unit, Time seen);
    void on_process(Unit unit);
    void tell_words(Unit unit, bool hung_up);
    void tick(Time now);
    int find_public(std::string_view name) const;

    // planes.cc
    Result<void> handle(NoteType what, Slot slot);
    enum class Out : std::uint8_t { no, reset, failed, removed };
    void plane_out(Unit unit, Out why);
    void plane_in(Unit unit);
    void set_plane(Unit unit, PlaneState state, std::string_view why);

    // deeds.cc
    void perform(const Action& action);
    void start(Unit unit);
    Launch launch_of(Unit unit) const;
    void kill(Unit unit);
    void hurry(Unit unit);
    bool provide(Unit unit);
    void grant(const Action& action);
    bool give(Unit unit, std::string_view name, int fd);

    int wake_fd(Unit unit) const { return wakes_[index_of(unit)].get(); }

    const Options& options_;
    const Arenas& arenas_;
    const RunDir& run_dir_;
    bool huge_;
    Identity board_identity_;
    Decider decider_;
    Fd epoll_, signals_;
    std::array<Fd, unit_count> wakes_;
    std::array<Child, unit_count> children_;
    Kept kept_;
    Out planes_[board_count] = {};
    Door door_;
    Watcher watchers_[board_count];
    std::deque<Event> events_;  // waiting to be decided: deciding one may cause others
    bool deciding_ = false;
    std::uint64_t incarnations_ = 0;
    Time next_tick_{};
    int asked_to_stop_ = 0;
};

}  // namespace baton::chassis
