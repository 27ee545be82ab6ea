// SPDX-License-Identifier: Apache-2.0
// The table's part about access lists.
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/registry.h"

namespace baton::commands {
namespace {

constexpr Row rows[] = {
    {"create access-list <name> ip destination [<destination> | any] source [<source> | any] "
     "[permit {<qosprofile>} | deny] ports [<portlist> | any] {precedence <precedence>} {log}",
     "Creates a rule about IPv4 packets that come in by ports",
     "Of all rules that match a packet one decides: the one with the lowest precedence number, or among rules without "
     "a\n"
     "precedence the most specific. Once a precedence is used, rules that overlap need one, too. A packet that no "
     "rule\n"
     "matches is forwarded. Rules are about bridged and routed packets and those to the switch itself; ARP and IPv6 "
     "pass.\n"
     "A last rule for all the rest: create access-list denyall ip dest 0.0.0.0/0 source 0.0.0.0/0 deny ports any.\n"
     "`log` writes matches into the log, a few a second. There may be 10,000 rules.",
     Role::change,
     plans(create_access_list),
     {}},
    {"create access-list <name> tcp destination [<destination> | any] ip-port [<destination-port> | range "
     "<destination-first> <destination-last> | any] source [<source> | any] ip-port [<source-port> | range "
     "<source-first> "
     "<source-last> | any] [permit {<qosprofile>} | permit-established | deny] ports [<portlist> | any] "
     "{precedence <precedence>} {log}",
     "Creates a rule about TCP segments",
     "permit-established lets segments of existing connections through (ACK, or RST) and denies what opens one. Later\n"
     "fragments hold no ports: rules with ports do not match them, others do.",
     Role::change,
     plans(create_access_list),
     {}},
    {"create access-list <name> udp destination [<destination> | any] ip-port [<destination-port> | range "
     "<destination-first> <destination-last> | any] source [<source> | any] ip-port [<source-port> | range "
     "<source-first> "
     "<source-last> | any] [permit {<qosprofile>} | deny] ports [<portlist> | any] {precedence <precedence>} {log}",
     "Creates a rule about UDP datagrams",
     "Later fragments hold no ports: rules with ports do not match them, others do.",
     Role::change,
     plans(create_access_list),
     {}},
    {"create access-list <name> icmp destination [<destination> | any] source [<source> | any] type [<icmp-type> | "
     "any] "
     "code [<icmp-code> | any] [permit {<qosprofile>} | deny] ports [<portlist> | any] {precedence <precedence>} {log}",
     "Creates a rule about ICMP messages",
     "Echo requests are type 8 code 0.",
     Role::change,
     plans(create_access_list),
     {}},
    {"delete access-list <access-list>",
     "Deletes a rule",
     "From then on the next of the rules that match decides. One that is created again under its name counts from 0.",
     Role::change,
     plans(delete_access_list),
     {}},
    {"show access-list {<access-list> | ports <portlist>}",
     "Shows rules in the order in which they decide, with what they matched",
     "Frames and bytes are counted since the rule was created, through failovers. With ports: rules that look at what\n"
     "comes in by one of them.",
     Role::read,
     walks(show_access_list),
     {}},
    {"show access-list-monitor",
     "Shows how rules are looked up",
     "Rules are compiled aside; those that came since are looked through one after the other, which costs more for "
     "each\n"
     "packet and lasts as long as compiling does.",
     Role::read,
     shows(show_access_list_monitor, show_access_list_monitor_text),
     {}},
};

}  // namespace

std::span<const Row> access_list_commands() {
    return rows;
}

}  // namespace baton::commands
