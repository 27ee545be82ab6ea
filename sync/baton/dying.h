// SPDX-License-Identifier: Apache-2.0
// A crashing board's last words. Its handler for SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL (and SIGSYS, SIGTRAP) does,
// with async-signal-safe means only and on its own stack:
//
//   1. words (cause, signal, thread, address, program counter) into the board page, `said` stored last
//   2. shutdown(fd 3): the chassis sees the hang-up at once and reads the words            ~0.2 ms after the fault
//   3. split off a process on the same memory, which closes every fd and dies of the same signal, at the lowest
//      priority: the core, if RLIMIT_CORE allows one
//   4. _exit: the kernel marks the life mutex, and the chassis grants the baton            ~0.1 ms later, whatever the
//   core
//
// Without steps 3 and 4 a core of 1 GB would hold the life mutex for 1.6 s (measured): the robust list is walked after
// the dump. The core has the crashing thread's registers and all memory; arenas are left out (MADV_DONTDUMP).
// A handler that is itself hit by a fault is ended by the kernel: words or not, the life mutex tells.
#pragma once

#include <string_view>

#include "sync/layout/board.h"

namespace baton::dying {

/// Board, in its main thread, once, right after life::hold: installs the handlers and the terminate handler (an
/// uncaught exception says what() first), and gives the main thread an alternate stack. `page` stays mapped until the
/// end.
void prepare(BoardPage& page);

/// Every other thread of the board that may overflow its stack: an alternate stack for it, until the thread ends.
void prepare_thread();

/// Says words with `cause` and ends the board as a crash does (core included): for what decided that it cannot go on,
/// such as the watchdog. Usable from any thread.
[[noreturn]] void speak_and_abort(Cause cause, std::string_view what);

}  // namespace baton::dying
