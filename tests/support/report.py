# SPDX-License-Identifier: Apache-2.0
"""What the demo says at its end: a table for people, report.json for programs (stable names), timeline.svg for both eyes."""

import html
import json
import math

BOTH_DEAD, CHASSIS_BACK = 'both boards dead', 'the chassis goes on'
COUNTS = ('offered', 'lost', 'duplicated', 'reordered', 'misdelivered')


def build(acts, measured, pings, log_said, huge_pages):
    """Puts together what the acts say of themselves and what the tester and the pings counted in each act's window."""
    windows = {window['name']: window for window in measured['windows']}

    def counted(name, own):
        window = windows.get(name, {})
        counts = {key: window.get(key, 0) for key in COUNTS}
        counts['misdelivered'] += window.get('mistagged', 0) + window.get('corrupted', 0) + window.get('flooded', 0)
        sent, lost, doubled = (sum(ping.get(name, (0, 0, 0))[i] for ping in pings) for i in range(3))
        wrong = list(own.get('wrong', []))
        if counts['offered'] == 0:
            wrong.append('the tester offered nothing')
        if lost or doubled:
            wrong.append(f'{lost} of {sent} pings lost, {doubled} doubled')
        if window.get('verdict') == 'void':
            wrong.append('void: ' + '; '.join(window['reasons']))
        clean = not any(counts[key] for key in COUNTS[1:])
        return {'name': name, **counts, 'longest_gap_us': window.get('longest_gap_us', 0), 'takeover_us': own.get('takeover_us'),
                'hitless': clean and not wrong and window.get('verdict') == 'good', 'verdict': window.get('verdict', 'missing'),
                'failovers': own.get('failovers', 0), 'seconds': own.get('seconds', round(window.get('seconds', 0), 3)),
                'pings': {'sent': sent, 'lost': lost, 'doubled': doubled}, 'tcp': own.get('tcp'), 'remarks': wrong}

    rows = [counted(act['name'], act) for act in acts]
    undisturbed = counted('undisturbed', {})
    return {'hitless': all(row['hitless'] for row in rows) and undisturbed['hitless'] and log_said and measured['verdict'] == 'good',
            'acts': rows, 'undisturbed': undisturbed, 'tester': {'verdict': measured['verdict'], 'reasons': measured['reasons'],
                                                                 'own': measured['own'], 'latency_us': measured['latency_us']},
            'ready_was_logged': log_said, 'huge_pages': huge_pages}


def microseconds(value):
    if value is None:
        return '-'
    return f'{value / 1e6:.2f} s' if value >= 1e6 else f'{value / 1e3:.1f} ms' if value >= 1e3 else f'{value:.0f} us'


