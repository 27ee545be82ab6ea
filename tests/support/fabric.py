# SPDX-License-Identifier: Apache-2.0
"""Flows between two modules whose plane is known beforehand: the choice of dataplane/fabric/crossing.h, in Python."""

import json

from tests.support import processes

BITS = (1 << 64) - 1
PLANES = {'A': 'msm-a', 'B': 'msm-b'}


def mac(number):
    text = f'{number:012x}'
    return ':'.join(text[at:at + 2] for at in range(0, 12, 2))


def home_plane(source, destination):
    """"A" or "B": where frames from `source` to `destination` cross while both planes are usable (flow_hash, plane_of)."""
    addresses = bytes.fromhex((destination + source).replace(':', ''))
    first, last = (int.from_bytes(addresses[at:at + 8], 'little') for at in (0, 4))
    last = last * 0xc2b2ae3d27d4eb4f & BITS
    mixed = (first * 0x9e3779b97f4a7c15 & BITS) ^ ((last << 31 | last >> 33) & BITS)
    mixed ^= mixed >> 32
    return 'AB'[(mixed * 0xd6e8feb86659fd93 & BITS) >> 32 & 1]


def pairs(plane, count, first=1):
    """`count` pairs of hosts (near, far) between which the frames of both directions are at home on that plane."""
    found, number = [], first
    while len(found) < count:
        near, far = mac(0x02_fa_b0_00_00_00 + number), mac(0x02_fa_b1_00_00_00 + number)
        if home_plane(near, far) == home_plane(far, near) == plane:
            found.append((near, far))
        number += 1
    return found


def crossing_flows(near, far, rate, count=2):
    """Flows both ways between the ends `near` and `far`, `count` pairs on each plane; named A1-out, A1-back, ..."""
    flows = []
    for plane in PLANES:
        for number, (host, other) in enumerate(pairs(plane, count), 1):
            flows.append(f'name={plane}{number}-out,from={near},to={far},src={host},dst={other},rate={rate}')
            flows.append(f'name={plane}{number}-back,from={far},to={near},src={other},dst={host},rate={rate}')
    return flows


def shown(chassis):
    """`show fabric`, or None while no master answers."""
    done = chassis.run('-j', 'show', 'fabric', timeout=3)
    return json.loads(done.stdout) if done.returncode == 0 else None


def planes(chassis):
    """What it says of each plane, by its letter."""
    return {one['plane']: one for one in chassis.show('fabric')['planes']}


def whole(now, reprogrammed=0):
    return now and now['reprogrammed'] >= reprogrammed and all(one['state'] == 'working' and one['usable'] for one in now['planes'])


def wait_whole(chassis, reprogrammed=0, seconds=20):
    """Until the modules have been reprogrammed so often, both planes are there and in use, and a failover would be hitless."""
    if not processes.until(lambda: whole(shown(chassis), reprogrammed), seconds, 0.01):
        raise RuntimeError(f'the fabric was not whole within {seconds} s: {shown(chassis)}\n{chassis.log_tail(40)}')
    chassis.wait_ready(seconds)


def mend(chassis, seconds=20):
    """A board that failed its diagnostics stays without its plane until it is reset hard. Returns when both planes are used."""
    for plane, board in planes(chassis).items():
        if board['state'] != 'working':
            chassis.reset_hard(PLANES[plane])
    if not processes.until(lambda: whole(shown(chassis)), seconds, 0.01):
        raise RuntimeError(f'a plane was not back within {seconds} s: {shown(chassis)}\n{chassis.log_tail(40)}')


def hard_reset(chassis, slot):
    """As if the board were pulled out and put back; returns when its plane was gone and is used again, and the board is ready."""
    before = chassis.show('fabric')['reprogrammed']
    chassis.reset_hard(slot)
    wait_whole(chassis, before + 2)
