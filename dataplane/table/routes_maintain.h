// SPDX-License-Identifier: Apache-2.0
// What the applier does to routes, next hops and neighbours. One thread, one object; workers look up all the while, and
// nobody waits for anybody. turn() does one bounded slice of whatever is due: giving back what was given up, sweeps,
// aging of the IP FDB.
//
// A change of a route      memory for all of it is made sure of; then `intent`, the candidate, the trie, `intent` again
// A neighbour              one store of its adjacency's word, whatever leads there; then its host route (owner arp)
// Killed at any store      every address leads to its old or its new; who opens the arena does the change that `intent`
//                          names again from its record, and finds by what is linked which memory is free
// No memory, no room       table_full, counted in `refused`, and nothing has changed
//
// Epochs tell the routes that were said since a mark from those that were not: mark() raises the owner's, whatever is
// said carries it, and a sweep begun later takes those that carry an older one. Neighbours carry the term that last
// said them.
#pragma once

#include <deque>
#include <memory>

#include "dataplane/table/routes_next_hops.h"
#include "dataplane/table/routes_trie.h"
#include "sync/base/result.h"
#include "sync/base/time.h"

namespace baton {

/// A route as it is said: with one next hop (16 at the most) when it forwards; the VLAN in hops[0] when it is
/// connected, and if it is known otherwise.
struct RouteSaid {
    IpPrefix prefix;
    RouteKind kind{};
    RouteProtocol protocol{};
    std::uint32_t metric = 0;
    std::span<const RouteHop> hops;
};

/// A sweep and how far it is. Of arp it goes through the adjacencies, of other owners through the records.
struct RouteSweep {
    Owner owner{};
    std::uint16_t epoch = 0;  // routes of an older one go
    Term term = 0;            // of arp: neighbours of an older one go altogether; 0: only host routes, by their epoch
    VlanId vlan = 0;          // of arp: only what leads there; 0: any
    bool only_ipv6 = false;
    std::uint32_t next = 0;
    std::uint64_t gone = 0;
};

template <class Stores>
class BasicRoutesMaintenance {
  public:
    /// Opens the arena (`fd`, mapped for writing at `arena`) where the last process left it. Workers may begin
    /// afterwards.
    static Result<BasicRoutesMaintenance> open(int fd, std::byte* arena, Time now);

    /// The caller has judged all of it. Said again as it is, it costs a lookup and marks the epoch.
    Outcome set(Owner owner, const RouteSaid& said);
    void remove(Owner owner, const IpPrefix& prefix);

    /// Routes of this owner that are not said again go with the next sweep.
    void mark(Owner owner);

    Outcome set_neighbor(VlanId vlan, Family family, const IpBits& address, Mac mac, Term term);
    void delete_neighbor(VlanId vlan, Family family, const IpBits& address);

    /// No neighbour there can be reached any more: at once for packets, and behind it their host routes go.
    void vlan_lost(VlanId vlan);

    /// Host routes of the IP FDB: one, a VLAN's, or all (`address` and `vlan` 0 mean any).
    void flush_hosts(VlanId vlan, Family family, const IpBits& address);
    void set_aging(std::uint32_t seconds);

    /// Everything that is not configuration: neighbours at once, routes behind it.
    void forget_all();

    RouteSweep begin_sweep(Owner owner, Term term) const;
    /// One slice; true when it is through.
    bool sweep(RouteSweep& sweep);

    /// One slice of what is due; `aging`: somebody holds the baton, who would say again what is missed. `turns`: each
    /// worker's count, read just now. True: there is more to do.
    bool turn(Time now, std::span<const std::uint64_t> turns, bool aging);

    std::uint32_t routes(Owner owner) const { return count_of(owner).load(std::memory_order_relaxed); }

    std::uint32_t nodes_in_use() const { return trie_->nodes_in_use(); }

    std::uint32_t blocks_in_use() const { return trie_->blocks_in_use(); }

    bool is_idle() const { return sweeps_.empty() && grace_->empty(); }

  private:
    BasicRoutesMaintenance(int fd, std::byte* arena, Time now);

    RoutesControl& control() const { return parts_.control(); }

    std::uint32_t second() const { return control().second.load(std::memory_order_relaxed); }

    std::uint16_t epoch(Owner owner) const {
        return static_cast<std::uint16_t>(
            control().epoch[static_cast<std::size_t>(owner)].load(std::memory_order_relaxed));
    }

    std::atomic<std::uint32_t>& count_of(Owner owner) const {
        return control().routes[static_cast<std::size_t>(owner)];
    }

    static RouteCandidate& candidate(RouteRecord& record, Owner owner) {
        return record.by[static_cast<std::size_t>(owner) - 1];
    }

    static Leaf leaf_of(const RouteCandidate& candidate) {
        return Leaf{candidate.leaf.load(std::memory_order_relaxed)};
    }

    static Leaf active(const RouteRecord& record);
    static IpPrefix prefix_of(const RouteRecord& record);

    static std::uint64_t hash_of(const IpPrefix& prefix) {
        return spread(prefix.bits.high, prefix.bits.low,
                      std::uint64_t{prefix.length} << 8 | static_cast<std::uint64_t>(prefix.family));
    }

    bool recover();
    std::uint32_t find(const IpPrefix& prefix) const;
    std::uint32_t take(const IpPrefix& prefix);
    void free_if_unsaid(std::uint32_t index);
    Leaf covering(const IpPrefix& prefix) const;
    Leaf lead(const RouteSaid& said);
    Outcome set_leaf(Owner owner, const RouteSaid& said, Leaf leaf);
    bool reserve(const IpPrefix& prefix, std::uint32_t record);
    Outcome refuse();
    void mend_trie(const RouteRecord& record);
    void remove_at(std::uint32_t index, Owner owner);
    std::uint32_t host_of(std::uint32_t adjacency) const;
    bool sweep_adjacency(const RouteSweep& sweep, std::uint32_t index);
    bool sweep_record(const RouteSweep& sweep, std::uint32_t index);
    void age();
    void announce(Time now);

    RouteParts parts_;
    std::unique_ptr<RouteGrace> grace_;
    std::unique_ptr<RouteTrie<Stores>> trie_;
    std::unique_ptr<NextHops<Stores>> hops_;
    RoutePool<Stores> records_;
    RouteBook book_;                                     // of records
    std::uint32_t lengths_[2][129] = {};                 // prefixes by family and length
    bool said_[owner_count] = {true, true, true, true};  // since the last mark
    std::deque<RouteSweep> sweeps_;
    Time opened_;
    std::uint32_t second_at_open_ = 0;
    std::uint32_t aging_next_ = 0;    // adjacency
    std::uint32_t aging_second_ = 0;  // when the next pass begins
    bool changed_ = false;  // since `generation` was raised
    bool hurry_ = false;    // a packet may be waiting for just this
    Time announced_{};
};

using RoutesMaintenance = BasicRoutesMaintenance<RouteStores>;

}  // namespace baton
