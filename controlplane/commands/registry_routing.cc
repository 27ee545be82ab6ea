// SPDX-License-Identifier: Apache-2.0
// The table of commands, continued: layer 3.
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/registry.h"

namespace baton::commands {
namespace {

constexpr Row rows[] = {
    // --- interfaces ---
    {"configure vlan <vlan> ipaddress [<ipaddress> {<netmask>} | <ipnetmask>]",
     "Gives a VLAN an IP address",
     "As 10.0.0.1 255.255.255.0, 10.0.0.1/24 or 2001:db8::1/64; an IPv4 address alone has the mask of its class. A "
     "VLAN\n"
     "may have several addresses; the first of each family is its primary one, from which the switch itself speaks.\n"
     "Subnets must not overlap. `enable ipforwarding` lets packets pass between VLANs.",
     Role::change,
     plans(configure_vlan_ipaddress),
     {}},
    {"unconfigure vlan <vlan> ipaddress {<ipaddress>}",
     "Takes IP addresses away from a VLAN",
     "One, or all. Permanent neighbors in a subnet that goes are deleted; static routes whose gateway was there wait.",
     Role::change,
     plans(unconfigure_vlan_ipaddress),
     {}},
    {"enable ipforwarding {ipv6} {vlan <vlan>}",
     "Lets IP packets pass from a VLAN to others",
     "Without a VLAN: in all that have an address now. IPv4, unless ipv6 is said.",
     Role::change,
     plans(enable_ipforwarding),
     {}},
    {"disable ipforwarding {ipv6} {vlan <vlan>}",
     "Keeps IP packets from passing from a VLAN to others",
     "Packets to the switch itself are still answered. Others to its MAC are dropped and counted (not_routed).",
     Role::change,
     plans(disable_ipforwarding),
     {}},
    {"configure ip-mtu <mtu> vlan <vlan>",
     "Sets the largest IP packet that is sent in a VLAN",
     "68 to 9198 bytes, with IPv6 from 1280; 1500 at the factory. Larger IPv4 packets are cut into fragments; those "
     "that\n"
     "must not be, and IPv6, are dropped (too_big) and the sender is told.",
     Role::change,
     plans(configure_ip_mtu),
     {}},
    {"enable icmp [redirects | unreachables] {vlan <vlan>}",
     "Lets the switch send these ICMP messages in a VLAN",
     "In all VLANs when none is named. Both are enabled at the factory.",
     Role::change,
     plans(enable_icmp),
     {}},
    {"disable icmp [redirects | unreachables] {vlan <vlan>}",
     "Keeps the switch from sending these ICMP messages in a VLAN",
     "In all VLANs when none is named. Time exceeded and packet too big are still sent.",
     Role::change,
     plans(disable_icmp),
     {}},

    // --- routes ---
    {"configure iproute add [<ipnetmask> | default] <gateway> {<metric>}",
     "Adds a static route, or a gateway to one",
     "Of up to 16 gateways those with the lowest metric share the traffic; the others take over when those cannot be\n"
     "reached any more because their subnet went. A gateway that is in no subnet of the switch yet is kept and waits.\n"
     "The metric is 1 when it is not said. A link-local gateway is named with its VLAN: fe80::1%Lan.",
     Role::change,
     plans(configure_iproute_add),
     {}},
    {"configure iproute delete [<ipnetmask> | default] <gateway>",
     "Deletes a static route, or one of its gateways",
     "`show iproute origin static` lists them.",
     Role::change,
     plans(configure_iproute_delete),
     {}},
    {"configure iproute add blackhole [<ipnetmask> | default]",
     "Drops packets to a destination",
     "Unless a longer prefix leads them elsewhere. They are counted (route_blackhole), and nobody is told.",
     Role::change,
     plans(configure_iproute_add_blackhole),
     {}},
    {"configure iproute delete blackhole [<ipnetmask> | default]",
     "Deletes a black hole",
     "`show iproute origin blackhole` lists them.",
     Role::change,
     plans(configure_iproute_delete_blackhole),
     {}},

    // --- neighbors ---
    {"configure iparp add <ipaddress> <mac>",
     "Adds a permanent entry to the ARP table",
     "The address must be in a subnet of the switch. The entry neither times out nor changes by what is heard.",
     Role::change,
     plans(configure_neighbor_add),
     {}},
    {"configure iparp delete <ipaddress>",
     "Deletes a permanent entry of the ARP table",
     "The address is asked for when it is needed next.",
     Role::change,
     plans(configure_neighbor_delete),
     {}},
    {"configure iparp timeout <minutes>",
     "Sets how long an ARP entry is believed",
     "0: for ever. 20 minutes at the factory. With `enable iparp refresh` a neighbor in use is asked before that.",
     Role::change,
     plans(configure_iparp_timeout),
     {}},
    {"configure iparp max-entries <entries>",
     "Sets how many ARP entries there may be",
     "8192 at the factory, permanent ones included.",
     Role::change,
     plans(configure_iparp_max_entries),
     {}},
    {"configure iparp max-pending-entries <entries>",
     "Sets how many ARP entries may wait for an answer",
     "256 at the factory: what a scan of unused addresses can take up.",
     Role::change,
     plans(configure_iparp_max_pending),
     {}},
    {"enable iparp [checking | refresh]",
     "Switches checks of senders, or asking anew, on",
     "checking: only senders within the VLAN's subnets are believed. refresh: an entry that is about to time out is "
     "asked\n"
     "for. Both are on at the factory.",
     Role::change,
     plans(enable_iparp),
     {}},
    {"disable iparp [checking | refresh]",
     "Switches checks of senders, or asking anew, off",
     "Without refresh, an entry that times out is learned again when a packet needs it.",
     Role::change,
     plans(disable_iparp),
     {}},
    {"configure neighbor-discovery cache add <ipaddress> <mac>",
     "Adds a permanent IPv6 neighbor",
     "The address must be in a subnet of the switch.",
     Role::change,
     plans(configure_neighbor_add),
     {}},
    {"configure neighbor-discovery cache delete <ipaddress>",
     "Deletes a permanent IPv6 neighbor",
     "The address is asked for when it is needed next.",
     Role::change,
     plans(configure_neighbor_delete),
     {}},
    {"configure ipfdb agingtime <seconds>",
     "Sets how long a host that is sent nothing stays in the IP FDB",
     "0: for ever, as at the factory; else 15 to 1000000 seconds. A host that has aged is found again by its subnet.",
     Role::change,
     plans(configure_ipfdb_agingtime),
     {}},
};

}  // namespace

std::span<const Row> routing_commands() {
    return rows;
}

}  // namespace baton::commands
