// SPDX-License-Identifier: Apache-2.0
// The master's end of the CLI sessions, on the board's own loop. It accepts only between start() and stop(): the
// listening socket is the chassis's, both boards hold it, and a client that connects while nobody carries the baton
// waits in its backlog for the next master.
//
// What a client can do to the board is bounded: 64 sessions (the longest idle one gives way, its client connects anew
// without a word), 64 KB for a request, one command at a time in each, one piece of an answer in memory, 30 seconds to
// take it. A session that says what it should not is closed; nothing it says reaches further.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "controlplane/shell/identity.h"

namespace boost::asio {
class io_context;
}

namespace baton {

class Switch;

class SessionServer {
  public:
    struct Limits {
        std::size_t sessions = 64;
        int request_seconds = 10;                                           // from a request's length to its last byte
        int write_seconds = 30;                                             // for a client to take a piece
        std::function<Result<session::Peer>(int)> peer = session::peer_of;  // who is at the other end
    };

    /// `listening` is a listening unix stream socket; it is duplicated, and stays the caller's.
    SessionServer(boost::asio::io_context& loop, int listening, Switch& sw);
    SessionServer(boost::asio::io_context& loop, int listening, Switch& sw, Limits limits);
    ~SessionServer();

    void start();
    /// Accepts no more and closes all sessions. What was answered before is in the clients' sockets.
    void stop();

    std::size_t sessions() const;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace baton
