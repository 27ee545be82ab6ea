# SPDX-License-Identifier: Apache-2.0
"""Results as data: one JSON object a line in bench/results/, as the benches print them, each with machine, commit and date. From them a table in
Markdown, a plot, and what changed since the last run on the same machine."""

import glob
import json
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'results')
CORE_TO_CORE_LEVEL = 500   # TSC cycles of a round trip: below, cores are near; above, the host has moved them apart


def figure(name, value, unit, more_is_better, spread='', about=''):
    return {'name': name, 'value': value, 'unit': unit, 'more_is_better': more_is_better, 'spread': spread, 'about': about}


def level(record):
    """Two-core figures may only be compared on the same level of the core-to-core ping-pong; the others have none."""
    trips = record.get('ping_pong_cycles') or [record.get('ping_pong_before', 0), record.get('ping_pong_after', 0)]
    return '' if not any(trips) else 'near' if max(trips) < CORE_TO_CORE_LEVEL else 'far' if min(trips) >= CORE_TO_CORE_LEVEL else 'mixed'


def thousands(macs):
    return f'{macs:,} MACs'


def entries(record):
    """How much the table held that decided: routes where it was routed, else addresses."""
    return f'{record["routes"]:,} routes' if 'routes' in record else thousands(record['macs'])


def figures(record):
    """What a record says, as figures with a name that stays the same from run to run."""
    bench = record['bench']
    if bench == 'fdb':
        spread = f'{record["cycles_least"]} to {record["cycles_most"]}'
        yield figure(f'FDB, {record["what"]} by {record["batch"]}, {thousands(record["macs"])}', record['cycles'], 'cycles', False, spread)
    elif bench == 'routes':
        unit = next(unit for unit in ('cycles', 'per_second', 'bytes_a_route') if unit in record)
        family = 'IPv4' if record['family'] == 'ipv4' else 'IPv6'
        yield figure(f'routes, {family}, {record["what"]}, {record["routes"]:,} routes', record[unit], unit.replace('_', ' '), unit == 'per_second',
                     f'{record["least"]:g} to {record["most"]:g}', f'{record["of_best"]:.2f} of DPDK\'s best' if record['of_best'] else '')
    elif bench == 'wire':
        about = f'{record["ratio_to_io"]:.2f} of io, A/A {record["aa_min"]:.2f} to {record["aa_max"]:.2f}' + (
            f', ping-pong {record["ping_pong_before"]} then {record["ping_pong_after"]}' if record['ping_pong_before'] else '')
        spread = f'{record["cycles_min"]} to {record["cycles_max"]} cycles'
        yield figure(f'wire, {record["form"]}, {record["mode"]}, {entries(record)}', record['mpps'] if record['valid'] else None, 'Mpps', True,
                     spread, about)
    elif bench == 'takeover':
        times, name = record['takeover_us'], f'take-over, {record["cause"]}, {thousands(record["macs"])}'
        about = f'{record["offered"]:,} frames, {record["lost"]} lost'
        yield figure(f'{name}, median', times['median'], 'us', False, f'p99.9 {times["p99.9"]}', about)
    elif bench == 'linerate':
        about = (f'{record["failovers"]} failovers, {record["offered"]:,} frames, {record["lost"]} lost, {record["verdict"]}; latency p99.9 '
                 f'{record["latency_us_quiet"]["p99.9"]} us quiet, {record["latency_us_failover"]["p99.9"]} us failover')
        yield figure(f'failovers at line rate, {record["frames"]}', record['mpps_sent'] if record['verdict'] == 'good' else None, 'Mpps', True,
                     f'at the most {record["longest_behind_ms"]} ms behind', about)
    elif bench == 'rejoin':
        times = record['restart_to_ready_ms']
        yield figure(f'a board back in step, {thousands(record["macs"])}, {record["lines"]:,} lines', times['p50'], 'ms', False, f'at most {times["max"]}',
                     f'{record["offered"]:,} frames, {record["lost"]} lost')
    elif bench == 'plane-loss':
        times = record['lost_us']
        yield figure(f'a lost plane of the fabric, {record["removed"]} removed, at most', times['max'], 'us', False, f'median {times["median"]}',
                     f'other flows: {record["lost_by_other_flows"]} lost')
    elif bench == 'peers':
        yield figure(f'{record["switch"]} on {record["links"]}, {thousands(record["macs"])}', record['mpps'], 'Mpps', True,
                     f'{record["min"]} to {record["max"]}', f'Baton: {record["baton_to_it"]} times' if record['switch'] != 'baton' else '')
    elif bench == 'peers-outage':
        yield figure(f'{record["switch"]}, control plane killed, longest gap', record['longest_gap_ms'], 'ms', False, '', f'{record["lost"]:,} frames lost')


