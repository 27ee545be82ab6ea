// SPDX-License-Identifier: Apache-2.0
// The robust mutex in a board's page. The board's main thread locks it and never unlocks it; when that thread ends, for
// whatever reason, the kernel marks the mutex as ownerless at the very start of the exit, before memory is torn down.
// Measured: 0.1-0.2 ms after SIGKILL, while a pidfd or a socket says so after 65 ms per GB of private memory.
//
// The chassis does not lock the mutex: it sleeps on the lock word itself, as a waiter does (FUTEX_WAITERS), until the
// kernel sets FUTEX_OWNER_DIED. So it owns nothing that it would have to give back, may stop waiting at any time, and a
// board that scribbles over its own page cannot hold it: the pidfd is the second witness.
//
//   chassis                          board, main thread
//   life::reset(page)   ->  start    life::hold(page)   right after `begin`
//   life::wait(...)                  ...dies            -> ended
#pragma once

#include "sync/base/result.h"
#include "sync/base/time.h"
#include "sync/layout/board.h"

namespace baton::life {

/// Chassis, while no incarnation of the board runs: makes the mutex new and clears what belonged to the last
/// incarnation (heartbeats, role, term, positions, dying words). Punt cursors stay: the next master goes on from them.
void reset(BoardPage& page);

/// Board, in its main thread, once: locks the mutex for life and publishes the pid.
Result<void> hold(BoardPage& page);

enum class Sign { ended, running, not_yet };

/// Chassis: sleeps until the holder's thread ends, or `at_most` has passed. `not_yet`: nobody held it all that time.
/// `ended` is what the page says, and the board can write the page: see is_ending().
Sign wait(BoardPage& page, Duration at_most);

/// What the kernel says of that process's main thread, which no stray write can forge: it has begun its exit (and so
/// has executed its last instruction), or is gone. About 20 us.
bool is_ending(int pid);

}  // namespace baton::life
