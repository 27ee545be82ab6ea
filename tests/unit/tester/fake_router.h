// SPDX-License-Identifier: Apache-2.0
// A router small enough to be right by inspection, made to do wrong on command: interfaces (a port and a tag each), a
// table of prefixes with one next hop or several, an access list of UDP ports, and next hops that it asks for by ARP or
// neighbour solicitation as a real one does. One RouterFault strikes one packet of the tester's choosing.
#pragma once

#include <cstring>
#include <map>
#include <optional>
#include <set>

#include "bench/tester/packet.h"
#include "tests/unit/tester/fake_ports.h"

namespace baton::tester {

enum class RouterFault {
    none,
    drop,
    twice,
    swap,
    misdeliver,  // out of another port than where it goes
    flood,       // and out of another port as well
    retag,       // with another tag
    corrupt,     // one bit of the payload
    ttl_kept,
    ttl_twice,          // one less too many
    not_routed,         // sent as it came, MACs and all
    wrong_source,       // the MAC that it comes from
    wrong_hop,          // the MAC that it goes to
    wrong_ip_checksum,  // not mended after the time to live (IPv6: none there, so the UDP checksum)
    wrong_udp_checksum,
    rewritten,     // another destination address, all checksums right
    leak,          // forwarded although denied
    other_member,  // of several next hops, another one than the packets before it took
};

class FakeRouter {
  public:
    struct Hop {
        unsigned port;
        VlanId tag;
        Ip address;
    };

    struct Route {
        Ip prefix;
        unsigned bytes;  // of the prefix
        std::vector<Hop> hops;
    };

    struct Interface {
        unsigned port;
        VlanId tag;
        Ip address;
    };

    static constexpr Mac mac = Mac::of(0x02000000aaaa);

    FakeRouter(unsigned ports, std::uint32_t slots) : ports_(ports, slots) {}

    std::unique_ptr<End> end(unsigned port) { return ports_.end(port); }

    void interface(unsigned port, VlanId tag, const char* address) {
        interfaces_.push_back({port, tag, *Ip::parse(address)});
    }

    /// `hop`: nothing for the connected subnet, whose next hop is the destination itself.
    void route(const char* prefix, unsigned bytes, std::vector<std::tuple<unsigned, VlanId, const char*>> hops) {
        Route route{*Ip::parse(prefix), bytes, {}};
        for (const auto& [port, tag, hop] : hops) route.hops.push_back({port, tag, *hop ? *Ip::parse(hop) : Ip{}});
        routes_.push_back(std::move(route));
    }

    void deny(std::uint16_t port) { denied_.insert(port); }

    /// Strikes packet `sequence` of `flow`, once. `byte`: which of the payload; `port`: where else to.
    void plan_fault(RouterFault fault, unsigned flow, std::uint64_t sequence, unsigned byte = 0, unsigned port = 0) {
        fault_ = fault, fault_flow_ = flow, fault_sequence_ = sequence, fault_byte_ = byte, fault_port_ = port;
    }

    bool struck() const { return struck_; }

    void stop_answering(bool stopped) { dumb_ = stopped; }

    void change_hop(std::size_t route, std::size_t hop, const char* address) {
        routes_[route].hops[hop].address = *Ip::parse(address);
    }

    void turn(std::uint16_t) {
        ports_.receive([&](unsigned port, Frame frame) { take(port, std::move(frame)); });
        if (held_ && ++held_turns_ > 1000) send_held();
    }

    std::size_t neighbors() const { return neighbors_.size(); }

  private:
    struct Leaving {
        unsigned port;
        VlanId tag;
        Frame frame;
    };

    static std::uint32_t load(const std::uint8_t* at, int size) {
        std::uint32_t value = 0;
        for (int i = 0; i < size; ++i) value = value << 8 | at[i];
        return value;
    }

    static Mac mac_at(const Frame& frame, std::size_t at) {
        Mac mac;
        std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(at), 6, mac.bytes.begin());
        return mac;
    }

