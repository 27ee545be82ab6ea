// SPDX-License-Identifier: Apache-2.0
// The ports of a fake switch or router: wires in this process, of which the tester has the other ends.
#pragma once

#include <algorithm>
#include <vector>

#include "bench/tester/wire_end.h"
#include "sync/base/ids.h"

namespace baton::tester {

using Frame = std::vector<std::uint8_t>;

class FakePorts {
  public:
    FakePorts(unsigned ports, std::uint32_t slots) {
        for (unsigned p = 0; p < ports; ++p) {
            fds_.push_back(std::move(create_wire(slots, 2048, Pages::small).value()));
            mappings_.push_back(std::move(
                map_arena(fds_[p].get(), ArenaKind::wire, fingerprint<WireArena>(), Access::read_write).value()));
            auto& arena = *mappings_[p].as<WireArena>();
            in_.emplace_back(arena, 0);
            out_.emplace_back(arena, 1);
            arena.switch_up = 1;
        }
    }

    /// The tester's end of a port.
    std::unique_ptr<End> end(unsigned port) {
        auto mapping = map_arena(fds_[port].get(), ArenaKind::wire, fingerprint<WireArena>(), Access::read_write);
        return std::make_unique<WirePeer>(std::move(mapping.value()));
    }

    /// Calls take(port, frame) for all that came in.
    template <class Take>
    void receive(Take&& take) {
        for (unsigned p = 0; p < in_.size(); ++p) {
            const auto count = in_[p].waiting(64);
            for (unsigned n = 0; n < count; ++n) {
                const auto& slot = in_[p].to_read(n);
                const auto* bytes = reinterpret_cast<const std::uint8_t*>(WireEnd::bytes(slot));
                take(p, Frame{bytes, bytes + slot.length});
            }
            in_[p].release(count);
        }
    }

    /// `frame` is untagged; it leaves with `tag`, unless that is 0.
    void send(unsigned port, VlanId tag, Frame frame) {
        if (tag) {
            const std::uint8_t bytes[] = {0x81, 0, static_cast<std::uint8_t>(tag >> 8), static_cast<std::uint8_t>(tag)};
            frame.insert(frame.begin() + 12, std::begin(bytes), std::end(bytes));
        }
        if (out_[port].room(1) == 0) {
            ++turned_away_;
            return;
        }
        auto& slot = out_[port].to_fill(0);
        slot.length = static_cast<std::uint32_t>(frame.size());
        std::copy(frame.begin(), frame.end(), reinterpret_cast<std::uint8_t*>(WireEnd::bytes(slot)));
        out_[port].publish(1);
    }

    std::uint64_t turned_away() const { return turned_away_; }

  private:
    std::vector<Fd> fds_;
    std::vector<Mapping> mappings_;
    std::vector<WireEnd> in_, out_;
    std::uint64_t turned_away_ = 0;
};

}  // namespace baton::tester
