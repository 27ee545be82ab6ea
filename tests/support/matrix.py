# SPDX-License-Identifier: Apache-2.0
"""The matrix of causes and levels of preservation: what was measured as rows for programs (matrix.json, with report.json's names) and as a
table for people (matrix.txt)."""

import json
import os

from tests.support.levels import LEVELS
from tests.support.report import COUNTS, microseconds

#        how a master ended    the cause, and how it was provoked
TITLES = {'operator': 'operator command', 'segfault': 'software exception: signal', 'abort': 'software exception: abort',
          'uncaught exception': 'software exception: uncaught', 'critical task': 'software exception: critical task',
          'stuck loop': 'watchdog', 'stopped': 'keepalive', 'damaged memory': 'diagnostic failure', 'pulled out': 'hot-removal',
          'hard reset': 'hard reset'}
HANGS = ('stuck loop', 'stopped')
COUNTED = (*COUNTS, 'flooded')


def cells():
    """(how, hang-action, level), level by level."""
    for level in LEVELS:
        for how in TITLES:
            for hang in ('discard', 'hitless') if how in HANGS else ('discard',):
                yield how, hang, level


def row_of(measured):
    """What was measured, under the names that report.json has for such things."""
    window = measured['window']
    flows = [{'name': flow['name'], **{key: flow[key] for key in COUNTED}, 'longest_gap_us': flow['longest_gap_us']}
             for flow in window['flows']]
    return {'name': title(measured), **{key: value for key, value in measured.items() if key != 'window'},
            **{key: window[key] for key in COUNTED}, 'longest_gap_us': window['longest_gap_us'],
            'longest_stall_us': window['own']['longest_stall_us'],   # of the tester itself
            'hitless': not any(window[key] for key in COUNTED if key != 'offered'), 'flows': flows}


def title(row):
    return TITLES[row['cause']] + (f', hang-action {row["hang_action"]}' if row['cause'] in HANGS else '')


def summary(rows):
    """A line for each cause, a column for each level: frames lost of those offered; ~ when frames were flooded, too."""
    found = {(title(row), row['level']): row for row in rows}
    lines = [['lost / offered', *LEVELS]]
    for name in dict.fromkeys(title(row) for row in rows):
        cell = [found.get((name, level)) for level in LEVELS]
        lines.append([name, *(f'{row["lost"]}/{row["offered"]}{"~" if row["flooded"] else ""}' if row else '-' for row in cell)])
    return aligned(lines)


def by_flow(rows):
    names = list(dict.fromkeys(flow['name'] for row in rows for flow in row['flows']))
    lines = [['cause', 'preserved', *names, 'carrier', 'new master']]
    for row in rows:
        flows = {flow['name']: flow for flow in row['flows']}
        lines.append([title(row), row['level'], *(cell_of(flows[name]) for name in names), 'lost' if any(row['carriers_lost'].values()) else 'kept',
                      microseconds(row['takeover_us'])])
    return aligned(lines)


def cell_of(flow):
    return f'{flow["lost"]}/{flow["offered"]}' + (f' ~{flow["flooded"]}' if flow['flooded'] else '')


def aligned(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    texts = ['  '.join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    return '\n'.join([texts[0], '-' * max(map(len, texts)), *texts[1:]])


def text_of(rows):
    return ('Frames lost of those offered in the window of a failover, all flows; ~: frames were flooded, too\n' + summary(rows) +
            '\n\nThe same by flow; ~N: N frames were flooded\n' + by_flow(rows) + '\n')


def write(build, rows):
    with open(os.path.join(build, 'matrix.json'), 'w') as file:
        json.dump({'rows': rows}, file, indent=1)
        file.write('\n')
    with open(os.path.join(build, 'matrix.txt'), 'w') as file:
        file.write(text_of(rows))