    void take(unsigned port, Frame frame) {
        VlanId tag = 0;
        if (frame[12] == 0x81 && frame[13] == 0) {
            tag = static_cast<VlanId>((frame[14] & 15) << 8 | frame[15]);
            frame.erase(frame.begin() + 12, frame.begin() + 16);
        }
        if (load(&frame[12], 2) == 0x0806) return arp(port, tag, frame);
        const bool v6 = load(&frame[12], 2) == 0x86dd;
        if (v6 && frame[20] == 58 && frame[54] >= 135 && frame[54] <= 136) return neighbor(port, tag, frame);
        if (mac_at(frame, 0) == mac) route(std::move(frame), v6);
    }

    void route(Frame frame, bool v6) {
        auto* ip = &frame[14];
        auto* l4 = ip + (v6 ? 40 : 20);
        const auto destination = Ip::of({ip + (v6 ? 24 : 16), v6 ? 16u : 4u});
        const auto source = Ip::of({ip + (v6 ? 8 : 12), v6 ? 16u : 4u});
        for (const auto& own : interfaces_)
            if (own.address == destination) return echo(std::move(frame), v6);
        const unsigned flow = load(l4 + 10, 2), sequence = load(l4 + 14, 4);
        const bool strike =
            fault_ != RouterFault::none && !struck_ && flow == fault_flow_ && sequence == fault_sequence_;
        if (denied_.count(static_cast<std::uint16_t>(load(l4 + 2, 2))) && !(strike && fault_ == RouterFault::leak))
            return;
        const Route* best = nullptr;
        for (const auto& candidate : routes_)
            if (candidate.prefix.size == destination.size &&
                std::equal(destination.bytes.begin(), destination.bytes.begin() + candidate.bytes,
                           candidate.prefix.bytes.begin()) &&
                (!best || candidate.bytes > best->bytes))
                best = &candidate;
        if (!best) return;
        std::size_t member =
            (destination.bytes[destination.size - 1] ^ source.bytes[source.size - 1]) % best->hops.size();
        if (strike && fault_ == RouterFault::other_member) member = (member + 1) % best->hops.size();
        const auto& hop = best->hops[member];
        const auto next = hop.address ? hop.address : destination;
        const auto known = neighbors_.find({hop.port, hop.tag, next.text()});
        if (known == neighbors_.end()) return resolve(hop, next);

        const Frame as_it_came = frame;
        std::memcpy(frame.data(), known->second.bytes.data(), 6);
        std::memcpy(frame.data() + 6, mac.bytes.data(), 6);
        --ip[v6 ? 7 : 8];
        mend(frame, v6, false);
        if (strike)
            wrong({hop.port, hop.tag, frame}, as_it_came, v6);
        else
            ports_.send(hop.port, hop.tag, frame);
        if (!strike && held_ && stream_of(frame, v6) == held_stream_) send_held();
    }

    /// Both addresses: whose packets must keep their order.
    static Frame stream_of(const Frame& frame, bool v6) {
        return v6 ? Frame(frame.begin() + 22, frame.begin() + 54) : Frame(frame.begin() + 26, frame.begin() + 34);
    }

    /// Makes the checksums right.
    static void mend(Frame& frame, bool v6, bool l4_too) {
        auto* ip = &frame[14];
        if (!v6) {
            ip[10] = ip[11] = 0;
            const auto sum = internet_checksum({ip, 20});
            std::memcpy(ip + 10, &sum, 2);
        }
        if (!l4_too) return;
        auto* l4 = ip + (v6 ? 40 : 20);
        l4[6] = l4[7] = 0;
        const auto size = v6 ? 16u : 4u;
        const auto sum = transport_checksum(Ip::of({ip + (v6 ? 8 : 12), size}), Ip::of({ip + (v6 ? 24 : 16), size}), 17,
                                            {l4, &frame[0] + frame.size()});
        std::memcpy(l4 + 6, &sum, 2);
    }

