// SPDX-License-Identifier: Apache-2.0
// What goes through many routes or neighbours, a slice at a time, and the slices' order. See routes_maintain.h.
#pragma once

#include "dataplane/table/routes_maintain_changes.h"

namespace baton {

inline constexpr unsigned routes_sweep_slice = 4096;  // of looks; each that removes something counts as 16
inline constexpr unsigned routes_aging_slice = 1024;
inline constexpr std::size_t routes_grace_slice = 4096;
inline constexpr Duration routes_announce_pause = milliseconds(10);  // between bumps of `generation`

template <class Stores>
void BasicRoutesMaintenance<Stores>::mark(Owner owner) {
    if (!said_[static_cast<std::size_t>(owner)])
        return;  // all carry an older epoch already; so that marks do not wrap it
    said_[static_cast<std::size_t>(owner)] = false;
    auto& epoch = control().epoch[static_cast<std::size_t>(owner)];
    Stores::store(epoch, epoch.load(std::memory_order_relaxed) + 1);
}

template <class Stores>
RouteSweep BasicRoutesMaintenance<Stores>::begin_sweep(Owner owner, Term term) const {
    RouteSweep sweep;
    sweep.owner = owner;
    sweep.epoch = epoch(owner);
    sweep.term = term;
    return sweep;
}

template <class Stores>
bool BasicRoutesMaintenance<Stores>::sweep(RouteSweep& sweep) {
    if (sweep.owner == Owner::none) return true;
    const bool neighbors = sweep.owner == Owner::arp;
    const std::uint32_t end = neighbors ? hops_->end() : records_.mark();
    for (unsigned left = routes_sweep_slice; left > 0 && sweep.next < end; ++sweep.next) {
        const bool gone = neighbors ? sweep_adjacency(sweep, sweep.next) : sweep_record(sweep, sweep.next);
        sweep.gone += gone;
        left -= gone ? std::min(left, 16u) : 1;
    }
    return sweep.next >= end;
}

template <class Stores>
bool BasicRoutesMaintenance<Stores>::sweep_record(const RouteSweep& sweep, std::uint32_t index) {
    RouteRecord& record = parts_.record(index);
    if (record.key.load(std::memory_order_relaxed) == 0) return false;
    const RouteCandidate& said = candidate(record, sweep.owner);
    if (leaf_of(said).word == 0) return false;
    if (static_cast<std::int16_t>(said.epoch.load(std::memory_order_relaxed) - sweep.epoch) >= 0) return false;
    remove_at(index, sweep.owner);
    return true;
}

template <class Stores>
bool BasicRoutesMaintenance<Stores>::sweep_adjacency(const RouteSweep& sweep, std::uint32_t index) {
    if (!hops_->is_there(index)) return false;
    const HopKey key = hops_->key_of(index);
    if (key.hop != Hop::neighbor || (sweep.vlan != 0 && key.vlan != sweep.vlan)) return false;
    if (sweep.only_ipv6 && key.family != Family::ipv6) return false;
    if (sweep.term != 0) {
        if (hops_->word(index).hop != Hop::neighbor) return false;
        if (parts_.adjacency_record(index).confirmed.load(std::memory_order_relaxed) >= sweep.term) return false;
        delete_neighbor(key.vlan, key.family, key.address);
        return true;
    }
    const std::uint32_t host = host_of(index);
    return host != RouteBook::none && sweep_record(sweep, host);
}

template <class Stores>
void BasicRoutesMaintenance<Stores>::vlan_lost(VlanId vlan) {
    bool any = false;
    for (std::uint32_t index = 0; index < hops_->end(); ++index) {
        const HopWord word = hops_->word(index);
        if (word.hop != Hop::neighbor || (vlan != 0 && word.vlan != vlan)) continue;
        hops_->forget(index, second());
        any = true;
    }
    if (any) flush_hosts(vlan, Family::ipv4, {});
}

template <class Stores>
void BasicRoutesMaintenance<Stores>::flush_hosts(VlanId vlan, Family family, const IpBits& address) {
    changed_ = true;
    if (address != IpBits{}) {
        const std::uint32_t index = hops_->find({Hop::neighbor, vlan, family, address});
        const std::uint32_t host = index == RouteBook::none ? index : host_of(index);
        if (host != RouteBook::none) remove_at(host, Owner::arp);
        return;
    }
    mark(Owner::arp);
    RouteSweep sweep = begin_sweep(Owner::arp, 0);
    sweep.vlan = vlan;
    sweep.only_ipv6 = family == Family::ipv6;
    sweeps_.push_back(sweep);
}

template <class Stores>
void BasicRoutesMaintenance<Stores>::forget_all() {
    vlan_lost(0);
    mark(Owner::routing);
    sweeps_.push_back(begin_sweep(Owner::routing, 0));
}

template <class Stores>
void BasicRoutesMaintenance<Stores>::set_aging(std::uint32_t seconds) {
    if (control().ipfdb_aging.load(std::memory_order_relaxed) == seconds) return;
    Stores::store(control().ipfdb_aging, seconds);
    aging_second_ = second();
}

/// A pass through all adjacencies takes its time; the next begins an eighth of the aging time after the last began.
template <class Stores>
void BasicRoutesMaintenance<Stores>::age() {
    const std::uint32_t aging = control().ipfdb_aging.load(std::memory_order_relaxed), now = second();
    if (aging == 0) return;
    if (aging_next_ == 0) {
        if (static_cast<std::int32_t>(now - aging_second_) < 0) return;
        aging_second_ = now + std::max(aging / 8, 1u);
    }
    for (unsigned left = routes_aging_slice; left > 0 && aging_next_ < hops_->end(); --left, ++aging_next_) {
        const auto unused = [&](std::uint32_t since) { return now - since >= aging; };
        if (!hops_->is_there(aging_next_) ||
            !unused(parts_.adjacency(aging_next_).used.load(std::memory_order_relaxed)))
            continue;
        const std::uint32_t host = host_of(aging_next_);
        if (host == RouteBook::none) continue;
        if (unused(candidate(parts_.record(host), Owner::arp).since.load(std::memory_order_relaxed)))
            remove_at(host, Owner::arp);
    }
    if (aging_next_ >= hops_->end()) aging_next_ = 0;
}

template <class Stores>
void BasicRoutesMaintenance<Stores>::announce(Time now) {
    if (!hurry_ && (!changed_ || now - announced_ < routes_announce_pause)) return;
    changed_ = hurry_ = false;
    announced_ = now;
    Stores::store(control().generation, control().generation.load(std::memory_order_relaxed) + 1);
}

template <class Stores>
bool BasicRoutesMaintenance<Stores>::turn(Time now, std::span<const std::uint64_t> turns, bool aging) {
    const auto seconds_here = static_cast<std::uint32_t>((now - opened_).ns / 1'000'000'000);
    if (second() != second_at_open_ + seconds_here) Stores::store(control().second, second_at_open_ + seconds_here);
    grace_->pass(turns, routes_grace_slice, [this](RoutePart part, std::uint32_t index) {
        if (part == RoutePart::block || part == RoutePart::node)
            trie_->give(part, index);
        else
            hops_->give(part, index);
    });
    if (!sweeps_.empty() && sweep(sweeps_.front())) sweeps_.pop_front();
    if (aging) age();
    announce(now);
    return !sweeps_.empty() || aging_next_ != 0;
}

}  // namespace baton
