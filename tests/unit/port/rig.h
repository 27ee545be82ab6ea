// SPDX-License-Identifier: Apache-2.0
// What the port tests stand on: one EAL without huge pages, a private network namespace for the whole process
// (main.cc), ports opened from their text as the data plane does it, and neighbours: the far end of a cable, by a
// packet socket or by the other end of a wire. Test frames carry EtherType 0x88b5 (IEEE 802, local experiments), so
// that what the kernel says by itself on an interface is told from them.
#pragma once

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "dataplane/port/port.h"
#include "sync/channel/wire.h"

namespace baton::rig {

using Frame = std::vector<std::uint8_t>;
using Clock = std::chrono::steady_clock;

inline constexpr std::uint32_t max_frame = 9216;

/// Why the tests with ports cannot run here (no root, no namespace); "" when they can.
extern std::string cannot_run;
rte_mempool* pool();

/// Runs a command of iproute2; false when it failed.
bool command(const std::string& line);

/// A frame of `size` bytes (at least 22) with a number in it and bytes drawn from it.
Frame frame_of(std::size_t size, std::uint64_t number);
/// The number, if it is a test frame.
std::optional<std::uint64_t> number_of(const std::uint8_t* bytes, std::size_t size);

/// Until `done` says so, at most `ms`.
template <class Done>
bool within(int ms, Done done) {
    for (const auto end = Clock::now() + std::chrono::milliseconds(ms); Clock::now() < end;)
        if (done()) return true;
    return done();
}

class Neighbour {
  public:
    virtual ~Neighbour() = default;
    virtual bool send(const Frame& frame) = 0;
    virtual std::optional<Frame> receive() = 0;  // test frames only; nothing when none waits
};

/// On an interface, by AF_PACKET: what it sends leaves through it; it hears what comes in.
std::unique_ptr<Neighbour> on_interface(const std::string& name);
/// The peer's end of a wire.
std::unique_ptr<Neighbour> on_wire(int fd);

/// Ports opened from text; what they keep is kept here and can be given to the next.
class Opened {
  public:
    explicit Opened(const std::string& text, KeptFds kept = {}, Pages pages = Pages::small);

    Port& port() { return *ports_.front(); }

    std::map<std::string, Fd>& kept() { return kept_; }

    /// All test frames that arrive until `count` of them did, or `ms` passed.
    std::vector<Frame> receive(std::size_t count, int ms = 2000);
    /// Sends one burst; false when the port did not take all of it in time.
    bool transmit(const std::vector<Frame>& frames);

  private:
    std::map<std::string, Fd> kept_;
    std::vector<std::unique_ptr<Port>> ports_;
};

/// A veth pair, both ends up, jumbo, without offloads; `port` is the switch's end.
struct Veth {
    Veth();
    ~Veth();
    std::string port, peer;
};

/// A name for an interface that no other test of this run uses.
std::string fresh_interface();

}  // namespace baton::rig

#define NEEDS_PORTS() \
    if (!::baton::rig::cannot_run.empty()) GTEST_SKIP() << ::baton::rig::cannot_run
