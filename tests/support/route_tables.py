# SPDX-License-Identifier: Apache-2.0
"""The routes that a switch really has, read from its shared memory by other code than its own (sync/layout/routes.h says what lies where),
and the routes that it should have, worked out from the commands of its running configuration. Both are {prefix: hops}, a hop being
('via', VLAN, address), ('connected', VLAN), 'local', 'broadcast', 'blackhole', 'reject'."""

import ipaddress
import shlex
import struct

from tests.support.memory import Arena

STEP = 2 << 20
GROUPS, ADJACENCIES = 1 << 14, 1 << 18
BLOCKS, BLOCK_SLOTS, NODES, NODE_SLOTS = 512, 1 << 16, 1 << 20, 1 << 8
GROUPS_AT = STEP
ADJACENCIES_AT = GROUPS_AT + GROUPS * 128
ADJACENCY_RECORDS_AT = ADJACENCIES_AT + ADJACENCIES * 16
BLOCKS_AT = ADJACENCY_RECORDS_AT + ADJACENCIES * 32
NODES_AT = BLOCKS_AT + BLOCKS * BLOCK_SLOTS * 4
RECORDS_AT = NODES_AT + NODES * NODE_SLOTS * 4
RECORD = struct.Struct('<QQQ' + 'IHBBII' * 3)
OWNERS = ('configuration', 'arp', 'routing')      # in the record
PRECEDENCE = ('configuration', 'routing', 'arp')   # of one prefix
ADJACENCY, GROUP, NODE = 1, 2, 3
HOPS = ('none', 'neighbor', 'unresolved', 'connected', 'local', 'broadcast', 'blackhole', 'reject')


def text_of(family, high, low, length=None):
    kind = ipaddress.ip_address(high >> 32) if family == 0 else ipaddress.IPv6Address(high << 64 | low)
    return str(kind) if length is None else f'{kind}/{length}'


class RouteTables(Arena):
    def __init__(self, dataplane):
        super().__init__(dataplane, 'routes')

    def u32(self, at):
        return int.from_bytes(self.memory[at:at + 4], 'little')

    def records(self):
        """(family, length, high, low, {owner: leaf}) of every prefix that somebody has a route to."""
        return (record for _, record in self.numbered())

    def numbered(self):
        for index in range(self.word('RoutesControl', 'records')):
            key, high, low, *rest = RECORD.unpack_from(self.memory, RECORDS_AT + index * RECORD.size)
            leaves = {owner: rest[6 * number] for number, owner in enumerate(OWNERS) if rest[6 * number]}
            if key & 1 and leaves:
                yield index, (key >> 8 & 0xff, key >> 16 & 0xff, high, low, leaves)

    def hops(self, leaf):
        kind, index = leaf >> 30, leaf & 0x3fffff
        if kind == GROUP:
            at = GROUPS_AT + index * 128
            return frozenset(self.hop(self.u32(at + 4 + 4 * member)) for member in range(self.u32(at)))
        return frozenset({self.hop(index)})

    def hop(self, index):
        word, = struct.unpack_from('<Q', self.memory, ADJACENCIES_AT + index * 16)
        hop, vlan = HOPS[word & 0xf], word >> 4 & 0xfff
        if hop in ('neighbor', 'unresolved'):
            high, low, _, _, _, family, _ = struct.unpack_from('<QQQIHBB', self.memory, ADJACENCY_RECORDS_AT + index * 32)
            return ('via', vlan, text_of(family, high, low))
        return (hop, vlan) if hop == 'connected' else hop

    def routes(self, owner):
        return {text_of(family, high, low, length): self.hops(leaves[owner])
                for family, length, high, low, leaves in self.records() if owner in leaves}

    def neighbors(self):
        """{address: MAC} of the adjacencies that are resolved."""
        found = {}
        for index in range(self.word('RoutesControl', 'adjacencies')):
            word, = struct.unpack_from('<Q', self.memory, ADJACENCIES_AT + index * 16)
            if HOPS[word & 0xf] == 'neighbor':
                high, low, _, _, _, family, _ = struct.unpack_from('<QQQIHBB', self.memory, ADJACENCY_RECORDS_AT + index * 32)
                found[text_of(family, high, low)] = ':'.join(f'{word >> 16 + 8 * byte & 0xff:02x}' for byte in range(5, -1, -1))
        return found

    def lookup(self, family, bits):
        """The leaf that a worker finds for an address, given as 128 bits."""
        root = self.layout['RoutesControl']['root'][0] + (family * 256 + (bits >> 120)) * 8
        covering, block = self.u32(root), self.u32(root + 4)
        if not block:
            return covering
        leaf = self.u32(BLOCKS_AT + ((block - 1) * BLOCK_SLOTS + (bits >> 104 & 0xffff)) * 4)
        shift = 96
        while leaf >> 30 == NODE:
            leaf = self.u32(NODES_AT + ((leaf & 0x3fffff) * NODE_SLOTS + (bits >> shift & 0xff)) * 4)
            shift -= 8
        return leaf or covering

    def slot_of(self, address):
        """Where the slot of an IPv4 address's /24 is, and its bytes: for who wants to damage it."""
        bits = int(ipaddress.ip_address(address)) << 96
        root = self.layout['RoutesControl']['root'][0] + (bits >> 120) * 8
        at = BLOCKS_AT + ((self.u32(root + 4) - 1) * BLOCK_SLOTS + (bits >> 104 & 0xffff)) * 4
        return at, self.memory[at:at + 4]

    def record_at(self, prefix):
        """Where the record of a prefix keeps what the configuration said of it."""
        for index, (family, length, high, low, _) in self.numbered():
            if text_of(family, high, low, length) == prefix:
                return RECORDS_AT + index * RECORD.size + 24
        raise KeyError(prefix)

    def astray(self):
        """Prefixes whose first address does not lead where the longest of all prefixes says, of several owners the first in precedence."""
        best = {}
        for family, length, high, low, leaves in self.records():
            best[family, length, high << 64 | low] = next(leaves[owner] for owner in PRECEDENCE if owner in leaves)
        wrong = []
        for family, length, bits in best:
            found = self.lookup(family, bits)
            longest = next(best[family, fewer, first] for fewer in range(128, -1, -1)
                           if (family, fewer, first := bits >> 128 - fewer << 128 - fewer) in best)
            if found != longest:
                wrong.append(f'{text_of(family, bits >> 64, bits & (1 << 64) - 1, length)}: leaf {found:#x}, should be {longest:#x}')
        return wrong