def table(result):
    heads = ['act', 'offered', 'lost', 'duplicated', 'reordered', 'misdelivered', 'longest gap', 'new master', 'verdict']
    rows = [[row['name'], *(f'{row[key]:,}' for key in COUNTS), microseconds(row['longest_gap_us']), microseconds(row['takeover_us']),
             'hitless' if row['hitless'] else 'void' if row['verdict'] == 'void' else 'NOT HITLESS']
            for row in [result['undisturbed'], *result['acts']]]
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    lines = ['  '.join(cell.ljust(width) if i in (0, 8) else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
             for row in [heads, *rows]]
    lines.insert(1, '-' * max(map(len, lines)))
    pings = [sum(row['pings'][key] for row in [result['undisturbed'], *result['acts']]) for key in ('sent', 'lost', 'doubled')]
    transfers = [row['tcp'] for row in result['acts'] if row['tcp']]
    lines += ['', f'ping: {pings[0]} sent, {pings[1]} lost, {pings[2]} doubled.  TCP: {sum(t["bytes"] for t in transfers) / 1e6:.0f} MB in '
              f'{len(transfers)} transfers, {sum(t["intact"] for t in transfers)} with the right checksum.']
    for row in [result['undisturbed'], *result['acts']]:
        lines += [f'{row["name"]}: {remark}' for remark in row['remarks']]
    if not result['ready_was_logged']:
        lines.append('the log never said that the slave is ready')
    lines += [f'tester: {reason}' for reason in result['tester']['reasons']]
    lines.append('Every act was hitless.' if result['hitless'] else 'NOT every act was hitless.')
    return '\n'.join(lines) + '\nreport.json and timeline.svg have the rest.'


def write(result, measured, zero, faults):
    with open('report.json', 'w') as file:
        json.dump(result, file, indent=1)
        file.write('\n')
    with open('timeline.svg', 'w') as file:
        file.write(timeline(result, measured, zero, faults))


STYLE = '''
svg { --paper: #fff; --ink: #1c2430; --faint: #8b95a3; --band: #f1f4f8; --line: #0b7285; --fill: #0b728522; --fault: #c2410c; --lost: #d00000;
      background: var(--paper); font: 12px system-ui, sans-serif }
@media (prefers-color-scheme: dark) {
  svg { --paper: #14181f; --ink: #e6eaf0; --faint: #8b95a3; --band: #1d232c; --line: #4fd1e0; --fill: #4fd1e026; --fault: #fb923c; --lost: #ff6b6b }
}
text { fill: var(--ink) } .faint { fill: var(--faint) } .band { fill: var(--band) } .dark { fill: var(--ink); fill-opacity: .12 } .rate { fill: var(--fill); stroke: var(--line); stroke-width: 1.2 }
.grid { stroke: var(--faint); stroke-opacity: .35 } .fault { stroke: var(--fault); stroke-dasharray: 3 3 } .mark { fill: var(--fault) }
.lost { fill: var(--lost) } .title { font-size: 16px; font-weight: 600 }'''


def timeline(result, measured, zero, faults):
    """Delivered frames per second over time; a band for each act, a dashed line for each fault, a red dot where a frame was lost or wrong."""
    left, top, width, height = 66, 96, 1060, 250
    end = max((window['at_s'] + window['seconds'] for window in measured['windows']), default=1) or 1

    def x(seconds):
        return left + width * min(max(seconds, 0), end) / end

    points = rates(measured['samples'])
    highest = nice(max((rate for _, rate in points), default=1))
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 24} {top + height + 92}" role="img" '
           f'aria-label="Frames delivered while masters died"><style>{STYLE}</style>',
           '<text class="title" x="16" y="26">Baton: frames delivered while masters died</text>']
    totals = {key: sum(row[key] for row in [result['undisturbed'], *result['acts']]) for key in COUNTS}
    out.append(f'<text class="faint" x="16" y="46">{totals["offered"]:,} offered, {totals["lost"]} lost, {totals["duplicated"]} duplicated, '
               f'{totals["reordered"]} reordered, {totals["misdelivered"]} misdelivered; {len(faults)} faults</text>')
    labels = []
    for index, window in enumerate(measured['windows']):
        begin, stop = x(window['at_s']), x(window['at_s'] + window['seconds'])
        if index % 2 == 0:
            out.append(f'<rect class="band" x="{begin:.1f}" y="{top - 40}" width="{stop - begin:.1f}" height="{height + 40}"/>')
        row = next((row for row in [result['undisturbed'], *result['acts']] if row['name'] == window['name']), None)
        words = html.escape(window['name'])
        note = '' if row is None else 'hitless' if row['hitless'] else row['verdict'] if row['verdict'] == 'void' else 'not hitless'
        labels.append(f'<text x="{begin + 5:.1f}" y="{top - 26 + index % 2 * 14}" font-size="10"><title>{words}: {note}</title>{words}</text>')
    dark = [x(at - zero) for at, what in faults if what in (BOTH_DEAD, CHASSIS_BACK)] if zero is not None else []
    if len(dark) == 2:
        out.append(f'<rect class="dark" x="{dark[0]:.1f}" y="{top}" width="{dark[1] - dark[0]:.1f}" height="{height}"/>')
        labels.append(f'<text class="faint" x="{sum(dark) / 2:.1f}" y="{top + height - 10}" text-anchor="middle">no board alive</text>')
    for step in range(5):
        y = top + height - height * step / 4
        out.append(f'<line class="grid" x1="{left}" x2="{left + width}" y1="{y}" y2="{y}"/>'
                   f'<text class="faint" x="{left - 8}" y="{y + 4}" text-anchor="end">{highest * step / 4:,.0f}</text>')
    for second in range(0, math.floor(end) + 1, max(1, round(end / 12))):
        out.append(f'<text class="faint" x="{x(second):.1f}" y="{top + height + 18}" text-anchor="middle">{second} s</text>')
    if points:
        path = ' '.join(f'{x(at):.1f},{top + height - height * min(rate / highest, 1):.1f}' for at, rate in points)
        out.append(f'<polygon class="rate" points="{x(points[0][0]):.1f},{top + height} {path} {x(points[-1][0]):.1f},{top + height}"/>')
    for at, what in faults if zero is not None else []:
        place = x(at - zero)
        out.append(f'<line class="fault" x1="{place:.1f}" x2="{place:.1f}" y1="{top}" y2="{top + height}"/><path class="mark" '
                   f'd="M{place - 4:.1f} {top + height + 26}h8l-4 -7z"><title>{html.escape(what)} at {at - zero:.2f} s</title></path>')
    out += labels
    wrong = 0
    for sample in measured['samples']:
        if sample['wrong'] > wrong:
            wrong = sample['wrong']
            out.append(f'<circle class="lost" cx="{x(sample["at_s"]):.1f}" cy="{top + height - 6}" r="4"><title>{wrong} frames lost or wrong</title></circle>')
    y = top + height + 48
    out.append(f'<text class="faint" x="{left}" y="{y}">frames per second delivered, all flows</text>'
               f'<path class="mark" d="M{left + 260} {y}h8l-4 -7z"/><text class="faint" x="{left + 276}" y="{y}">fault or hand-over</text>'
               f'<circle class="lost" cx="{left + 410}" cy="{y - 4}" r="4"/><text class="faint" x="{left + 420}" y="{y}">lost or wrong (none drawn: none)</text>')
    takeovers = [row['takeover_us'] for row in result['acts'] if row['takeover_us'] and row['takeover_us'] < 1e6]
    if takeovers:
        out.append(f'<text class="faint" x="{left}" y="{y + 22}">slowest takeover with a slave ready: {microseconds(max(takeovers))}</text>')
    return '\n'.join(out) + '\n</svg>\n'


def rates(samples, step=0.1):
    """(time, delivered frames per second), over steps of at least `step`."""
    points, last = [], None
    for sample in samples:
        if last is None:
            last = sample
        elif sample['at_s'] - last['at_s'] >= step:
            points.append(((sample['at_s'] + last['at_s']) / 2, (sample['delivered'] - last['delivered']) / (sample['at_s'] - last['at_s'])))
            last = sample
    return points


def nice(value):
    """The next round number above."""
    power = 10 ** math.floor(math.log10(max(value, 1)))
    return next(power * step for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if power * step >= value)
