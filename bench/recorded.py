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


def said(record):
    """What stands beside a figure wherever it was measured: A/A, ping-pong, what the host took away."""
    words = []
    if record.get('aa'):
        words.append(f'A/A {record["aa_min"]:.2f} to {record["aa_max"]:.2f}' if 'aa_min' in record else f'A/A {record["aa"]:.2f}')
    if record.get('ping_pong_before'):
        words.append(f'ping-pong {record["ping_pong_before"]} then {record["ping_pong_after"]}')
    if record.get('void_pieces'):
        words.append(f'{record["void_pieces"]:,} of {record.get("pieces", "the"):,} pieces void' if 'pieces' in record else
                     f'{record["void_pieces"]:,} pieces void')
    return words


def beside(record, *words):
    return ', '.join([*(word for word in words if word), *said(record)])


def of_fdb(record):
    floor = f'{record["of_floor"]:.2f} of a bare table' if record.get('of_floor') and record['what'] == 'lookup' else ''
    yield figure(f'FDB, {record["what"]} by {record["batch"]}, {thousands(record["macs"])}', record['cycles'], 'cycles', False,
                 f'{record["cycles_least"]} to {record["cycles_most"]}', beside(record, floor))


def of_fdb_memory(record):
    yield figure(f'FDB, as full as it gets, {thousands(record["macs"])}', record['bytes_per_mac'], 'bytes a MAC', False, '',
                 f'{record["found_no_room"]:,} found no room, the first at load {record["first_without_room_at_load"]}')


def of_fdb_flush(record):
    yield figure(f'flush of a port, {thousands(record["macs"])}, until seen on another core', record['effect_us'], 'us', False,
                 f'{record["effect_us_least"]} to {record["effect_us_most"]}', f'the call {record["call_us"]} us')


def of_fdb_aging(record):
    yield figure(f'aging at {record["aging_s"]} s and 14.88 Mpps, {thousands(record["macs"])}', record['cycles_a_frame'], 'cycles a frame', False, '',
                 f'a renewal {record["renewal_cycles"]} cycles; the sweep {record["sweep_ms"]} ms, {record["sweep_share_of_a_core"]:.4%} of another core')


def of_wire(record):
    one = ', one source' if record.get('sources') == 'one' else ''
    void = '' if record['valid'] else 'frames went astray'
    of = f'{record["routes"]:,} routes' if 'routes' in record else thousands(record['macs']) + one
    of += f', {record["acl_rules"]:,} rules' if record.get('acl_rules') else ''
    yield figure(f'wire, {record["form"]}, {record["mode"]}, {of}', record['mpps'] if record['valid'] else None, 'Mpps', True,
                 f'{record["cycles"]} cycles, {record["cycles_min"]} to {record["cycles_max"]}', beside(record, void, f'{record["ratio_to_io"]:.2f} of io'))


def of_routes(record):
    unit = next(unit for unit in ('cycles', 'per_second', 'bytes_a_route') if unit in record)
    family = 'IPv4' if record['family'] == 'ipv4' else 'IPv6'
    yield figure(f'routes, {family}, {record["what"]}, {record["routes"]:,} routes', record[unit], unit.replace('_', ' '), unit == 'per_second',
                 f'{record["least"]:g} to {record["most"]:g}', beside(record, f'{record["of_best"]:.2f} of DPDK\'s best' if record['of_best'] else ''))


def of_programming(record):
    us = ', '.join(f'{thread} {value:.2f}' for thread, value in record['us_a_route'].items())
    yield figure(f'routes programmed, {record["way"]}, {record["what"]}, {record["routes"]:,} routes', record['per_second'], 'a second', True,
                 f'{record["least"]:,} to {record["most"]:,}', beside(record, f'us of CPU a route: {us}' if us else ''))


def of_learning(record):
    lost = record.get('frames_lost', record.get('lost', 0))
    boards = {'none': 'one core, no switch around', 'two': 'two boards', 'dead': 'both boards dead'}[record['board']]
    yield figure(f'learning, every source new, {boards}', record['m_per_second'], 'M/s', True,
                 f'{record["cycles_min"]} to {record["cycles_max"]} cycles' if 'cycles_min' in record else '',
                 beside(record, f'{record["shown"]:,} shown, {record["not_learned"]:,} not learned, {lost} frames lost', record.get('verdict', '')))


def of_counters(record):
    yield figure(f'counters, {thousands(record["macs"])}', record['counters_cycles'], 'cycles a frame', False, f'of {record["cycles"]}', beside(record))


def of_journal(record):
    yield figure('the worker\'s rate with a journal of 10,000 records/s and a slave that follows, to without', record['rate_kept'], '', True,
                 f'{record["rate_kept_min"]} to {record["rate_kept_max"]}', beside(record, f'{record["records_per_second"]:,} records/s'))


