// SPDX-License-Identifier: Apache-2.0
// The neighbours: frames with source and destination drawn for each of them, so that N addresses are really N
// addresses, and a sink. The draws are made beforehand (4 M pairs, read in order), because drawing costs as much as
// switching. A frame into one wire is from an address that lives there to one that lives at the partner: the wire whose
// number is that of this one xor `partner`. Each frame bears its number, so that order can be seen.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "bench/wire/rig.h"

namespace baton::bench {

inline constexpr std::uint32_t frame_size = 60;  // 64 on a cable, with the FCS

/// Who speaks: everybody, or one address behind each wire, which hides what learning costs.
enum class Sources { drawn, one };

class Neighbours {
  public:
    explicit Neighbours(std::uint64_t macs, Sources sources = Sources::drawn, unsigned ports = 2, unsigned partner = 1)
        : draws_(ports), next_(ports), number_(ports), came_(ports), partner_(partner) {
        const std::uint64_t each = std::max<std::uint64_t>(macs / ports, 1);
        const std::size_t count = macs <= ports ? 1024 : (1 << 23) / ports;
        std::mt19937_64 random(macs);
        for (auto& side : draws_) side.reserve(count);
        for (std::size_t i = 0; i < count; ++i)
            for (unsigned port = 0; port < ports; ++port) {
                const std::uint64_t to = random() % each * ports + (port ^ partner);
                const std::uint64_t from = random() % each * ports + port;
                draws_[port].push_back(frame(Rig::mac(to), Rig::mac(sources == Sources::drawn ? from : port)));
            }
    }

    /// UDP from a next hop of each side's VLAN, to addresses drawn from all prefixes behind the other's.
    static Neighbours of_packets(const Routed& routed) {
        Neighbours made(2);
        std::mt19937_64 random(routed.count());
        for (unsigned port = 0; port < 2; ++port) {
            made.draws_[port].clear();
            for (std::size_t i = 0; i < (routed.count() <= 2 ? 1024u : 1u << 22); ++i)
                made.draws_[port].push_back(packet(routed, port, random()));
        }
        return made;
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
            write(WireEnd::bytes(slot), draw, number_[port]++);
        }
        if (room != 0) end.publish(room);
        return room;
    }

    /// Takes up to `count` frames out of the wire of `port`; how many there were.
    std::uint32_t drain(Rig& rig, unsigned port, std::uint32_t count) {
        WireEnd& end = rig.out_of(port);
        const std::uint32_t waiting = end.waiting(count);
        for (std::uint32_t i = 0; i < waiting; ++i) {
            std::uint64_t number;
            std::memcpy(&number, WireEnd::bytes(end.to_read(i)) + 40, sizeof number);
            std::uint64_t& next = came_[port ^ partner_];
            disorder_ += number < next;
            next = number + 1;
        }
        if (waiting != 0) end.release(waiting);
        return waiting;
    }

    /// Frames that came behind a later one of the same wire.
    std::uint64_t disorder() const { return disorder_; }

  private:
    struct Draw {
        std::uint64_t words[5];  // what differs from frame to frame, as it lies in it
    };

    static Draw frame(std::uint64_t to, std::uint64_t from) {
        return {{__builtin_bswap64(to << 16 | from >> 32), __builtin_bswap64(from << 32 | 0x88b50000), 1, 2, 3}};
    }

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

    static void write(std::byte* at, const Draw& draw, std::uint64_t number) {
        const std::uint64_t words[8] = {
            draw.words[0], draw.words[1], draw.words[2], draw.words[3], draw.words[4], number, 5, 6};
        std::memcpy(at, words, sizeof words);
    }

    std::vector<std::vector<Draw>> draws_;
    std::vector<std::size_t> next_;
    std::vector<std::uint64_t> number_, came_;
    unsigned partner_;
    std::uint64_t disorder_ = 0;
};

}  // namespace baton::bench
