# SPDX-License-Identifier: Apache-2.0
"""A routed switch on wires, and the traffic that shows whether it routes: three VLANs with subnets of both families, a trunk that has them
all, static routes with one next hop and with three, an access list; the hosts are the tester's.

  red    tag 10   w1 untagged, w4 tagged   10.10.0.1/24  fd00:10::1/64    host  r   at w1      .2, ::2     r4  at w4/10  .4
  blue   tag 20   w2 untagged, w4 tagged   10.20.0.1/24  fd00:20::1/64    hosts b   at w2      .2, ::2     b4  at w4/20  .4
  green  tag 30   w3 untagged, w4 tagged   10.30.0.1/24  fd00:30::1/64    hosts g   at w3      .2, ::2     g4  at w4/30  .4
  flat   tag 40   w1, w2 tagged            no address: it is switched only

  198.51.100.0/24 by b;  203.0.113.0/24 by b, g and r4;  2001:db8::/32 by b6 and g6;  192.0.2.0/24 black hole; default by g"""

from tests.support.switch import Switch

ROUTER = '02:ba:70:0f:0f:01'   # system-mac
VLANS = {'red': (10, '1:1'), 'blue': (20, '1:2'), 'green': (30, '1:3')}
TRUNK = '1:4'
DENIED_PORT = 9
SINGLE, MANY, MANY6, HOLE = '198.51.100.0', '203.0.113.0', '2001:db8::', '192.0.2.0'
MANY_HOPS, MANY6_HOPS = ('b', 'g', 'r4'), ('b6', 'g6')


def subnet(tag):
    return f'10.{tag}.0.'


def subnet6(tag):
    return f'fd00:{tag}::'


class RoutedSwitch(Switch):
    """As the picture above has it, once configure() was called."""

    def __init__(self, name, build=None, **settings):
        super().__init__(name, build, ports=4, **{'system_mac': ROUTER, **settings})

    def configure(self):
        path = self.ground.path('routed')
        with open(path, 'w') as file:
            file.write('\n'.join(configuration()) + '\n')
        done = self.chassis.run('-f', path, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f'the routed switch: exit {done.returncode}: {done.stdout[-800:]}{done.stderr}')


def configuration():
    lines = ['configure vlan Default delete ports all', 'create vlan flat', 'configure vlan flat tag 40',
             'configure vlan flat add ports 1:1,1:2 tagged']
    for name, (tag, port) in VLANS.items():
        lines += [f'create vlan {name}', f'configure vlan {name} tag {tag}', f'configure vlan {name} add ports {port} untagged',
                  f'configure vlan {name} add ports {TRUNK} tagged', f'configure vlan {name} ipaddress {subnet(tag)}1/24',
                  f'configure vlan {name} ipaddress {subnet6(tag)}1/64']
    lines += ['enable ipforwarding', 'enable ipforwarding ipv6', f'configure iproute add {SINGLE}/24 10.20.0.2',
              *(f'configure iproute add {MANY}/24 {address(hop)}' for hop in MANY_HOPS),
              *(f'configure iproute add {MANY6}/32 {address(hop)}' for hop in MANY6_HOPS),
              f'configure iproute add blackhole {HOLE}/24', 'configure iproute add default 10.30.0.2',
              f'create access-list discard udp destination any ip-port {DENIED_PORT} source any ip-port any deny ports any precedence 10']
    return lines


PLACES = {**{name[0]: (tag, f'w{port[-1]}', 2) for name, (tag, port) in VLANS.items()},
          **{f'{name[0]}4': (tag, f'w{TRUNK[-1]}/{tag}', 4) for name, (tag, _) in VLANS.items()}}


def address(host):
    """Of host `b`, `r4`, or `b6`, which is b's second family."""
    if host.endswith('6'):
        tag, _, number = PLACES[host[:-1]]
        return f'{subnet6(tag)}{number}'
    tag, _, number = PLACES[host]
    return f'{subnet(tag)}{number}'


def hosts(ask=20):
    """Each asks for its gateway `ask` times a second, and must be answered whatever happens to boards."""
    found = []
    for name, (tag, place, _) in PLACES.items():
        found += [f'name={name},at={place},ip={address(name)},gateway={subnet(tag)}1,ask={ask}',
                  f'name={name}6,at={place},ip={address(name + "6")},gateway={subnet6(tag)}1,ask={ask}']
    return found


def flows(rate):
    """Routed both ways and of all sizes, tagged and untagged, both families; by routes of one next hop and of several; answered by the router
    itself; denied; black-holed; and switched beside all that."""
    by = f'router={ROUTER}'
    return [f'name=red-blue,from=r,to=b,rate={rate},{by}', f'name=blue-red,from=b,to=r,rate={rate},size=imix,{by}',
            f'name=trunk-green,from=b4,to=g,rate={rate / 2},size=60+590,{by}', f'name=green-trunk,from=g,to=r4,rate={rate / 2},{by}',
            f'name=on-a-stick,from=r4,to=b4,rate={rate / 4},{by}',
            f'name=red-blue6,from=r6,to=b6,rate={rate / 2},size=80+1280,{by}', f'name=trunk-green6,from=b46,to=g6,rate={rate / 4},{by}',
            f'name=single,from=r,to=b,dst-ip={SINGLE},dst-ips=256,rate={rate / 2},{by}',
            f'name=default,from=b,to=g,dst-ip=8.8.0.0,dst-ips=65536,rate={rate / 4},{by}',
            f'name=many,from=b4,to={"+".join(MANY_HOPS)},expect=one,src-ips=1,dst-ip={MANY},dst-ips=250,rate={rate / 2},{by}',
            f'name=many6,from=r6,to={"+".join(MANY6_HOPS)},expect=one,dst-ip={MANY6}1,dst-ips=250,rate={rate / 4},{by}',
            f'name=hole,from=b,dst-ip={HOLE},dst-ips=250,expect=none,rate={rate / 20},{by}',
            f'name=ping,from=r,dst-ip=10.10.0.1,expect=echo,rate=20,{by}', f'name=ping-far,from=b,dst-ip=10.30.0.1,expect=echo,rate=20,size=300,{by}',
            f'name=ping6,from=g6,dst-ip=fd00:30::1,expect=echo,rate=20,{by}',
            f'name=switched,from=w1/40,to=w2/40,rate={rate / 2},size=imix', f'name=switched-back,from=w2/40,to=w1/40,rate={rate / 2}',
            f'name=within,from=w2,to=w4/20,rate={rate / 4}',
            f'name=denied,from=r,dst-ip={address("b")},dst-port={DENIED_PORT},expect=denied,rate={rate / 10},{by}']
