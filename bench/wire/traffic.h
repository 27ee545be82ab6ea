// SPDX-License-Identifier: Apache-2.0
// The neighbours: frames with source and destination drawn for each of them, so that N addresses are really N
// addresses, and a sink. The draws are made beforehand (4 M pairs, read in order), because drawing costs as much as
// switching. A frame into one wire is from an address that lives there to one that lives at the other.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "bench/wire/rig.h"

namespace baton::bench {

inline constexpr std::uint32_t frame_size = 60;  // 64 on a cable, with the FCS

class Neighbours {
  public:
    explicit Neighbours(const Rig& rig, std::uint64_t macs) {
        const Routed* routed = rig.routed();
        const std::uint64_t half = std::max<std::uint64_t>(macs / 2, 1);
        const std::size_t count = (routed ? routed->count() : macs) <= 2 ? 1024 : 1 << 22;
        std::mt19937_64 random(macs);
        for (auto& side : draws_) side.reserve(count);
        for (std::size_t i = 0; i < count; ++i)
            for (unsigned port = 0; port < 2; ++port)
                draws_[port].push_back(
                    routed ? packet(*routed, port, random())
                           : frame(Rig::mac(random() % half * 2 + (1 - port)), Rig::mac(random() % half * 2 + port)));
    }

    /// Puts up to `count` frames into the wire of `port`; how many went.
    std::uint32_t fill(Rig& rig, unsigned port, std::uint32_t count) {
        WireEnd& end = rig.into(port);
        const std::uint32_t room = end.room(count);
        const auto& draws = draws_[port];
        for (std::uint32_t i = 0; i < room; ++i) {
            const Draw& draw = draws[next_[port]];
            next_[port] = next_[port] + 1 == draws.size() ? 0 : next_[port] + 1;
            WireSlot& slot = end.to_fill(i);
            slot.length = frame_size;
            write(WireEnd::bytes(slot), draw);
        }
        if (room != 0) end.publish(room);
        return room;
    }

    /// Takes up to `count` frames out of the wire of `port`; how many there were.
    std::uint32_t drain(Rig& rig, unsigned port, std::uint32_t count) {
        WireEnd& end = rig.out_of(port);
        const std::uint32_t waiting = end.waiting(count);
        for (std::uint32_t i = 0; i < waiting; ++i) {
            std::uint64_t head;
            std::memcpy(&head, WireEnd::bytes(end.to_read(i)), sizeof head);
            seen_ ^= head;
        }
        if (waiting != 0) end.release(waiting);
        return waiting;
    }

  private:
    struct Draw {
        std::uint64_t words[5];  // what differs from frame to frame, as it lies in it
    };

    static Draw frame(std::uint64_t to, std::uint64_t from) {
        return {{__builtin_bswap64(to << 16 | from >> 32), __builtin_bswap64(from << 32 | 0x88b50000), 1, 2, 3}};
    }

    /// UDP from the first next hop of this side's VLAN to somewhere behind the other's.
    static Draw packet(const Routed& routed, unsigned port, std::uint64_t random) {
        const auto here = static_cast<VlanId>(port + 1), there = static_cast<VlanId>(2 - port);
        constexpr std::uint64_t to_router = Routed::router;
        const std::uint64_t from = Routed::mac(here, static_cast<unsigned>(random % Routed::next_hops));
        const std::uint64_t source = 0x0a000002u + (here << 16), destination = routed.address(there, random);
        constexpr std::uint64_t total_length = frame_size - 14, ttl_and_udp = 64 << 8 | 17;
        std::uint64_t sum = 0x4500 + total_length + ttl_and_udp + (source >> 16) + (source & 0xffff) +
                            (destination >> 16) + (destination & 0xffff);
        while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
        return {{__builtin_bswap64(to_router << 16 | from >> 32), __builtin_bswap64(from << 32 | 0x08004500),
                 __builtin_bswap64(total_length << 48 | ttl_and_udp),
                 __builtin_bswap64((~sum & 0xffff) << 48 | source << 16 | destination >> 16),
                 __builtin_bswap64(destination << 48 | 1000ull << 32 | 2000ull << 16 | (total_length - 20))}};
    }

    static void write(std::byte* at, const Draw& draw) {
        const std::uint64_t words[8] = {
            draw.words[0], draw.words[1], draw.words[2], draw.words[3], draw.words[4], 4, 5, 6};
        std::memcpy(at, words, sizeof words);
    }

    std::array<std::vector<Draw>, 2> draws_;
    std::size_t next_[2] = {};
    std::uint64_t seen_ = 0;
};

}  // namespace baton::bench
