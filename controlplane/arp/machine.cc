// SPDX-License-Identifier: Apache-2.0
#include "controlplane/arp/machine.h"

#include <algorithm>

#include "controlplane/arp/arp_frame.h"
#include "controlplane/arp/ethernet.h"
#include "controlplane/arp/nd_frame.h"

namespace baton::arp {
namespace {

const std::vector<IpInterface>& addresses_on(const State& state, VlanId vlan) {
    static const std::vector<IpInterface> none;
    const auto found = state.config.vlans.find(vlan);
    return found == state.config.vlans.end() ? none : found->second;
}

/// The own address whose subnet `address` is on; null: of none.
const IpInterface* subnet_of(const State& state, const Key& key) {
    for (const IpInterface& own : addresses_on(state, key.vlan))
        if (own.subnet().contains(key.address)) return &own;
    return nullptr;
}

/// The own address to ask from; that of another subnet for a neighbour of none.
const IpInterface* source_for(const State& state, const Key& key) {
    if (const IpInterface* own = subnet_of(state, key)) return own;
    for (const IpInterface& own : addresses_on(state, key.vlan))
        if (own.address.family == key.address.family) return &own;
    return nullptr;
}

bool is_own(const State& state, const Key& key) {
    const auto& own = addresses_on(state, key.vlan);
    return std::any_of(own.begin(), own.end(), [&](const IpInterface& at) { return at.address == key.address; });
}

/// Could a neighbour have that address? Not our own, not a group's, not the subnet's own number or broadcast address;
/// without `checking` also one of no subnet that we know, but never one of another VLAN's.
bool may_be_neighbor(const State& state, const Key& key) {
    if (!key.address.is_unicast() || is_own(state, key)) return false;
    const IpInterface* own = subnet_of(state, key);
    if (!own) {
        if (state.config.settings.checking || key.address.family != Family::ipv4) return false;
        const auto& vlans = state.config.vlans;
        return source_for(state, key) && std::none_of(vlans.begin(), vlans.end(), [&](const auto& vlan) {
                   return subnet_of(state, {vlan.first, key.address}) != nullptr;
               });
    }
    const IpPrefix subnet = own->subnet();
    if (key.address.family == Family::ipv4 && subnet.length <= 30)
        return key.address != subnet.first() && key.address != subnet.last();
    return true;
}

/// Nine tenths of the time, less up to a sixteenth, by the address: what was learned together is not asked together.
Time reachable_until(const Settings& settings, const Key& key, Time confirmed) {
    if (settings.timeout == Duration{}) return Time::never();
    if (!settings.refresh) return confirmed + settings.timeout;
    std::uint64_t spread = (key.address.bits.high ^ key.address.bits.low ^ key.vlan) * 0x9e3779b97f4a7c15ull;
    spread = spread >> 56;
    const std::int64_t tenth = settings.timeout.ns / 10;
    return confirmed + Duration{tenth * 9 - settings.timeout.ns / 16 / 256 * static_cast<std::int64_t>(spread)};
}

class Machine {
  public:
    Machine(State& state, Time now, Actions& actions) : state_(state), now_(now), actions_(actions) {}

    void hear(VlanId vlan, PortId port, const Heard& heard);
    void resolve(const Key& key);
    void settle();
    void work();

    void forget(const Key& key) {
        const Neighbor* neighbor = neighbors().find(key);
        if (!neighbor) return;
        if (has_mac(neighbor->phase)) actions_.programs.push_back({key, Mac{}});
        neighbors().erase(key);
        actions_.changed.insert(key);
    }

  private:
    Neighbors& neighbors() { return state_.database.neighbors; }

    Timetable<Key, Own>& own() { return state_.database.own; }

    void put(const Key& key, const Neighbor& neighbor) {
        neighbors().put(key, neighbor);
        actions_.changed.insert(key);
    }

    void put_own(const Key& key, const Own& one) {
        own().put(key, one);
        actions_.own_changed.insert(key);
    }

    void note(Note::What what, const Key& key, Mac mac, PortId port) {
        actions_.notes.push_back({what, key, mac, port});
    }

