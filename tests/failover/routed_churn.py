# SPDX-License-Identifier: Apache-2.0
"""Layer 3 that never rests, beside what churn.py changes: static routes with one and several next hops, black holes, permanent neighbours,
access lists, VLANs with addresses. The running configuration must be the book, and the routes in the data plane's own memory what follows
from that configuration (tests/support/route_tables.py, which is none of the switch's code)."""

import ipaddress

from tests.failover.churn import Churn
from tests.support import route_tables

GATEWAYS = ('10.20.0.2', '10.30.0.2', '10.10.0.4', '10.20.0.4')
UNREACHABLE = '10.99.0.1'   # in no subnet: such a route is kept, and waits
FIRST_VLAN, VLANS = 200, 8
MOST = 40


class RoutedChurn(Churn):
    red = ('1:1', '1:4')

    def __init__(self, chassis, router, seed=0):
        super().__init__(chassis, seed)
        self.router = router
        self.memory = route_tables.RouteTables(chassis.show('switch')['dataplane']['pid'])
        self.routes = {}      # prefix -> set of gateways, or {'blackhole'}
        self.neighbors = {}   # address -> MAC
        self.lists = {}       # name -> UDP port
        self.subnets = {}     # VLAN -> address/length
        self.vlans_made = set()

    def ways(self):
        ways = super().ways() + [self._add_route] * 3 + [self._add_neighbor] * 2 + [self._subnet]
        if self.routes:
            ways += [self._delete_route] * 2 if len(self.routes) < MOST else [self._delete_route] * 12
        if self.neighbors:
            ways += [self._delete_neighbor] * (2 if len(self.neighbors) < MOST else 8)
        ways.append(self._delete_list if len(self.lists) > 10 else self._create_list)
        if self.lists:
            ways.append(self._delete_list)
        return ways

    # --- changes

    def _add_route(self):
        """Under 172.16.0.0/12, where no flow goes."""
        length = self.random.choice((16, 20, 24, 28, 32))
        base = int(ipaddress.ip_address('172.16.0.0')) + self.random.randrange(1 << 8) * (1 << 12)
        prefix = str(ipaddress.ip_network((base, length), strict=False))
        hops = self.routes.get(prefix, set())
        if not hops and self.random.random() < 0.2:
            return (f'configure iproute add blackhole {prefix}', lambda: self.routes.update({prefix: {'blackhole'}}),
                    lambda: self.shown()['routes'].get(prefix) == {'blackhole'})
        left = [gateway for gateway in (*GATEWAYS, UNREACHABLE) if gateway not in hops]
        if 'blackhole' in hops or not left:
            return self._delete_route()
        gateway = self.random.choice(left)
        return (f'configure iproute add {prefix} {gateway}', lambda: self.routes.update({prefix: hops | {gateway}}),
                lambda: gateway in self.shown()['routes'].get(prefix, set()))

    def _delete_route(self):
        prefix = self.random.choice(sorted(self.routes))
        hop = self.random.choice(sorted(self.routes[prefix]))
        words = f'blackhole {prefix}' if hop == 'blackhole' else f'{prefix} {hop}'

        def book():
            self.routes[prefix] = self.routes[prefix] - {hop}
            if not self.routes[prefix]:
                del self.routes[prefix]
        return f'configure iproute delete {words}', book, lambda: hop not in self.shown()['routes'].get(prefix, set())

    def _add_neighbor(self):
        """In a subnet where flows go, but addresses of nobody."""
        address = f'10.{self.random.choice((10, 20, 30))}.0.{self.random.randrange(100, 200)}'
        if address in self.neighbors:
            return self._delete_neighbor()
        mac = f'02:5b:00:00:00:{self.random.randrange(256):02x}'
        return (f'configure iparp add {address} {mac}', lambda: self.neighbors.update({address: mac}),
                lambda: self.shown()['neighbors'].get(address) == mac)

    def _delete_neighbor(self):
        address = self.random.choice(sorted(self.neighbors))
        return (f'configure iparp delete {address}', lambda: self.neighbors.pop(address),
                lambda: address not in self.shown()['neighbors'])

    def _subnet(self):
        """VLANs that have no port get an address and lose it again, which moves all that hangs on it."""
        name = f'routed{self.random.randrange(VLANS)}'
        number = FIRST_VLAN + int(name[6:])
        if name not in self.vlans_made:
            return f'create vlan {name}', lambda: self.vlans_made.add(name), lambda: name in self._vlan_names()
        if name in self.subnets:
            return f'unconfigure vlan {name} ipaddress', lambda: self.subnets.pop(name), lambda: name not in self.shown()['subnets']
        address = f'10.{number}.0.1/24'
        return (f'configure vlan {name} ipaddress {address}', lambda: self.subnets.update({name: address}),
                lambda: self.shown()['subnets'].get(name) == address)

    def _vlan_names(self):
        return {vlan['name'] for vlan in self.chassis.show('vlan')['vlans']}

    def _create_list(self):
        free = [port for port in range(10000, 10040) if port not in self.lists.values()]
        port = self.random.choice(free)
        name = f'churn{port}'
        return (f'create access-list {name} udp destination any ip-port {port} source any ip-port any deny ports any precedence {port}',
                lambda: self.lists.update({name: port}), lambda: name in self.shown()['access lists'])

    def _delete_list(self):
        name = self.random.choice(sorted(self.lists))
        return f'delete access-list {name}', lambda: self.lists.pop(name), lambda: name not in self.shown()['access lists']

    # --- what the master shows

    def book(self):
        return {**super().book(), 'routes': self.routes, 'neighbors': self.neighbors, 'subnets': self.subnets, 'access lists': self.lists}

    def nothing(self):
        return {**super().nothing(), 'routes': {}, 'neighbors': {}, 'subnets': {}, 'access lists': {}}

    def read(self, words, shown):
        super().read(words, shown)
        if words[:4] == ['configure', 'iproute', 'add', 'blackhole'] and words[4].startswith('172.'):
            shown['routes'][words[4]] = {'blackhole'}
        elif words[:3] == ['configure', 'iproute', 'add'] and words[3].startswith('172.'):
            shown['routes'].setdefault(words[3], set()).add(words[4])
        elif words[:3] == ['configure', 'iparp', 'add'] and words[4].startswith('02:5b'):
            shown['neighbors'][words[3]] = words[4]
        elif words[:2] == ['configure', 'vlan'] and words[2].startswith('routed') and words[3] == 'ipaddress':
            shown['subnets'][words[2]] = words[4]
        elif words[:2] == ['create', 'access-list'] and words[2].startswith('churn'):
            shown['access lists'][words[2]] = int(words[2][5:])

    def tables(self):
        wanted = route_tables.expected(self.chassis.show('configuration')['commands'], self.router)
        amiss = route_tables.differences(self.memory.routes('configuration'), wanted) + self.memory.astray()
        fixed = {address: mac for address, mac in self.memory.neighbors().items() if mac.startswith('02:5b')}
        return {**super().tables(), 'routes': ({}, dict.fromkeys(amiss, 'amiss')), 'permanent neighbors': (self.neighbors, fixed)}