    void wrong(Leaving out, const Frame& as_it_came, bool v6) {
        struck_ = true;
        auto& frame = out.frame;
        auto* ip = &frame[14];
        auto* l4 = ip + (v6 ? 40 : 20);
        switch (fault_) {
            case RouterFault::none:
            case RouterFault::leak:
            case RouterFault::other_member: break;
            case RouterFault::drop: return;
            case RouterFault::twice: ports_.send(out.port, out.tag, frame); break;
            case RouterFault::swap:
                held_stream_ = stream_of(frame, v6);
                held_ = std::move(out);
                held_turns_ = 0;
                return;
            case RouterFault::misdeliver: out.port = fault_port_; break;
            case RouterFault::flood: ports_.send(fault_port_, 0, frame); break;
            case RouterFault::retag: out.tag = out.tag ? 0 : 7; break;
            case RouterFault::corrupt:
                l4[8 + fault_byte_ % (frame.size() - static_cast<std::size_t>(l4 + 8 - frame.data()))] ^= 4;
                break;
            case RouterFault::ttl_kept: ++ip[v6 ? 7 : 8], mend(frame, v6, false); break;
            case RouterFault::ttl_twice: --ip[v6 ? 7 : 8], mend(frame, v6, false); break;
            case RouterFault::not_routed: frame = as_it_came; break;
            case RouterFault::wrong_source: frame[11] ^= 1; break;
            case RouterFault::wrong_hop: frame[5] ^= 1; break;
            case RouterFault::wrong_ip_checksum: (v6 ? l4[7] : ip[11]) ^= 1; break;
            case RouterFault::wrong_udp_checksum: l4[6] ^= 0x80; break;
            case RouterFault::rewritten: ++ip[v6 ? 39 : 19], mend(frame, v6, true); break;
        }
        ports_.send(out.port, out.tag, std::move(frame));
    }

    /// An answer to an echo request, when that is what it is.
    void echo(Frame frame, bool v6) {
        auto* ip = &frame[14];
        auto* l4 = ip + (v6 ? 40 : 20);
        if (ip[v6 ? 6 : 9] != (v6 ? 58 : 1) || l4[0] != (v6 ? 128 : 8)) return;
        const auto source = Ip::of({ip + (v6 ? 8 : 12), v6 ? 16u : 4u});
        for (const auto& [where, host] : neighbors_) {
            if (std::get<2>(where) != source.text()) continue;
            std::memcpy(frame.data(), host.bytes.data(), 6);
            std::memcpy(frame.data() + 6, mac.bytes.data(), 6);
            const std::size_t size = v6 ? 16 : 4;
            std::swap_ranges(ip + (v6 ? 8 : 12), ip + (v6 ? 8 : 12) + size, ip + (v6 ? 24 : 16));
            ip[v6 ? 7 : 8] = 255;
            l4[0] = v6 ? 129 : 0;
            l4[2] = l4[3] = 0;
            const std::span<const std::uint8_t> message{l4, &frame[0] + frame.size()};
            const auto sum = v6 ? transport_checksum(Ip::of({ip + 8, 16}), Ip::of({ip + 24, 16}), 58, message)
                                : internet_checksum(message);
            std::memcpy(l4 + 2, &sum, 2);
            mend(frame, v6, false);
            ports_.send(std::get<0>(where), std::get<1>(where), std::move(frame));
            return;
        }
    }

    const Interface* own(unsigned port, VlanId tag, bool v6) const {
        for (const auto& one : interfaces_)
            if (one.port == port && one.tag == tag && one.address.v6() == v6) return &one;
        return nullptr;
    }

    void resolve(const Hop& hop, const Ip& next) {
        const auto* from = own(hop.port, hop.tag, next.v6());
        if (!from) return;
        Frame frame(next.v6() ? 86 : 60);
        std::memcpy(frame.data() + 6, mac.bytes.data(), 6);
        if (!next.v6()) {
            std::fill_n(frame.begin(), 6, std::uint8_t{0xff});
            put(frame, 12, {8, 6, 0, 1, 8, 0, 6, 4, 0, 1});
            put(frame, 22, mac.bytes);
            put(frame, 28, from->address.view());
            put(frame, 38, next.view());
        } else {
            put(frame, 0, {0x33, 0x33, 0xff, next.bytes[13], next.bytes[14], next.bytes[15]});
            put(frame, 12, {0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58, 255});
            put(frame, 22, from->address.view());
            put(frame, 38, Ip::parse("ff02::1:ff00:0")->view());
            put(frame, 51, std::span(next.bytes).subspan(13, 3));
            put(frame, 54, {135, 0});
            put(frame, 62, next.view());
            put(frame, 78, {1, 1});
            put(frame, 80, mac.bytes);
            const auto sum = transport_checksum(from->address, Ip::of(std::span(frame).subspan(38, 16)), 58,
                                                std::span(frame).subspan(54));
            std::memcpy(&frame[56], &sum, 2);
        }
        ports_.send(hop.port, hop.tag, std::move(frame));
    }

