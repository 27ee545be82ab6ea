// SPDX-License-Identifier: Apache-2.0
// The client's wire to whoever carries the baton: connect, send a request, receive replies, each within a time.
// Blocking, because a client does one thing at a time; Ctrl-C ends any waiting.
#pragma once

#include <csignal>
#include <string>

#include "controlplane/shell/session.pb.h"
#include "sync/base/time.h"
#include "sync/region/arena.h"

namespace baton::session {

enum class Got { reply, broken, timeout, interrupted };

/// Set by the SIGINT handler of an interactive session.
extern volatile std::sig_atomic_t interrupted;

class Link {
  public:
    explicit Link(std::string path) : path_(std::move(path)) {}

    int fd() const { return socket_.get(); }

    bool is_open() const { return static_cast<bool>(socket_); }

    void close() { socket_.reset(); }

    /// False when the socket is absent or nobody listens on it; `why` says which.
    bool connect(std::string& why);

    /// False when the connection is broken.
    bool send(const Request& request, Time deadline);
    Got receive(Reply& reply, Time deadline);

    /// True when the other side has closed while nothing was asked of it.
    bool gone();

  private:
    Got fill(std::uint8_t* to, std::size_t size, Time deadline);
    Got wait(short events, Time deadline);

    std::string path_;
    Fd socket_;
};

}  // namespace baton::session