def save(records, machine, date, commit):
    """The file's path. A run that was cut short is kept, too: each line stands for itself."""
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, f'{date:%Y%m%dT%H%M%SZ}-{commit}.jsonl')
    with open(path, 'w') as file:
        for record in records:
            file.write(json.dumps({**record, 'machine': machine, 'commit': commit, 'date': f'{date:%Y-%m-%dT%H:%M:%SZ}'}) + '\n')
    return path


def load(path):
    with open(path) as file:
        return [json.loads(line) for line in file if line.strip()]


def last(machine, before):
    """The latest recorded run on a machine like this one, of those older than the file `before`."""
    for path in sorted(glob.glob(os.path.join(FOLDER, '*.jsonl')), reverse=True):
        if os.path.basename(path) >= os.path.basename(before):
            continue
        records = load(path)
        if records and records[0].get('machine') == machine:
            return path, records
    return None, []


def table(records):
    lines = ['| what | figure | spread | beside it |', '|---|---|---|---|']
    for record in records:
        for one in figures(record):
            value = 'void' if one['value'] is None else f'{one["value"]:,} {one["unit"]}'
            lines.append(f'| {one["name"]} | {value} | {one["spread"]} | {one["about"]} |')
    return '\n'.join(lines) + '\n'


def compared(records, older):
    """Sentences, one for each figure that both runs have; on different levels of the ping-pong it says so and compares nothing."""
    known = {one['name']: (one['value'], level(record)) for record in older for one in figures(record)}
    for record in records:
        for one in figures(record):
            value, at = known.get(one['name'], (None, ''))
            if not value or one['value'] is None:
                continue
            if at != level(record):
                yield f'{one["name"]}: not compared, core-to-core {at} then and {level(record)} now'
                continue
            ratio = one['value'] / value
            worse = ratio < 0.9 if one['more_is_better'] else ratio > 1.1
            yield f'{one["name"]}: {value:,} -> {one["value"]:,} {one["unit"]} ({ratio:.2f}){"  <-- worse" if worse else ""}'


def plot(records, path):
    """Mpps over the number of addresses, a line for each form and mode. False when there is nothing to draw, or no matplotlib."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use('Agg')
    from matplotlib import pyplot
    lines = {}
    for record in records:
        if record['bench'] == 'wire' and record['valid']:
            lines.setdefault(f'{record["form"]}, {record["mode"]}{" routed" if "routes" in record else ""}', []).append(
                (record.get('routes', record.get('macs')), record['mpps']))
        if record['bench'] == 'peers':
            lines.setdefault(f'{record["switch"]}, {record["links"]}', []).append((record['macs'], record['mpps']))
    if not lines:
        return False
    pyplot.figure(figsize=(9, 5))
    for name, points in sorted(lines.items()):
        pyplot.plot(*zip(*sorted(points)), marker='o', label=name)
    pyplot.xscale('log')
    pyplot.yscale('log')
    pyplot.axhline(14.88, color='grey', linestyle=':', label='10GbE line rate')
    pyplot.xlabel('MAC addresses')
    pyplot.ylabel('Mpps, 64-byte frames')
    pyplot.grid(True, which='both', alpha=0.3)
    pyplot.legend(fontsize='small')
    pyplot.savefig(path)
    return True