def of_workers(record):
    yield figure(f'workers: {record["form"]}, {thousands(record["macs"])}', record['mpps'], 'Mpps', True,
                 f'{record["cycles_min"]} to {record["cycles_max"]} cycles',
                 beside(record, f'{record["scaling"]:.2f} of one', f'{record["out_of_order"]} out of order'))


def of_idle_slave(record):
    yield figure('a slave with nothing to do', round(record['share_of_a_core'] * 100, 3), '% of a core', False, '', f'wakes {record["wakes_per_second"]} times a second')


def of_growth(record):
    quiet, busy = record['latency_us_quiet'], record['latency_us_growth']
    yield figure(f'growth from {record["from"]:,} to {record["to"]:,} MACs under load', record['mpps'] if record['verdict'] == 'good' else None, 'Mpps', True,
                 f'{record["m_per_second"]} M new a second',
                 beside(record, f'{record["offered"]:,} frames, {record["lost"]} lost, {record["verdict"]}; {record["not_learned"]:,} not learned; longest gap '
                        f'{record["quiet_longest_gap_us"]} us before, {record["worker_longest_gap_us"]} by the end; latency p99.9 {quiet["p99.9"]} us quiet, '
                        f'{busy["p99.9"]} growing'))


def of_takeover(record):
    times, name = record['takeover_us'], f'take-over, {record["cause"]}, {thousands(record["macs"])}'
    yield figure(f'{name}, median', times['median'], 'us', False, f'p99.9 {times["p99.9"]}', beside(record, f'{record["offered"]:,} frames, {record["lost"]} lost'))


def of_linerate(record):
    about = (f'{record["failovers"]} failovers, {record["offered"]:,} frames, {record["lost"]} lost, {record["verdict"]}; latency p99.9 '
             f'{record["latency_us_quiet"]["p99.9"]} us quiet, {record["latency_us_failover"]["p99.9"]} us failover')
    yield figure(f'failovers at line rate, {record["frames"]}', record['mpps_sent'] if record['verdict'] == 'good' else None, 'Mpps', True,
                 f'at the most {record["longest_behind_ms"]} ms behind', about)


def of_rejoin(record):
    times = record['restart_to_ready_ms']
    yield figure(f'a board back in step, {thousands(record["macs"])}, {record["lines"]:,} lines', times['p50'], 'ms', False, f'at most {times["max"]}',
                 beside(record, f'{record["offered"]:,} frames, {record["lost"]} lost'))


def of_plane_loss(record):
    times = record['lost_us']
    yield figure(f'a lost plane of the fabric, {record["removed"]} removed, at most', times['max'], 'us', False, f'median {times["median"]}',
                 beside(record, f'other flows: {record["lost_by_other_flows"]} lost'))


def of_peers(record):
    of = f'{record["routes"]:,} routes' if 'routes' in record else thousands(record['macs'])
    ports = record.get('ports', record['links'])
    how = f' ({ports})' if record['links'] == 'veth' and ports != 'veth' else ''
    yield figure(f'{record["switch"]}{how} on {record["links"]}, {of}', record['mpps'], 'Mpps', True, f'{record["min"]} to {record["max"]}',
                 beside(record, f'{record["ratio_to_io"]:.2f} of io' if record.get('ratio_to_io') else '',
                        f'Baton: {record["baton_to_it"]} times' if record['switch'] != 'baton' and record.get('baton_to_it') else ''))


def of_peers_outage(record):
    yield figure(f'{record["switch"]}, control plane killed, longest gap', record['longest_gap_ms'], 'ms', False, '', beside(record, f'{record["lost"]:,} frames lost'))


READERS = {'fdb': of_fdb, 'routes': of_routes, 'fdb-memory': of_fdb_memory, 'fdb-flush': of_fdb_flush, 'fdb-aging': of_fdb_aging, 'wire': of_wire, 'learning': of_learning,
           'counters': of_counters, 'journal': of_journal, 'workers': of_workers, 'idle-slave': of_idle_slave, 'growth': of_growth,
           'programming': of_programming, 'takeover': of_takeover, 'linerate': of_linerate, 'rejoin': of_rejoin, 'plane-loss': of_plane_loss,
           'peers': of_peers, 'peers-routed': of_peers, 'peers-outage': of_peers_outage}
# What a bench need not say of each of its figures, because it has no other.
ALWAYS = {'fdb': {'ports': 'none'}, 'takeover': {'ports': 'wire', 'hits': 'one destination'}, 'rejoin': {'ports': 'wire', 'hits': 'one destination'},
          'linerate': {'ports': 'wire', 'hits': 'sources and destinations drawn', 'burst': 64}, 'plane-loss': {'ports': 'wire', 'hits': 'one destination'},
          'peers-outage': {'ports': 'vhost-user', 'macs': 1000, 'burst': 32}, 'counters': {'hits': 'sources and destinations drawn'},
          'journal': {'hits': 'sources and destinations drawn'}, 'workers': {'hits': 'sources and destinations drawn'},
          'growth': {'hits': 'sources and destinations drawn', 'burst': 64}}