    static void put(Frame& frame, std::size_t at, std::span<const std::uint8_t> bytes) {
        std::copy(bytes.begin(), bytes.end(), frame.begin() + static_cast<std::ptrdiff_t>(at));
    }

    static void put(Frame& frame, std::size_t at, std::initializer_list<std::uint8_t> bytes) {
        put(frame, at, std::span(bytes.begin(), bytes.size()));
    }

    void arp(unsigned port, VlanId tag, const Frame& frame) {
        const auto sender = Ip::of(std::span(frame).subspan(28, 4)), target = Ip::of(std::span(frame).subspan(38, 4));
        const auto* at = own(port, tag, false);
        if (!at) return;
        neighbors_[{port, tag, sender.text()}] = mac_at(frame, 22);
        if (frame[21] != 1 || at->address != target || dumb_) return;
        Frame answer = frame;
        put(answer, 0, mac_at(frame, 22).bytes);
        put(answer, 6, mac.bytes);
        answer[21] = 2;
        put(answer, 22, mac.bytes);
        put(answer, 28, target.view());
        put(answer, 32, mac_at(frame, 22).bytes);
        put(answer, 38, sender.view());
        ports_.send(port, tag, std::move(answer));
    }

    /// Learns from advertisements that were asked for, and from the source of solicitations; answers those for itself.
    void neighbor(unsigned port, VlanId tag, const Frame& frame) {
        const auto source = Ip::of(std::span(frame).subspan(22, 16)), target = Ip::of(std::span(frame).subspan(62, 16));
        const auto* at = own(port, tag, true);
        const auto message = std::span(frame).subspan(54, 32);
        if (!at || transport_checksum(source, Ip::of(std::span(frame).subspan(38, 16)), 58, message) != 0) return;
        if (frame[54] == 136 && frame[58] & 0x40) neighbors_[{port, tag, target.text()}] = mac_at(frame, 80);
        if (frame[54] != 135) return;
        neighbors_[{port, tag, source.text()}] = mac_at(frame, 80);
        if (at->address != target || dumb_) return;
        Frame answer = frame;
        put(answer, 0, mac_at(frame, 80).bytes);
        put(answer, 6, mac.bytes);
        put(answer, 22, target.view());
        put(answer, 38, source.view());
        put(answer, 54, {136, 0, 0, 0, 0xe0});
        put(answer, 78, {2, 1});
        put(answer, 80, mac.bytes);
        const auto sum = transport_checksum(target, source, 58, std::span(answer).subspan(54));
        std::memcpy(&answer[56], &sum, 2);
        ports_.send(port, tag, std::move(answer));
    }

    void send_held() {
        const auto held = std::exchange(held_, std::nullopt);
        ports_.send(held->port, held->tag, held->frame);
    }

    FakePorts ports_;
    std::vector<Interface> interfaces_;
    std::vector<Route> routes_;
    std::set<std::uint16_t> denied_;
    std::map<std::tuple<unsigned, VlanId, std::string>, Mac> neighbors_;
    RouterFault fault_ = RouterFault::none;
    unsigned fault_flow_ = 0, fault_byte_ = 0, fault_port_ = 0;
    std::uint64_t fault_sequence_ = 0;
    bool struck_ = false, dumb_ = false;
    std::optional<Leaving> held_;
    Frame held_stream_;
    unsigned held_turns_ = 0;
};

}  // namespace baton::tester
