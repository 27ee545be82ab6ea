// SPDX-License-Identifier: Apache-2.0
// Where zebra's forwarding plane manager connects (dplane_fpm_nl, 127.0.0.1:2620 in the routing namespace). It belongs
// to the data plane because zebra comes back only every 3 s: a board that took over would have no routes told that
// long. Messages are framed, not understood, and put into the FPM ring, from where the master takes them at its own
// pace:
//
//   frame = version 1, type 1 (netlink), length:16 of all of it, netlink messages
//
// A full ring stops the reading, so zebra waits and nothing is lost. What is no frame ends the connection: zebra comes
// again and says everything. A second connection takes the first one's place, since zebra has only one.
#pragma once

#include <functional>
#include <vector>

#include "dataplane/router/namespace.h"
#include "sync/channel/fpm_ring.h"
#include "sync/region/arena.h"

namespace baton {

class FpmEndpoint {
  public:
    static constexpr std::uint16_t port = 2620;

    struct Setup {
        FpmArena* arena = nullptr;
        const BoardPage* board_a = nullptr;
        const BoardPage* board_b = nullptr;
        std::function<void()> wake_boards;
        std::function<void(int fd, bool watch)> watch;  // a connection that is to be read, or not
    };

    explicit FpmEndpoint(Setup setup);

    /// The listening socket, in the calling thread's namespace; `kept`: an earlier data plane's.
    static Result<Fd> listen(Fd kept, const Namespace& where, std::uint16_t port = FpmEndpoint::port);

    /// Somebody waits at `listener`.
    void accept(int listener);

    /// The connection has something to say, or has ended.
    void read();

    /// Puts into the ring what there was no room for. Call while blocked().
    void pump();

    bool blocked() const { return blocked_; }

    /// Ends the connection, so that zebra says everything again.
    void close(std::string_view why);

  private:
    enum class State { idle, opening, open, closing };

    bool step();
    bool push_frames();
    bool push(FpmRecordKind kind, std::span<const std::uint8_t> bytes = {});
    void want_to_read(bool want);

    Setup setup_;
    FpmWriter writer_;
    State state_ = State::idle;
    Fd connection_, next_;
    std::vector<std::uint8_t> buffer_;
    std::size_t begin_ = 0, end_ = 0;  // of what is in the buffer
    bool blocked_ = false;
    bool reading_ = false;
    bool pushed_ = false;
};

}  // namespace baton
