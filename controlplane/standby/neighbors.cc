// SPDX-License-Identifier: Apache-2.0
#include "controlplane/standby/neighbors.h"

#include <optional>

namespace baton {
namespace {

std::string bytes_of(const IpAddress& address) {
    std::string out;
    for (unsigned n = 0; n < address_bits(address.family) / 8; ++n)
        out.push_back(static_cast<char>(address.bits.byte(n)));
    return out;
}

template <class Message>
void name(Message& message, const arp::Key& key) {
    message.set_vlan(key.vlan);
    message.set_address(bytes_of(key.address));
}

template <class Message>
std::optional<arp::Key> named(const Message& message) {
    const std::string& bytes = message.address();
    if (message.vlan() == 0 || message.vlan() >= max_vlans || (bytes.size() != 4 && bytes.size() != 16))
        return std::nullopt;
    const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
    return arp::Key{static_cast<VlanId>(message.vlan()),
                    {bytes.size() == 4 ? Family::ipv4 : Family::ipv6, IpBits::of({first, bytes.size()})}};
}

std::int64_t told(Time due) {
    return due == Time::never() ? 0 : due.ns;
}

Time read(std::int64_t due) {
    return due == 0 ? Time::never() : Time{due};
}

void add(standby::Neighbors& to, const arp::Key& key, const arp::Neighbor* neighbor) {
    standby::Neighbor& message = *to.add_neighbors();
    name(message, key);
    if (!neighbor) return;
    message.set_phase(1 + static_cast<std::uint32_t>(neighbor->phase));
    message.set_mac(neighbor->mac.value());
    message.set_tries(neighbor->tries);
    message.set_port(neighbor->port);
    message.set_confirmed(neighbor->confirmed.ns);
    message.set_due(told(neighbor->due));
}

void add(standby::Neighbors& to, const arp::Key& key, const arp::Own* own) {
    standby::Own& message = *to.add_own();
    name(message, key);
    message.set_gone(!own);
    if (!own) return;
    message.set_announcements(own->announcements);
    message.set_defended(own->defended.ns);
    message.set_due(told(own->due));
}

std::optional<arp::Neighbor> neighbor_of(const standby::Neighbor& message) {
    if (message.phase() == 0 || message.phase() > std::size(arp::phase_names) || message.port() >= max_ports ||
        message.mac() >> 48 || message.tries() > 255)
        return std::nullopt;
    arp::Neighbor out;
    out.phase = static_cast<arp::Phase>(message.phase() - 1);
    out.mac = Mac::of(message.mac());
    out.tries = static_cast<std::uint8_t>(message.tries());
    out.port = static_cast<PortId>(message.port());
    out.confirmed = Time{message.confirmed()};
    out.due = read(message.due());
    if (arp::has_mac(out.phase) != (out.mac != Mac{}) || out.mac.is_multicast()) return std::nullopt;
    return out;
}

}  // namespace

std::vector<standby::Neighbors> neighbors_messages(const arp::Database& database, const std::set<arp::Key>& changed,
                                                   const std::set<arp::Key>& own, std::size_t chunk) {
    std::vector<standby::Neighbors> out;
    const std::size_t most = std::max<std::size_t>(1, chunk / neighbor_record_size);
    std::size_t count = 0;
    const auto message = [&]() -> standby::Neighbors& {
        if (count++ % most == 0) out.emplace_back();
        return out.back();
    };
    for (const arp::Key& key : changed) add(message(), key, database.neighbors.find(key));
    for (const arp::Key& key : own) add(message(), key, database.own.find(key));
    return out;
}

std::vector<standby::Neighbors> neighbors_messages(const arp::Database& database, std::size_t chunk) {
    std::set<arp::Key> neighbors, own;
    for (const auto& [key, neighbor] : database.neighbors) neighbors.insert(neighbors.end(), key);
    for (const auto& [key, one] : database.own) own.insert(own.end(), key);
    return neighbors_messages(database, neighbors, own, chunk);
}

bool take_neighbors(const standby::Neighbors& message, arp::Database& into) {
    for (const auto& one : message.neighbors())
        if (!named(one) || (one.phase() != 0 && !neighbor_of(one))) return false;
    for (const auto& one : message.own())
        if (!named(one) || one.announcements() > 255) return false;
    if (message.all()) into = {};
    for (const auto& one : message.neighbors()) {
        if (one.phase() == 0)
            into.neighbors.erase(*named(one));
        else
            into.neighbors.put(*named(one), *neighbor_of(one));
    }
    for (const auto& one : message.own()) {
        if (one.gone())
            into.own.erase(*named(one));
        else
            into.own.put(*named(one),
                         {static_cast<std::uint8_t>(one.announcements()), Time{one.defended()}, read(one.due())});
    }
    return true;
}

}  // namespace baton
