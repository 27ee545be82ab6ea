// SPDX-License-Identifier: Apache-2.0
// What ports ask of kernel interfaces: by name, in the data plane's own network namespace; and for a tun fd, the drops
// of its interface in whatever namespace that is now. Start-up and the applier only, never a worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sync/base/mac.h"
#include "sync/base/result.h"
#include "sync/region/arena.h"

namespace baton {

class Interface {
  public:
    explicit Interface(std::string name);

    unsigned index() const { return index_; }  // 0: there is no such interface

    const std::string& name() const { return name_; }

    bool running() const;  // up, and with carrier
    Result<void> set_up(bool up) const;
    Result<void> set_mtu(std::uint32_t mtu) const;
    Result<void> set_queue_length(std::uint32_t frames) const;
    std::uint32_t mtu() const;
    std::optional<Mac> mac() const;
    std::uint32_t speed_mbps() const;  // 0: unknown

  private:
    Error fault(const std::string& what) const;

    std::string name_;
    unsigned index_;
    Fd socket_;
};

/// A tun interface by its fd, wherever it is now: it may have been moved to another network namespace and renamed.
///
/// Up: poll(POLLOUT), one system call of 0.3 us. Since Linux 5.2 the tun driver grants it only while the interface has
/// IFF_UP. Refused: SIOCGIFFLAGS by name, blind after a move; write() and its EIO, which needs a frame to write.
///
/// Drops: frames that found the queue towards the fd full, since this object was made. The fd says where the interface
/// went (TUNGETDEVNETNS), and a routing socket is opened there whenever that changed; needs CAP_SYS_ADMIN for
/// interfaces that were moved, and counts no further without it.
class Tun {
  public:
    explicit Tun(Fd fd);

    int fd() const { return fd_.get(); }

    bool up() const;
    void set_carrier(bool carrier) const;
    std::uint64_t drops();

    /// The fd that a driver in this process holds for tun interface `name`; a copy of it.
    static Result<Fd> held_by_driver(const std::string& name);

  private:
    std::optional<std::uint64_t> total();

    Fd fd_;
    Fd socket_;
    std::uint64_t namespace_ = 0;  // inode that socket_ was opened in
    std::uint64_t before_ = 0, last_ = 0;
};

}  // namespace baton