    void ask(const Key& key, const Neighbor& neighbor);
    void announce(const Key& key);
    void defend(const Key& key, Mac other, PortId port);
    void learn(const Key& key, Neighbor neighbor, PortId port, const Heard& heard);
    void confirm(const Key& key, Neighbor neighbor, PortId port, bool confirms);
    bool make_room(const Key& key, bool pending);
    void time_out(const Key& key, Neighbor neighbor);
    void settle_own();
    void settle_permanent();
    void settle_dynamic();

    State& state_;
    Time now_;
    Actions& actions_;
};

void Machine::ask(const Key& key, const Neighbor& neighbor) {
    const IpInterface* own = source_for(state_, key);
    if (!own) return;
    const auto to = has_mac(neighbor.phase) ? std::optional(neighbor.mac) : std::nullopt;
    const auto request = key.address.family == Family::ipv4 ? arp_request : nd_solicitation;
    actions_.frames.push_back({key.vlan, request(state_.config.mac, own->address, key.address, to)});
}

void Machine::announce(const Key& key) {
    const auto tell = key.address.family == Family::ipv4 ? arp_announcement : nd_announcement;
    actions_.frames.push_back({key.vlan, tell(state_.config.mac, key.address)});
}

/// RFC 5227 2.4 (b), for a host that will not give up its address: tells everybody, but not more often than this.
void Machine::defend(const Key& key, Mac other, PortId port) {
    note(Note::What::duplicate, key, other, port);
    const Own* known = own().find(key);
    if (!known || (known->defended != Time{} && now_ < known->defended + defend_interval)) return;
    Own one = *known;
    one.defended = now_;
    put_own(key, one);
    announce(key);
}

/// Room for one more, of those with a MAC or of those without. Of the latter one that has failed already is given up.
bool Machine::make_room(const Key& key, bool pending) {
    const auto& count = neighbors().count(key.address.family);
    const Settings& settings = state_.config.settings;
    if (!pending) return count.with_mac < settings.entries_most;
    if (count.pending < settings.pending_most) return true;
    const Key* failed = neighbors().first_until(now_ + hold, [&](const Key& at, const Neighbor& neighbor) {
        return neighbor.phase == Phase::failed && at.address.family == key.address.family;
    });
    if (!failed) return false;
    forget(Key(*failed));
    return true;
}

/// The MAC is known from now on, or another one.
void Machine::learn(const Key& key, Neighbor neighbor, PortId port, const Heard& heard) {
    neighbor.phase = heard.confirms ? Phase::reachable : Phase::delay;
    neighbor.tries = 0;
    neighbor.port = port;
    neighbor.mac = *heard.mac;
    neighbor.confirmed = now_;
    neighbor.due = heard.confirms ? reachable_until(state_.config.settings, key, now_) : now_ + delay;
    put(key, neighbor);
    actions_.programs.push_back({key, neighbor.mac});
}

/// The MAC is the one that is known. What says nothing new is not worth a record in the journal.
void Machine::confirm(const Key& key, Neighbor neighbor, PortId port, bool confirms) {
    const Duration timeout = state_.config.settings.timeout;
    const bool young = timeout == Duration{} || (now_ - neighbor.confirmed).ns < timeout.ns / 16;
    if (neighbor.port == port && (!confirms || (neighbor.phase == Phase::reachable && young))) return;
    neighbor.port = port;
    if (confirms) {
        neighbor.phase = Phase::reachable;
        neighbor.tries = 0;
        neighbor.confirmed = now_;
        neighbor.due = reachable_until(state_.config.settings, key, now_);
    }
    put(key, neighbor);
}

void Machine::hear(VlanId vlan, PortId port, const Heard& heard) {
    const Key key{vlan, heard.address};
    if (heard.mac == state_.config.mac || addresses_on(state_, vlan).empty()) return;
    if (is_own(state_, key)) {
        if (heard.mac) defend(key, *heard.mac, port);
        return;
    }
    const Neighbor* known = neighbors().find(key);
    if (known && known->phase == Phase::permanent) {
        if (heard.mac && *heard.mac != known->mac) note(Note::What::disputed, key, *heard.mac, port);
        return;
    }
    if (!may_be_neighbor(state_, key)) return;
    const bool asks_us = heard.asks_any_router || (heard.asks && is_own(state_, {vlan, *heard.asks}));
    if (!known || !has_mac(known->phase)) {
        if (!heard.mac || (!known && !asks_us)) return;
        if (!make_room(key, false)) return note(Note::What::full, key, *heard.mac, port);
        return learn(key, known ? *known : Neighbor{}, port, heard);
    }
    Neighbor neighbor = *known;
    if (!heard.mac || *heard.mac == neighbor.mac) return confirm(key, neighbor, port, heard.confirms);
    if (heard.overrides) {
        note(Note::What::moved, key, neighbor.mac, port);
        return learn(key, neighbor, port, heard);
    }
    if (neighbor.phase != Phase::reachable) return;  // RFC 4861 7.2.5 I: it is in doubt now, but still used
    neighbor.phase = Phase::delay;
    neighbor.due = now_ + delay;
    put(key, neighbor);
}

void Machine::resolve(const Key& key) {
    if (const Neighbor* known = neighbors().find(key)) {
        if (has_mac(known->phase)) actions_.programs.push_back({key, known->mac});  // the data plane has forgotten it
        return;
    }
    if (!may_be_neighbor(state_, key) || !state_.links.vlans[key.vlan]) return;
    if (!make_room(key, true)) return note(Note::What::full, key, Mac{}, no_port);
    Neighbor neighbor;
    neighbor.tries = 1;
    neighbor.confirmed = now_;
    neighbor.due = now_ + retransmit;
    put(key, neighbor);
    ask(key, neighbor);
}

void Machine::time_out(const Key& key, Neighbor neighbor) {
    switch (neighbor.phase) {
        case Phase::incomplete:
            if (neighbor.tries >= tries_most) {
                neighbor.phase = Phase::failed;
                neighbor.due = now_ + hold;
                return put(key, neighbor);
            }
            break;
        case Phase::reachable:
            if (!state_.config.settings.refresh) return forget(key);
            [[fallthrough]];
        case Phase::delay:
            neighbor.phase = Phase::probe;
            neighbor.tries = 0;
            break;
        case Phase::probe:
            if (neighbor.tries >= tries_most) return forget(key);
            break;
        case Phase::failed:
        case Phase::permanent: return forget(key);
    }
    ++neighbor.tries;
    neighbor.due = now_ + retransmit;
    put(key, neighbor);
    ask(key, neighbor);
}

void Machine::work() {
    for (std::size_t done = 0; done < work_most && own().next_due() <= now_; ++done) {
        const Key key = own().first_due();
        Own one = *own().find(key);
        announce(key);
        --one.announcements;
        one.due = one.announcements > 0 ? now_ + announce_interval : Time::never();
        put_own(key, one);
    }
    for (std::size_t done = 0; done < work_most && neighbors().next_due() <= now_; ++done) {
        const Key key = neighbors().first_due();
        time_out(key, *neighbors().find(key));
    }
}

/// Every own address is announced when it is new and when its VLAN has its first port, and then never again: what is
/// left to be said is in the database, so the next master does not say it once more.
void Machine::settle_own() {
    std::vector<Key> gone;
    for (const auto& [key, one] : own())
        if (!is_own(state_, key)) gone.push_back(key);
    for (const Key& key : gone) {
        own().erase(key);
        actions_.own_changed.insert(key);
    }
    for (const auto& [vlan, addresses] : state_.config.vlans)
        for (const IpInterface& address : addresses) {
            const Key key{vlan, address.address};
            const Own* known = own().find(key);
            Own one = known ? *known : Own{announcements_count, {}, Time::never()};
            if (!state_.links.vlans[vlan]) {
                one.announcements = announcements_count;
                one.due = Time::never();
            } else if (one.announcements > 0 && one.due == Time::never()) {
                one.due = now_;
            }
            if (!known || !(*known == one)) put_own(key, one);
        }
}

void Machine::settle_permanent() {
    std::vector<Key> gone;
    for (const auto& [key, neighbor] : neighbors())
        if (neighbor.phase == Phase::permanent &&
            (!state_.config.permanent.contains(key) || !may_be_neighbor(state_, key)))
            gone.push_back(key);
    for (const Key& key : gone) forget(key);
    for (const auto& [key, mac] : state_.config.permanent) {
        if (!may_be_neighbor(state_, key)) continue;  // its subnet may come yet
        const Neighbor* known = neighbors().find(key);
        if (known && known->phase == Phase::permanent && known->mac == mac) continue;
        Neighbor neighbor;
        neighbor.phase = Phase::permanent;
        neighbor.mac = mac;
        put(key, neighbor);
        actions_.programs.push_back({key, mac});
    }
}

void Machine::settle_dynamic() {
    std::vector<std::pair<Key, Neighbor>> all(neighbors().begin(), neighbors().end());
    for (auto& [key, neighbor] : all) {
        if (neighbor.phase == Phase::permanent) continue;
        if (!may_be_neighbor(state_, key) || !state_.links.vlans[key.vlan]) {
            forget(key);
        } else if (neighbor.phase == Phase::reachable || neighbor.phase == Phase::delay) {
            const Neighbor before = neighbor;
            if (neighbor.phase == Phase::reachable)
                neighbor.due = reachable_until(state_.config.settings, key, neighbor.confirmed);
            if (!state_.links.ports[neighbor.port]) {  // it may be behind another one by now, or nowhere
                neighbor.phase = Phase::probe;
                neighbor.tries = 0;
                neighbor.due = now_;
            }
            if (!(neighbor == before)) put(key, neighbor);
        }
    }
}

void Machine::settle() {
    settle_own();
    settle_permanent();
    settle_dynamic();
    work();
}

}  // namespace

void on_frame(State& state, VlanId vlan, PortId port, std::span<const std::uint8_t> frame, Time now, Actions& actions) {
    const auto heard = type_of(frame) == type_arp ? read_arp(frame) : read_nd(frame);
    if (heard) Machine(state, now, actions).hear(vlan, port, *heard);
}

void on_resolve(State& state, const Key& key, Time now, Actions& actions) {
    Machine(state, now, actions).resolve(key);
}

void on_config(State& state, const Config& config, Time now, Actions& actions) {
    if (state.config == config) return;
    state.config = config;
    Machine(state, now, actions).settle();
}

void on_link(State& state, const Links& links, Time now, Actions& actions) {
    if (state.links == links) return;
    state.links = links;
    Machine(state, now, actions).settle();
}

void on_tick(State& state, Time now, Actions& actions) {
    Machine(state, now, actions).work();
}

void on_takeover(State& state, const Config& config, const Links& links, Time now, Actions& actions) {
    state.config = config;
    state.links = links;
    Machine(state, now, actions).settle();
}

std::size_t on_clear(State& state, const Key& key, Actions& actions) {
    const Neighbor* neighbor = state.database.neighbors.find(key);
    if (!neighbor || neighbor->phase == Phase::permanent) return 0;
    Machine(state, {}, actions).forget(key);
    return 1;
}

std::size_t on_clear(State& state, VlanId vlan, Family family, Actions& actions) {
    std::vector<Key> keys;
    for (const auto& [key, neighbor] : state.database.neighbors)
        if (neighbor.phase != Phase::permanent && key.address.family == family && (vlan == 0 || key.vlan == vlan))
            keys.push_back(key);
    for (const Key& key : keys) Machine(state, {}, actions).forget(key);
    return keys.size();
}

Time next_due(const State& state) {
    return std::min(state.database.neighbors.next_due(), state.database.own.next_due());
}

std::vector<Program> everything(const Database& database) {
    std::vector<Program> out;
    for (const auto& [key, neighbor] : database.neighbors)
        if (has_mac(neighbor.phase)) out.push_back({key, neighbor.mac});
    return out;
}

}  // namespace baton::arp
