// SPDX-License-Identifier: Apache-2.0
// The peer's end of a wire (end 1): sends into lane 0, receives from lane 1. A receive ring that is found quite full
// may have turned frames away: that is this end's trouble, not the switch's.
#pragma once

#include <array>

#include "bench/tester/end.h"
#include "sync/channel/wire.h"

namespace baton::tester {

class WirePeer final : public End {
  public:
    /// Frames that wait from before are thrown away, and the link goes up.
    static Result<std::unique_ptr<End>> attach(Fd fd);

    explicit WirePeer(Mapping mapping);
    ~WirePeer() override;

    std::size_t largest() const override { return out_.largest_frame(); }

    bool link_up() const override { return arena().switch_up.load(std::memory_order_acquire) != 0; }

    unsigned room(unsigned wanted) override { return out_.room(wanted); }

    std::uint8_t* to_fill(unsigned n, std::size_t size) override;
    unsigned send(unsigned count) override;
    std::span<const Arrived> receive() override;
    void done() override;

    Trouble trouble() override { return trouble_; }

  private:
    WireArena& arena() const { return *mapping_.as<WireArena>(); }

    Mapping mapping_;
    WireEnd out_, in_;
    Trouble trouble_;
    std::array<Arrived, burst_size> arrived_;
    unsigned held_ = 0;
};

/// Asks the chassis that listens at `socket_path` for the wire behind `port` ("1:1").
Result<Fd> ask_for_wire(const std::string& socket_path, std::string_view port);

}  // namespace baton::tester