def expected(commands, router_mac):
    """What the running configuration asks for, as RouteTables.routes('configuration') has it."""
    tags, subnets, statics, routes, holes = {'Default': 1}, [], {}, {}, set()
    for command in commands:
        words = shlex.split(command)
        if words[:2] == ['configure', 'vlan'] and words[3] == 'tag':
            tags[words[2]] = int(words[4])
        elif words[:2] == ['configure', 'vlan'] and words[3] == 'ipaddress':
            subnets.append((words[2], ipaddress.ip_interface('/'.join(words[4:]))))
        elif words[:4] == ['configure', 'iproute', 'add', 'blackhole']:
            holes.add(words[4])
        elif words[:3] == ['configure', 'iproute', 'add']:
            prefix = words[3] if words[3] != 'default' else '::/0' if ':' in words[4] else '0.0.0.0/0'
            statics.setdefault(prefix, []).append((int(words[5]), ipaddress.ip_address(words[4])))
    for prefix in holes:
        routes['0.0.0.0/0' if prefix == 'default' else prefix] = frozenset({'blackhole'})
    for prefix, gateways in statics.items():
        usable = [(metric, ('via', tags[vlan], str(gateway))) for metric, gateway in gateways
                  for vlan, interface in subnets if vlan in tags and gateway in interface.network]
        if usable:
            lowest = min(metric for metric, _ in usable)
            routes[prefix] = frozenset(hop for metric, hop in usable if metric == lowest)
    for vlan, interface in subnets:
        network = interface.network
        routes[str(network)] = frozenset({('connected', tags.get(vlan))})
        if interface.version == 4 and network.prefixlen < 31:
            routes[f'{network.broadcast_address}/32'] = frozenset({'broadcast'})
        if interface.version == 6:
            mac = bytes.fromhex(router_mac.replace(':', ''))
            eui = bytes([mac[0] ^ 2]) + mac[1:3] + b'\xff\xfe' + mac[3:]
            routes[f'{ipaddress.IPv6Address(bytes.fromhex("fe80000000000000") + eui)}/128'] = frozenset({'local'})
        routes[f'{interface.ip}/{network.max_prefixlen}'] = frozenset({'local'})
    return routes


def differences(held, wanted):
    """As sentences; a VLAN whose tag the configuration does not say may be any."""
    def same(a, b):
        return a == b or a and b and len(a) == len(b) == 1 and next(iter(a))[0] == next(iter(b))[0] == 'connected' and next(iter(b))[1] is None
    return [f'{prefix}: the tables have {sorted(map(str, held.get(prefix, ())))}, the configuration {sorted(map(str, wanted.get(prefix, ())))}'
            for prefix in sorted(held.keys() | wanted.keys()) if not same(held.get(prefix), wanted.get(prefix))]
