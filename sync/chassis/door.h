// SPDX-License-Identifier: Apache-2.0
// What outside programs may ask for at chassis.sock: `want` a name, get it with its fd, or `none`. Wires
// ("port/1:1/wire") for a tester, and read-only arenas for whoever measures. Who may connect is a matter of the
// socket's mode (0660, group baton). A client that does not read is dropped; there are never more than a few.
//
// Root may also do with a board what hands can: `remove` it from its slot, and `insert` it again.
#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "sync/channel/backplane.h"

namespace baton::chassis {

class Door {
  public:
    using Find = std::function<int(std::string_view)>;  // the fd of a name, or -1

    using Handle = std::function<Result<void>(NoteType, Slot)>;  // remove or insert, by somebody who may

    /// `listener` non-blocking; both must outlive this.
    Door(int listener, int epoll, std::uint64_t tag, Find find, Handle handle);

    void accept();
    void serve(std::size_t client);  // by its number, as given in the epoll event: tag + number

    static constexpr std::size_t most_clients = 32;

  private:
    void part_with(Fd& client) const;
    Note answer(const Note& asked, int client, int& fd) const;

    int listener_, epoll_;
    std::uint64_t tag_;
    Find find_;
    Handle handle_;
    std::array<Fd, most_clients> clients_;
    std::size_t next_ = 0;  // when all are taken, the one that came first makes room
};

}  // namespace baton::chassis