def figures(record):
    """What a record says, as figures with a name that stays the same from run to run."""
    return READERS[record['bench']](record) if record['bench'] in READERS else ()


def save(records, machine, date, commit):
    """The file's path. A run that was cut short is kept, too: each line stands for itself."""
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, f'{date:%Y%m%dT%H%M%SZ}-{commit}.jsonl')
    with open(path, 'w') as file:
        for record in records:
            file.write(json.dumps({**ALWAYS.get(record['bench'], {}), **record, 'machine': machine, 'commit': commit, 'date': f'{date:%Y-%m-%dT%H:%M:%SZ}'}) + '\n')
    return path


def load(path):
    with open(path) as file:
        return [json.loads(line) for line in file if line.strip()]


def last(machine, before):
    """What was recorded on a machine like this one before the file `before`, the latest behind the others: a run with --only has few figures, and of
    each the latest counts. Beside it the latest file's path, or None."""
    path, records = None, []
    for older in sorted(glob.glob(os.path.join(FOLDER, '*.jsonl'))):
        if os.path.basename(older) >= os.path.basename(before):
            break
        run = load(older)
        if run and run[0].get('machine') == machine:
            path, records = older, records + run
    return path, records


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


def plots(records, path):
    """Three pictures beside the results, of those for which there are any: how the path keeps up with its addresses, where its cycles go, and who is beside
    it. Their paths; none without matplotlib."""
    try:
        import matplotlib
    except ImportError:
        return []
    matplotlib.use('Agg')
    from matplotlib import pyplot
    drawn = []
    for name, draw in (('wire', draw_wire), ('stages', draw_stages), ('peers', draw_peers)):
        pyplot.figure(figsize=(9, 5))
        if draw(pyplot, records):
            drawn.append(path.replace('.jsonl', f'-{name}.svg'))
            pyplot.savefig(drawn[-1])
        pyplot.close()
    return drawn


def draw_lines(pyplot, lines, what):
    """Mpps over a number, both logarithmic; a line for each name."""
    for name, points in sorted(lines.items()):
        pyplot.plot(*zip(*sorted(points)), marker='o', label=name)
    pyplot.xscale('log')
    pyplot.yscale('log')
    pyplot.axhline(14.88, color='grey', linestyle=':', label='10GbE line rate')
    pyplot.xlabel(what)
    pyplot.ylabel('Mpps, 64-byte frames')
    pyplot.grid(True, which='both', alpha=0.3)
    pyplot.legend(fontsize='small')
    return bool(lines)


def draw_wire(pyplot, records):
    lines = {}
    for record in records:
        if record['bench'] == 'wire' and record['valid'] and record['mode'] in ('io', 'l2') and 'macs' in record and record.get('sources') != 'one':
            lines.setdefault(f'{record["form"]}, {record["mode"]}', []).append((record['macs'], record['mpps']))
    return draw_lines(pyplot, lines, 'MAC addresses')


def draw_stages(pyplot, records):
    """Cycles of the path in cache, each stage on top of those before it."""
    order = ('io', 'parse', 'classify', 'learn', 'lookup', 'l2')
    cycles = {(record['macs'], record['mode']): record['cycles'] for record in records
              if record['bench'] == 'wire' and record['form'] == 'in-cache' and record['valid'] and 'macs' in record and record.get('sources') != 'one'}
    sizes = sorted({macs for macs, mode in cycles if mode == 'l2'})
    before = dict.fromkeys(sizes, 0.0)
    for mode in order:
        heights = [max(0, cycles.get((macs, mode), before[macs]) - before[macs]) for macs in sizes]
        pyplot.bar([f'{macs:,}' for macs in sizes], heights, bottom=[before[macs] for macs in sizes],
                   label={'io': 'receive, transmit', 'l2': 'transmit, turn'}.get(mode, mode))
        before = {macs: before[macs] + height for macs, height in zip(sizes, heights)}
    pyplot.xlabel('MAC addresses')
    pyplot.ylabel('TSC cycles a frame, in cache')
    pyplot.legend(fontsize='small')
    return bool(sizes)


def draw_peers(pyplot, records):
    lines = {}
    for record in records:
        if record['bench'] == 'peers':
            lines.setdefault(f'{record["switch"]}, {record.get("ports", record["links"])}', []).append((record['macs'], record['mpps']))
    return draw_lines(pyplot, lines, 'MAC addresses')
