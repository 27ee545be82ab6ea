// SPDX-License-Identifier: Apache-2.0
// The engine with everything around it that a test needs: a configuration, links, a clock that the test moves, the data
// plane's view of the neighbours, and a slave that knows what was journalled and nothing else.
//
//   VLAN 10  10.0.0.1/24  2001:db8:10::1/64  fe80::1/64   ports 3 and 4
//   VLAN 20  10.0.20.1/24                                  port 5
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "controlplane/arp/arp_frame.h"
#include "controlplane/arp/ethernet.h"
#include "controlplane/arp/machine.h"
#include "controlplane/arp/nd_frame.h"

namespace baton::arp::test {

inline const Mac own_mac = *Mac::parse("02:ba:70:00:00:01");

inline Mac mac_of(unsigned host) {
    return Mac::of(0x02aa00000000ull | host);
}

inline IpAddress ip(std::string_view text) {
    return *IpAddress::parse(text);
}

inline Key key(VlanId vlan, std::string_view address) {
    return {vlan, ip(address)};
}

inline Config plain_config() {
    Config config;
    config.mac = own_mac;
    config.vlans[10] = {*IpInterface::parse("10.0.0.1/24"), *IpInterface::parse("2001:db8:10::1/64"),
                        *IpInterface::parse("fe80::1/64")};
    config.vlans[20] = {*IpInterface::parse("10.0.20.1/24")};
    return config;
}

inline Links plain_links() {
    Links links;
    for (const PortId port : {3, 4, 5}) links.ports.set(port);
    links.vlans.set(10);
    links.vlans.set(20);
    return links;
}

/// Does what a journal does: the values that the changed entries have now, or that they are gone.
inline void journal(const Actions& actions, const Database& from, Database& to) {
    for (const Key& at : actions.changed)
        if (const Neighbor* neighbor = from.neighbors.find(at))
            to.neighbors.put(at, *neighbor);
        else
            to.neighbors.erase(at);
    for (const Key& at : actions.own_changed)
        if (const Own* one = from.own.find(at))
            to.own.put(at, *one);
        else
            to.own.erase(at);
}

class Router {
  public:
    using Step = std::function<void(State&, Time, Actions&)>;

    /// Up, with the first announcements said.
    explicit Router(bool settled = true) {
        take([](State& state, Time now, Actions& actions) {
            on_takeover(state, plain_config(), plain_links(), now, actions);
        });
        if (settled) pass(seconds(60));
    }

    /// One call of the engine and what follows from it.
    Actions take(const Step& step) {
        Actions actions;
        step(state, now, actions);
        journal(actions, state.database, slave);
        EXPECT_EQ(slave, state.database) << "something changed that was not journalled";
        for (const Program& program : actions.programs) {
            if (program.mac == Mac{})
                programmed.erase(program.key);
            else
                programmed[program.key] = program.mac;
        }
        return actions;
    }

    Actions hear(VlanId vlan, PortId port, const std::vector<std::uint8_t>& frame) {
        return take(
            [&](State& state, Time now, Actions& actions) { on_frame(state, vlan, port, frame, now, actions); });
    }

    Actions resolve(VlanId vlan, std::string_view address) {
        return take(
            [&](State& state, Time now, Actions& actions) { on_resolve(state, key(vlan, address), now, actions); });
    }

    Actions configure(const Config& config) {
        return take([&](State& state, Time now, Actions& actions) { on_config(state, config, now, actions); });
    }

    Actions link(const Links& links) {
        return take([&](State& state, Time now, Actions& actions) { on_link(state, links, now, actions); });
    }

    Actions tick() {
        return take([](State& state, Time now, Actions& actions) { on_tick(state, now, actions); });
    }

    /// Goes through time, waking when the engine asks for it; all that it did.
    Actions pass(Duration time) {
        Actions all;
        const Time end = now + time;
        for (int rounds = 0; next_due(state) <= end; ++rounds) {
            if (rounds == 100000) {
                ADD_FAILURE() << "it is never done";
                return all;
            }
            now = std::max(now, next_due(state));
            const Actions some = tick();
            all.changed.insert(some.changed.begin(), some.changed.end());
            all.own_changed.insert(some.own_changed.begin(), some.own_changed.end());
            all.programs.insert(all.programs.end(), some.programs.begin(), some.programs.end());
            all.frames.insert(all.frames.end(), some.frames.begin(), some.frames.end());
            all.notes.insert(all.notes.end(), some.notes.begin(), some.notes.end());
        }
        now = end;
        return all;
    }

    const Neighbor* find(VlanId vlan, std::string_view address) const {
        return state.database.neighbors.find(key(vlan, address));
    }

    /// "reachable 02:aa:00:00:00:05", or "gone".
    std::string at(VlanId vlan, std::string_view address) const {
        const Neighbor* neighbor = find(vlan, address);
        if (!neighbor) return "gone";
        const std::string phase(phase_names[static_cast<std::size_t>(neighbor->phase)]);
        return has_mac(neighbor->phase) ? phase + " " + neighbor->mac.text() : phase;
    }

    State state;
    Time now{1'000'000'000'000};
    Database slave;
    std::map<Key, Mac> programmed;
};

/// ARP as a host sends it.
inline std::vector<std::uint8_t> host_asks(unsigned host, std::string_view sender, std::string_view target) {
    return arp_request(mac_of(host), ip(sender), ip(target), std::nullopt);
}

inline std::vector<std::uint8_t> host_answers(unsigned host, std::string_view sender,
                                              std::string_view target = "10.0.0.1") {
    auto frame = arp_request(mac_of(host), ip(sender), ip(target), own_mac);
    frame[21] = 2;
    return frame;
}

/// Neighbour discovery as a host sends it. `flags`: S 4, O 2 (in units of the top bits: R 8).
std::vector<std::uint8_t> host_advertises(unsigned host, std::string_view address, unsigned flags,
                                          std::string_view to = "2001:db8:10::1", bool with_option = true);
std::vector<std::uint8_t> host_solicits(unsigned host, std::string_view source, std::string_view target);
std::vector<std::uint8_t> host_seeks_routers(unsigned host, std::string_view source);

/// Puts the right checksum into a message of neighbour discovery without tag.
void mend_checksum(std::vector<std::uint8_t>& frame);

}  // namespace baton::arp::test
