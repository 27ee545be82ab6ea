#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long frames are lost when a board is pulled out with its plane of the fabric: from the loss of the plane to the last frame lost.

  sudo bench/fabric/plane_loss.py --rounds 20            one JSON object a line, one for each kind

Two modules of wires on one worker, flows both ways on both planes. A round is a hard reset of the slave (the master reprograms the
modules) or of the master (the slave has to take over first), in turns. Two figures for each round, from the worst flow:

  gap_us    the longest time without a frame at its receiver: what a host sees. It includes the machine's own pauses.
  lost_us   frames lost, as time at the flow's rate: pauses that cost no frame are not in it.

Exit: 0 when no other flow lost a frame, 1 when one did, 77 cannot run."""

import argparse
import json
import os
import platform
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.support import fabric
from tests.support import switch as on_wires
from tests.support.chassis import ROOT
from tests.support.switch import SKIP_EXIT, Switch

KINDS = ('slave', 'master')


def figures(values):
    values = sorted(values)
    return {'min': values[0], 'median': values[len(values) // 2], 'max': values[-1]} if values else {}


def commit():
    shown = subprocess.run(['git', '-c', 'safe.directory=*', 'rev-parse', '--short', 'HEAD'], cwd=ROOT, capture_output=True, text=True,
                           check=False)
    return shown.stdout.strip() or 'unknown'


def cpu():
    with open('/proc/cpuinfo') as file:
        return next((line.split(':', 1)[1].strip() for line in file if line.startswith('model name')), 'unknown')


def rounds(switch, count, rate):
    """(kind, plane) of each round, in order, and the tester's report, whose windows bear the rounds' numbers."""
    chassis = switch.chassis
    fabric.wait_whole(chassis)
    tester = switch.tester(fabric.crossing_flows('w1', 'w3', rate, 1), ['--announce', '0'])
    tester.wait_started()
    done = []
    for number in range(count * len(KINDS)):
        kind = KINDS[number % len(KINDS)]
        slot = chassis.board(kind)['slot']
        tester.mark(str(number))
        fabric.hard_reset(chassis, slot)
        done.append((kind, next(plane for plane, board in fabric.PLANES.items() if board == slot)))
        on_wires.pause(0.05)
    return done, tester.finish()


def results(done, report, rate):
    windows = {window['name']: window for window in report['windows']}
    for kind in KINDS:
        gaps, losses, lost, others, voided = [], [], 0, 0, 0
        for number, (its_kind, plane) in enumerate(done):
            if its_kind != kind:
                continue
            window = windows[str(number)]
            hit = [flow for flow in window['flows'] if flow['name'][0] == plane]
            voided += window['verdict'] == 'void'
            lost += sum(flow['lost'] for flow in hit)
            others += sum(flow['lost'] for flow in window['flows']) - sum(flow['lost'] for flow in hit)
            gaps.append(max(flow['longest_gap_us'] for flow in hit))
            losses.append(max(flow['lost'] for flow in hit) * 1e6 / rate)
        yield {'bench': 'plane-loss', 'removed': kind, 'rounds': len(gaps), 'gap_us': figures(gaps), 'lost_us': figures(losses),
               'lost': lost, 'lost_by_other_flows': others,
               **{name: report[name] for name in ('offered', 'duplicated', 'reordered', 'misdelivered', 'flooded')},
               'tester': {'void_rounds': voided, 'longest_stall_us': report['own']['longest_stall_us']}, 'rate': rate,
               'machine': {'cpu': cpu(), 'cores': os.cpu_count(), 'kernel': platform.release()}, 'load': os.getloadavg()[0],
               'commit': commit()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=20, help='of each kind (20)')
    parser.add_argument('--rate', type=float, default=20000, help='frames per second of each of four flows (20000)')
    parser.add_argument('--json', metavar='FILE', help='write the lines there as well')
    arguments = parser.parse_args()
    reason = on_wires.why_not(on_wires.build_folder())
    if reason:
        print(f'skipped: {reason}', file=sys.stderr)
        return SKIP_EXIT
    with Switch('plane-loss', modules=2) as switch:
        done, report = rounds(switch, arguments.rounds, arguments.rate)
    lines = list(results(done, report, arguments.rate))
    for line in lines:
        print(json.dumps(line))
    if arguments.json:
        with open(arguments.json, 'w') as file:
            file.writelines(json.dumps(line) + '\n' for line in lines)
    return 1 if any(line['lost_by_other_flows'] or line['duplicated'] or line['reordered'] or line['misdelivered'] for line in lines) else 0


if __name__ == '__main__':
    sys.exit(main())
