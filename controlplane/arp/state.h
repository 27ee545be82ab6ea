// SPDX-License-Identifier: Apache-2.0
// What is known of the neighbours, of both families. The database is what boards share: every change of it is
// journalled before it has any effect, as the value that it then has. Configuration and links are each board's own
// view of what both see, and only the master needs it.
//
//                 MAC known   waits for
//   incomplete    no          an answer; asked by broadcast (or multicast) once a second
//   failed        no          the end of its time: until then it is not asked again
//   reachable     yes         nine tenths of its time (with refresh), or the end of it
//   delay         yes         5 s: it spoke, but did not answer us (RFC 4861 STALE and DELAY in one)
//   probe         yes         an answer; asked by unicast once a second
//   permanent     yes         nothing: the operator said it
#pragma once

#include <bitset>
#include <map>
#include <vector>

#include "controlplane/arp/timetable.h"
#include "sync/base/ids.h"
#include "sync/base/ip.h"
#include "sync/base/mac.h"

namespace baton::arp {

/// An address means something on its own VLAN only.
struct Key {
    VlanId vlan = 0;
    IpAddress address;
    friend constexpr auto operator<=>(const Key&, const Key&) = default;
};

enum class Phase : std::uint8_t { incomplete, failed, reachable, delay, probe, permanent };
inline constexpr std::string_view phase_names[] = {"incomplete", "failed", "reachable", "delay", "probe", "permanent"};

constexpr bool has_mac(Phase phase) {
    return phase >= Phase::reachable;
}

struct Neighbor {
    Phase phase{};
    std::uint8_t tries = 0;  // requests sent in this phase
    PortId port = no_port;   // where it was last heard; no_port: permanent, or nowhere yet
    Mac mac;                 // all zero while there is none
    Time confirmed{};        // when it was last heard; while there is no MAC: when it was first asked
    Time due = Time::never();
    friend bool operator==(const Neighbor&, const Neighbor&) = default;
};

/// One of the router's own addresses, as neighbours learn of it (RFC 5227 2.3).
struct Own {
    std::uint8_t announcements = 0;  // still to be sent
    Time defended{};                 // when another one's use of it was last answered
    Time due = Time::never();
    friend bool operator==(const Own&, const Own&) = default;
};

/// The neighbours by name, and how many dynamic ones there are.
class Neighbors : private Timetable<Key, Neighbor> {
    using Base = Timetable<Key, Neighbor>;

  public:
    struct Count {
        std::size_t with_mac = 0, pending = 0;
        friend bool operator==(const Count&, const Count&) = default;
    };

    using Base::begin, Base::end, Base::find, Base::first_due, Base::first_until, Base::next_due, Base::size;

    const Count& count(Family family) const { return count_[static_cast<std::size_t>(family)]; }

    void put(const Key& key, const Neighbor& neighbor) {
        if (const Neighbor* last = find(key)) add(key, *last, -1);
        add(key, neighbor, 1);
        Base::put(key, neighbor);
    }

    void erase(const Key& key) {
        if (const Neighbor* last = find(key)) add(key, *last, -1);
        Base::erase(key);
    }

    friend bool operator==(const Neighbors& a, const Neighbors& b) {
        return static_cast<const Base&>(a) == static_cast<const Base&>(b);
    }

  private:
    void add(const Key& key, const Neighbor& neighbor, int by) {
        if (neighbor.phase == Phase::permanent) return;
        Count& count = count_[static_cast<std::size_t>(key.address.family)];
        (has_mac(neighbor.phase) ? count.with_mac : count.pending) += static_cast<std::size_t>(by);
    }

    Count count_[2];  // by Family
};

struct Database {
    Neighbors neighbors;
    Timetable<Key, Own> own;
    friend bool operator==(const Database&, const Database&) = default;
};

struct Settings {
    Duration timeout = seconds(20 * 60);  // of an entry that is not confirmed; 0: none
    std::size_t entries_most = 8192;      // dynamic ones with a MAC, of each family
    std::size_t pending_most = 256;       // without, of each family
    bool refresh = true;                  // ask before the time is over
    bool checking = true;                 // IPv4: take addresses of the VLAN's own subnets only
    friend bool operator==(const Settings&, const Settings&) = default;
};

struct Config {
    Mac mac;                                           // the router's, on every VLAN
    std::map<VlanId, std::vector<IpInterface>> vlans;  // own addresses; a VLAN without any is none of layer 3's
    std::map<Key, Mac> permanent;
    Settings settings;
    friend bool operator==(const Config&, const Config&) = default;
};

struct Links {
    std::bitset<max_ports> ports;  // that can forward
    std::bitset<max_vlans> vlans;  // with at least one such member
    friend bool operator==(const Links&, const Links&) = default;
};

struct State {
    Database database;
    Config config;
    Links links;
};

}  // namespace baton::arp
