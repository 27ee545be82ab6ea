// SPDX-License-Identifier: Apache-2.0
#include "dataplane/applier/changes.h"

#include "dataplane/table/acl_maintain.h"

namespace baton {
namespace {

constexpr std::uint64_t mac_mask = (1ull << 48) - 1;
constexpr VlanId last_vlan = 4094;

bool is_vlan(std::uint32_t vlan) {
    return vlan >= 1 && vlan <= last_vlan;
}

}  // namespace

Changes::Changes(TablesArena& tables, FdbMaintenance& fdb, Routing& routing, OnEnabled on_enabled, OnReset on_reset)
    : tables_(&tables),
      fdb_(&fdb),
      routing_(&routing),
      on_enabled_(std::move(on_enabled)),
      on_reset_(std::move(on_reset)) {
    fdb_->keep_statics([this](VlanId vlan, Mac mac) {
        statics_[fdb_key(vlan, mac.value())] = {};
        return true;
    });
}

Outcome Changes::apply(const Command& command, Time now) {
    switch (command.type) {
        case CommandType::vlan_set: return set_vlan(command.get<VlanSet>(), command.term);
        case CommandType::vlan_delete: {
            const VlanId vlan = command.get<VlanDelete>().vlan;
            if (!is_vlan(vlan)) return Outcome::bad_argument;
            remove_vlan(vlan);
            return Outcome::done;
        }
        case CommandType::port_set: return set_port(command.get<PortConfig>());
        case CommandType::fdb_static_set: return set_static(command.get<FdbStatic>(), command.term, command.owner);
        case CommandType::fdb_static_delete: return delete_static(command.get<FdbStatic>());
        case CommandType::fdb_flush: return flush(command.get<FdbFlush>());
        case CommandType::fdb_aging: {
            const std::uint32_t seconds = command.get<FdbAging>().seconds;
            if (seconds == tables_->applier.aging_seconds.load(std::memory_order_relaxed)) return Outcome::done;
            fdb_->set_aging(seconds, now);
            tables_->applier.aging_seconds.store(seconds, std::memory_order_relaxed);
            return Outcome::done;
        }
        case CommandType::hardware_reset: return reset(command.get<HardwareReset>(), now);
        case CommandType::fabric_set: return set_fabric(command.get<FabricSet>());
        case CommandType::acl_set:
            return acl_ ? acl_->set(command.get<AclRule>(), command.term) : Outcome::bad_argument;
        case CommandType::acl_delete: return acl_ ? acl_->remove(command.get<AclRule>()) : Outcome::bad_argument;
        case CommandType::interface_set:
        case CommandType::route_set:
        case CommandType::route_hops:
        case CommandType::route_delete:
        case CommandType::routes_mark:
        case CommandType::neighbor_set:
        case CommandType::neighbor_delete:
        case CommandType::ipfdb_flush:
        case CommandType::ipfdb_aging:
        case CommandType::frame_send: return routing_->apply(command);
        case CommandType::none:
        case CommandType::end_of_table: break;
    }
    return Outcome::bad_argument;
}

Outcome Changes::set_vlan(const VlanSet& body, Term term) {
    if (!is_vlan(body.vlan) || body.member.has(no_port)) return Outcome::bad_argument;
    for (unsigned word = 0; word < 4; ++word) {
        if (body.untagged.words[word] & ~body.member.words[word]) return Outcome::bad_argument;
        // Without a tag there is nothing to send to a tagged member: its identifier is internal and must not leak.
        if (!(body.flags & vlan_has_tag) && body.untagged.words[word] != body.member.words[word])
            return Outcome::bad_argument;
    }
    VlanEntry& entry = tables_->vlans[body.vlan];
    PortSet256 left;
    for (unsigned word = 0; word < 4; ++word) {
        const std::uint64_t old = entry.member[word].load(std::memory_order_relaxed);
        left.words[word] = old & ~body.member.words[word];
        entry.member[word].store(old & body.member.words[word], std::memory_order_release);
        entry.untagged[word].store(body.untagged.words[word], std::memory_order_release);
        entry.member[word].store(body.member.words[word], std::memory_order_release);
    }
    entry.flags.store(body.flags & vlan_has_tag, std::memory_order_relaxed);
    entry.confirmed_term.store(term, std::memory_order_relaxed);
    entry.present.store(1, std::memory_order_release);
    for (PortId port = 1; port < max_ports; ++port)
        if (left.has(port)) port_left(body.vlan, port);
    return Outcome::done;
}

// Forgetting one port in one VLAN walks the whole FDB; a port that is in no other VLAN now has no other entries, and
// forgetting all of a port is one increment. The usual case, a port that moves out of its only VLAN, is the cheap one.
void Changes::port_left(VlanId vlan, PortId port) {
    for (VlanId other = 1; other <= last_vlan; ++other)
        if (tables_->vlans[other].member[port / 64].load(std::memory_order_relaxed) >> port % 64 & 1)
            return fdb_->flush(vlan, port);
    fdb_->flush(0, port);
}

void Changes::remove_vlan(VlanId vlan) {
    VlanEntry& entry = tables_->vlans[vlan];
    routing_->remove_interface(vlan);
    if (entry.present.load(std::memory_order_relaxed) == 0) return;
    entry.present.store(0, std::memory_order_release);
    for (unsigned word = 0; word < 4; ++word) {
        entry.member[word].store(0, std::memory_order_release);
        entry.untagged[word].store(0, std::memory_order_release);
    }
    entry.flags.store(0, std::memory_order_relaxed);
    entry.confirmed_term.store(0, std::memory_order_relaxed);
    fdb_->flush(vlan, 0);
}

bool Changes::port_exists(PortId port) const {
    return port != no_port && port < max_ports && tables_->ports[port].present.load(std::memory_order_relaxed) == 1;
}

Outcome Changes::set_port(const PortConfig& body) {
    if (!port_exists(body.port) || body.port_vlan > last_vlan || body.enabled > 1) return Outcome::bad_argument;
    PortEntry& entry = tables_->ports[body.port];
    entry.port_vlan.store(body.port_vlan, std::memory_order_relaxed);
    const bool was = entry.enabled.load(std::memory_order_relaxed) == 1, is = body.enabled == 1;
    if (was == is) return Outcome::done;
    entry.enabled.store(static_cast<std::uint8_t>(is), std::memory_order_release);
    on_enabled_(body.port, is);
    if (!is) fdb_->flush(0, body.port);
    return Outcome::done;
}

Outcome Changes::set_static(const FdbStatic& body, Term term, Owner owner) {
    const bool blackhole = body.flags & static_blackhole;
    if (!is_vlan(body.vlan) || body.mac == 0 || body.mac > mac_mask || (!blackhole && !port_exists(body.port)))
        return Outcome::bad_argument;
    if (!fdb_->set_static(body.vlan, Mac::of(body.mac), blackhole ? fdb_dest_blackhole : body.port))
        return Outcome::table_full;
    statics_[fdb_key(body.vlan, body.mac)] = {term, owner};
    return Outcome::done;
}

Outcome Changes::delete_static(const FdbStatic& body) {
    if (!is_vlan(body.vlan) || body.mac > mac_mask) return Outcome::bad_argument;
    remove_static(fdb_key(body.vlan, body.mac));
    return Outcome::done;
}

void Changes::remove_static(std::uint64_t key) {
    if (statics_.erase(key) != 0) fdb_->delete_static(static_cast<VlanId>(key >> 48), Mac::of(key & mac_mask));
}

// Static entries, interfaces, static routes and access lists are configuration: the master says them again behind this,
// and what it does not say is swept. Access lists stay in force meanwhile, also those that a reset of layer 3 is about: to take them out first would
// let through, for as long as it takes to say them again, what both configurations deny.
Outcome Changes::reset(const HardwareReset& body, Time now) {
    if (body.what == 0 || body.what & ~(reset_links | reset_l2 | reset_l3)) return Outcome::bad_argument;
    if (body.what & reset_links) on_reset_(now);
    if (body.what & (reset_links | reset_l2)) forget_all();
    if (body.what & reset_l3) routing_->forget_all();
    return Outcome::done;
}

Outcome Changes::flush(const FdbFlush& body) {
    if (body.vlan > last_vlan || body.port >= max_ports || body.mac > mac_mask || (body.mac != 0 && body.vlan == 0))
        return Outcome::bad_argument;
    if (body.mac != 0)
        fdb_->forget(body.vlan, Mac::of(body.mac), body.port);
    else
        fdb_->flush(body.vlan, body.port);
    return Outcome::done;
}

// No plane at all is not programmed: with none left frames are lost all the same, and one that comes back is used at
// once.
Outcome Changes::set_fabric(const FabricSet& body) {
    if (body.usable == 0 || (body.usable & ~all_planes)) return Outcome::bad_argument;
    Fabric& fabric = tables_->fabric;
    if (fabric.usable.load(std::memory_order_relaxed) == body.usable) return Outcome::done;
    fabric.changed_ns.store(monotonic_now().ns, std::memory_order_relaxed);
    fabric.changes.store(fabric.changes.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    fabric.usable.store(body.usable, std::memory_order_release);
    return Outcome::done;
}

}  // namespace baton
