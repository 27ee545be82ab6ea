// SPDX-License-Identifier: Apache-2.0
// What the chassis and the processes it started say to each other: fixed-size notes over a SOCK_SEQPACKET socket, at
// most one fd with each. A child finds its end as fd 3 (backplane_fd). Configuration and frames never travel here.
//
//   child -> chassis            chassis -> child
//   hello                       give (name, fd) for each arena and socket, then begin
//   keep (name, fd)             -                                the chassis holds the fd for the next incarnation
//   want (name)                 give (name, fd), or none (name)
//   able                        -                                a slave: "I follow, and could take the baton"
//   -                           grant (term, cause)              the baton
//   release (term)              -                                the master: "I have stopped; let the slave carry on"
//   reboot (slot, hard)         -                                the master asks for a board to be restarted
//   diagnose (slot, hard)       diagnose (hard)                  the master asks a board to examine itself; hard: wholly
//   -                           leave                            end, please (SIGKILL follows)
//
// The same notes, over the public socket (chassis.sock), serve outside programs: want (name) for wires, and state; and,
// from root only, remove (slot) and insert (slot), answered by done, or none with a sentence.
// Names of fds: the arenas' names; "wake:msm-a", "wake:msm-b", "wake:dataplane" (eventfds: write 8 bytes to wake);
// "session" (the listening socket of the CLI); what the data plane keeps: "port/1:3/..." ("port/1:3/wire").
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sync/base/ids.h"
#include "sync/base/result.h"
#include "sync/layout/baton.h"
#include "sync/region/arena.h"

namespace baton {

inline constexpr int backplane_fd = 3;

enum class NoteType : std::uint32_t {
    hello = 1, give, begin, keep, want, none, able, grant, release, reboot, leave, diagnose, remove, insert, done,
};

struct Note {
    NoteType type{};
    std::uint32_t slot = 0;     // of the board concerned
    std::uint64_t term = 0;
    Cause cause{};
    std::uint32_t hard = 0;     // reboot: kill at once; diagnose: extended
    char name[64] = {};
    char text[128] = {};

    std::string_view name_view() const;
    void set_name(std::string_view from);   // cut to fit
    void set_text(std::string_view from);
};
static_assert(sizeof(Note) == 216);

struct ReceivedNote {
    Note note;
    Fd fd;                  // if one came along
};

enum class Receive { note, nothing_yet, closed };

/// Sends one note; false when the other side is gone or its queue is full.
bool send_note(int socket, const Note& note, int fd = -1);

/// Receives one note. `wait` false: returns nothing_yet at once when there is none. A note of another size is `closed`.
Receive receive_note(int socket, ReceivedNote& into, bool wait);

}  // namespace baton
