// SPDX-License-Identifier: Apache-2.0
// A switch small enough to be right by inspection, made to do wrong on command: wires in this process, a MAC table,
// VLANs by port, and one Fault that strikes one frame of the tester's choosing. What the tester says of it must match.
#pragma once

#include <map>
#include <optional>

#include "bench/tester/frame.h"
#include "tests/unit/tester/fake_ports.h"

namespace baton::tester {

enum class Fault { none, drop, twice, swap, misdeliver, flood, corrupt, retag };

class FakeSwitch {
  public:
    struct Member {
        unsigned port;
        bool tagged;
    };

    FakeSwitch(unsigned ports, std::uint32_t slots) : ports_(ports, slots) {}

    /// The tester's end of a port.
    std::unique_ptr<End> end(unsigned port) { return ports_.end(port); }

    void vlan(VlanId id, std::vector<Member> members) { vlans_[id] = std::move(members); }

    /// `fault` strikes frame `sequence` of `flow`, once; `byte` is the one that corrupt damages, `port` where to
    /// misdeliver to.
    void plan_fault(Fault fault, unsigned flow, std::uint64_t sequence, unsigned byte = 0, unsigned port = 0) {
        fault_ = fault, fault_flow_ = flow, fault_sequence_ = sequence, fault_byte_ = byte, fault_port_ = port;
        struck_ = false;
    }

    bool struck() const { return struck_; }

    void stop_forwarding(bool stopped) { stopped_ = stopped; }  // takes frames, and loses them

    void stop_taking(bool stopped) { deaf_ = stopped; }  // takes none

    std::uint64_t turned_away() const { return ports_.turned_away(); }

    void turn(std::uint16_t run) {
        if (!deaf_)
            ports_.receive([&](unsigned port, Frame frame) {
                if (!stopped_) forward(port, std::move(frame), run);
            });
        if (held_ && ++held_turns_ > 100) send_held();
    }

  private:
    static std::uint64_t address(const Frame& frame, std::size_t at) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < 6; ++i) value = value << 8 | frame[at + i];
        return value;
    }

    void forward(unsigned port, Frame frame, std::uint16_t run) {
        const bool tagged = frame[12] == 0x81 && frame[13] == 0;
        VlanId vlan = tagged ? static_cast<VlanId>((frame[14] & 15) << 8 | frame[15]) : 0;
        for (const auto& [id, members] : vlans_)
            for (const auto& member : members)
                if (!tagged && member.port == port && !member.tagged) vlan = id;
        if (tagged) frame.erase(frame.begin() + 12, frame.begin() + 16);
        table_[{vlan, address(frame, 6)}] = port;
        std::vector<Member> to;
        const auto known = table_.find({vlan, address(frame, 0)});
        for (const auto& member : vlans_[vlan])
            if (member.port != port && (known == table_.end() || known->second == member.port)) to.push_back(member);

        const auto seen = look_at(frame, std::nullopt, run);
        const bool strike = fault_ != Fault::none && !struck_ && seen.look == Look::ours &&
                            seen.stamp.flow == fault_flow_ && seen.stamp.sequence == fault_sequence_;
        if (!strike) {
            for (const auto& member : to) send(member.port, member.tagged ? vlan : 0, frame);
            if (held_ && seen.look == Look::ours && seen.stamp.flow == fault_flow_) send_held();
            return;
        }
        struck_ = true;
        for (const auto& member : to) {
            const bool first = member.port == to.front().port;
            const VlanId tag = member.tagged ? vlan : 0;
            switch (first ? fault_ : Fault::none) {
                case Fault::drop: break;
                case Fault::twice: send(member.port, tag, frame), send(member.port, tag, frame); break;
                case Fault::swap: held_ = {member.port, tag, frame}, held_turns_ = 0; break;
                case Fault::misdeliver: send(fault_port_, 0, frame); break;
                case Fault::flood: send(member.port, tag, frame), send(fault_port_, 0, frame); break;
                case Fault::corrupt: {
                    Frame damaged = frame;
                    damaged[fault_byte_ % damaged.size()] ^= 0x10;
                    send(member.port, tag, damaged);
                    break;
                }
                case Fault::retag: send(member.port, tag ? 0 : 7, frame); break;
                case Fault::none: send(member.port, tag, frame); break;
            }
        }
    }

    void send(unsigned port, VlanId tag, Frame frame) { ports_.send(port, tag, std::move(frame)); }

    void send_held() {
        const auto held = std::exchange(held_, std::nullopt);
        send(held->port, held->tag, held->frame);
    }

    struct Held {
        unsigned port;
        VlanId tag;
        Frame frame;
    };

    FakePorts ports_;
    std::map<VlanId, std::vector<Member>> vlans_;
    std::map<std::pair<VlanId, std::uint64_t>, unsigned> table_;
    Fault fault_ = Fault::none;
    unsigned fault_flow_ = 0, fault_byte_ = 0, fault_port_ = 0;
    std::uint64_t fault_sequence_ = 0;
    bool struck_ = false, stopped_ = false, deaf_ = false;
    std::optional<Held> held_;
    unsigned held_turns_ = 0;
};

}  // namespace baton::tester
