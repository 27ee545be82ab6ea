// SPDX-License-Identifier: Apache-2.0
// What every program under the chassis does first: say hello over fd 3, collect the fds it is given until `begin`, and
// make sure that it does not outlive the chassis. Used by baton-dataplane and baton-msm, in main(), before any thread.
//
//   Child child(Slot::msm_a);                                      // throws StartupError
//   const Mapping page = child.map<BoardPage>("board_a", ArenaKind::board_a, Access::read_write);
//   ...
//   child.able();                                                  // later, over the same socket
//
// After `begin` the socket belongs to the caller's event loop: poll(child.socket()), then child.receive().
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sync/channel/backplane.h"

namespace baton {

class Child {
  public:
    /// `slot` for a board, Slot::none for the data plane. Blocks until `begin`. Throws StartupError when fd 3 is not
    /// the chassis's socket or the chassis is gone.
    explicit Child(Slot slot);

    /// Moves a given fd out; StartupError when the chassis did not give it (or it was taken already).
    Fd take(std::string_view name);

    /// The fd of that name, still owned here; -1 when it was not given.
    int find(std::string_view name) const;

    /// Every given fd whose name begins with `prefix`, moved out ("port/" for what an earlier incarnation kept).
    std::vector<std::pair<std::string, Fd>> take_all(std::string_view prefix);

    /// Maps the arena of that name; StartupError when it is not there or does not fit this program.
    template <class Root>
    Mapping map(std::string_view name, ArenaKind kind, Access access) const {
        auto mapping = map_arena(find(name), kind, fingerprint<Root>(), access);
        if (!mapping) throw StartupError{1, mapping.error().what};
        return std::move(*mapping);
    }

    int socket() const { return backplane_fd; }

    Slot slot() const { return slot_; }

    Receive receive(ReceivedNote& into, bool wait) const { return receive_note(backplane_fd, into, wait); }

    /// Each false when the chassis is gone; the caller then ends.
    bool able() const;
    bool release(Term term) const;
    bool reboot(Slot which, bool hard) const;
    bool diagnose(Slot which, bool extended) const;
    bool keep(std::string_view name, int fd) const;  // the chassis holds a copy for the next incarnation
    bool forget(std::string_view name) const;        // a `keep` without an fd

  private:
    Note note(NoteType type) const;

    Slot slot_;
    std::vector<std::pair<std::string, Fd>> given_;
};

/// Wakes whoever sleeps on that eventfd. Never blocks: a full counter means that a wake is pending anyway.
void wake(int eventfd);

}  // namespace baton
