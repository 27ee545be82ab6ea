// SPDX-License-Identifier: Apache-2.0
// A packet socket on a kernel interface (veth, tap, any NIC): recvmmsg and sendmmsg by the burst, past the queueing
// discipline, promiscuous, blind to what it sends itself. The kernel takes 802.1Q tags out of frames; they are read
// from the auxiliary data. Frames that its receive queue (32 MB) turned away come from PACKET_STATISTICS. A
// memory-mapped ring was refused: TPACKET_V3 holds a frame back for up to a block's timeout, 1 ms at the least.
#pragma once

#include <sys/socket.h>

#include <array>
#include <vector>

#include "bench/tester/end.h"
#include "sync/region/arena.h"

namespace baton::tester {

class PacketEnd final : public End {
  public:
    /// `netns`: a name in /run/netns, or empty for the caller's own.
    static Result<std::unique_ptr<End>> open(const std::string& netns, const std::string& interface);

    explicit PacketEnd(Fd socket);

    std::size_t largest() const override { return slot_size; }

    unsigned room(unsigned wanted) override { return wanted; }

    std::uint8_t* to_fill(unsigned n, std::size_t size) override;
    unsigned send(unsigned count) override;
    std::span<const Arrived> receive() override;

    void done() override {}

    Trouble trouble() override;

  private:
    static constexpr std::size_t slot_size = 9728;

    struct alignas(cmsghdr) Control {
        char bytes[64];
    };

    Fd socket_;
    Trouble trouble_;
    std::vector<std::uint8_t> out_bytes_, in_bytes_;
    std::array<iovec, burst_size> out_parts_{}, in_parts_{};
    std::array<mmsghdr, burst_size> out_{}, in_{};
    std::array<Control, burst_size> control_{};
    std::array<Arrived, burst_size> arrived_;
};

}  // namespace baton::tester
