# SPDX-License-Identifier: Apache-2.0
"""Configuration that never rests: VLANs, static and black-holed entries and the ageing time are changed by an operator who
keeps a book of what was acknowledged. After each change of the baton the new master must show exactly that (invariant 4),
and no counter may have gone back (invariant 11). One thread, the only one that changes anything."""

import random
import shlex
import threading

from tests.support import processes

FIRST_TAG, TAGS = 100, 40
AGINGTIMES = (300, 400, 500, 600, 1000)
RECONCILED_SECONDS = 5


def ports_of(text):
    """The ports of a list as the switch prints it: 1:1-1:3,1:5 or 1:1-3."""
    ports = set()
    for part in text.split(','):
        first, _, last = part.partition('-')
        module, number = first.split(':')
        end = last.split(':')[-1] if last else number
        ports |= {f'{module}:{each}' for each in range(int(number), int(end) + 1)}
    return ports


class Wrong(RuntimeError):
    """The new master does not hold what an operator was told."""


class Churn:
    red = ('1:1', '1:2', '1:4')   # the ports of VLAN red

    def __init__(self, chassis, seed=0):
        self.chassis = chassis
        self.random = random.Random(seed)
        self.vlans = {}        # name -> (tag or None, tagged ports): as acknowledged
        self.statics = {}      # mac -> port, or 'blackhole'; all in VLAN red
        self.agingtime = 300
        self.acknowledged = self.checked = self.checks = 0
        self.unanswered = 0    # no answer in time: the outcome had to be found out
        self.lost = 0          # answered: not applied, because the master died first
        self.wrong = []
        self._since_check = 0
        self._counters = {}
        self._term = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._term = self.chassis.term()
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join(60)
        if self._thread.is_alive():
            self.wrong.append('the operator never got an answer')

    def _run(self):
        while not self._stop.is_set() and not self.wrong:
            try:
                self.step()
            except (Wrong, RuntimeError, ValueError, KeyError) as error:
                self.wrong.append(str(error))

    def step(self):
        """One change; and the whole check when the baton has changed hands since the last one."""
        self._change()
        term = self.chassis.term()
        if term is not None and term != self._term:
            self._term = term
            self.check()

    # --- changes

    def ways(self):
        """What may be changed now. Each way answers with a command, how it is booked, and how to see that it was done."""
        if len(self.vlans) > 20:
            return [self._delete_vlan]
        if len(self.statics) > 60:
            return [self._delete_static]
        ways = [self._create_vlan, self._create_static, self._aging]
        if self.vlans:
            ways += [self._delete_vlan, self._member]
        if self.statics:
            ways.append(self._delete_static)
        return ways

    def _change(self):
        line, book, done_already = self.random.choice(self.ways())()
        answer = self.chassis.run(*line.split(), timeout=15)
        if answer.returncode == 0:
            book()
            self.acknowledged += 1
            self._since_check += 1
        elif answer.returncode in (3, 6):
            # Not acknowledged: either outcome is right, and must now be found out.
            self.unanswered += 1
            if not processes.until(lambda: self.chassis.term() is not None, 20, 0.02):
                raise Wrong(f'no master 20 s after: {line}')
            if done_already():
                book()
        elif 'was lost before it committed' in answer.stderr + answer.stdout:
            self.lost += 1
            if done_already():
                raise Wrong(f'`{line}` was said not to be applied, but it was')
        else:
            raise Wrong(f'`{line}` was refused ({answer.returncode}): {(answer.stderr + answer.stdout).strip()}')

    def _create_vlan(self):
        used = {int(name[5:]) for name in self.vlans}
        name = f'churn{self.random.choice([tag for tag in range(FIRST_TAG, FIRST_TAG + TAGS) if tag not in used])}'
        return f'create vlan {name}', lambda: self.vlans.update({name: (None, set())}), lambda: self._vlan_shown(name) is not None

    def _delete_vlan(self):
        name = self.random.choice(sorted(self.vlans))
        return f'delete vlan {name}', lambda: self.vlans.pop(name), lambda: self._vlan_shown(name) is None

    def _member(self):
        """A VLAN gets its tag first, then ports one by one, then loses them again."""
        name = self.random.choice(sorted(self.vlans))
        tag, ports = self.vlans[name]
        if not tag:
            tag = int(name[5:])
            return (f'configure vlan {name} tag {tag}', lambda: self.vlans.update({name: (tag, ports)}),
                    lambda: self._vlan_shown(name)[0] == tag)
        port = self.random.choice(['1:1', '1:2', '1:3', '1:4'])
        if port in ports:
            return f'configure vlan {name} delete ports {port}', lambda: ports.discard(port), lambda: port not in self._vlan_shown(name)[1]
        return f'configure vlan {name} add ports {port} tagged', lambda: ports.add(port), lambda: port in self._vlan_shown(name)[1]

    def _create_static(self):
        mac = f'02:5a:00:00:{self.random.randrange(256):02x}:{self.random.randrange(256):02x}'
        where = self.random.choice([*self.red, 'blackhole'])
        if mac in self.statics:
            return self._delete_static()
        words = 'blackhole' if where == 'blackhole' else f'ports {where}'
        return (f'create fdbentry {mac} vlan red {words}', lambda: self.statics.update({mac: where}),
                lambda: mac in self.shown()['static entries'])

    def _delete_static(self):
        mac = self.random.choice(sorted(self.statics))
        return f'delete fdbentry {mac} vlan red', lambda: self.statics.pop(mac), lambda: mac not in self.shown()['static entries']

    def _aging(self):
        seconds = self.random.choice([seconds for seconds in AGINGTIMES if seconds != self.agingtime])
        def book():
            self.agingtime = seconds
        return f'configure fdb agingtime {seconds}', book, lambda: self.shown()['ageing time'] == seconds

    # --- what the master shows

    def book(self):
        """Everything acknowledged, by kind."""
        return {'VLANs': {name: (tag, frozenset(ports)) for name, (tag, ports) in self.vlans.items()},
                'static entries': self.statics, 'ageing time': self.agingtime}

    def nothing(self):
        """The same of a switch on which nobody changed anything."""
        return {'VLANs': {}, 'static entries': {}, 'ageing time': 300}

    def shown(self):
        """The running configuration, all in one look, as the book has it."""
        shown = self.nothing()
        for command in self.chassis.show('configuration')['commands']:
            self.read(shlex.split(command), shown)
        return shown

    def read(self, words, shown):
        """One command of the running configuration, when it is one of ours."""
        vlans = shown['VLANs']
        if words[:2] == ['create', 'vlan'] and words[2].startswith('churn'):
            vlans[words[2]] = (None, frozenset())
        elif words[:2] == ['configure', 'vlan'] and words[2] in vlans and words[3] == 'tag':
            vlans[words[2]] = (int(words[4]), vlans[words[2]][1])
        elif words[:2] == ['configure', 'vlan'] and words[2] in vlans and words[3:5] == ['add', 'ports']:
            vlans[words[2]] = (vlans[words[2]][0], frozenset(ports_of(words[5])))
        elif words[:2] == ['create', 'fdbentry'] and words[2].startswith('02:5a'):
            shown['static entries'][words[2]] = words[-1]
        elif words[:3] == ['configure', 'fdb', 'agingtime']:
            shown['ageing time'] = int(words[3])

    def _vlan_shown(self, name):
        return self.shown()['VLANs'].get(name)

    def _tables(self):
        """The permanent entries of ours that the data plane really has."""
        return {entry['mac']: 'blackhole' if entry['blackhole'] else entry['port'] for entry in self.chassis.show('fdb permanent')['entries']
                if entry['mac'].startswith('02:5a')}

    def tables(self):
        """What the tables have to hold, and what they do: by kind, (acknowledged, held)."""
        return {'static entries': (self.statics, self._tables())}

    def check(self):
        """Everything acknowledged is there, and nothing else: in the configuration at once, in the tables as soon as the new master has
        reconciled them, because until then they are the last master's."""
        shown = self.shown()
        for what, acknowledged in self.book().items():
            if shown[what] != acknowledged:
                raise Wrong(f'term {self._term}: {what} are {shown[what]}, acknowledged were {acknowledged}')
        if not processes.until(lambda: all(wanted == held for wanted, held in self.tables().values()), RECONCILED_SECONDS, 0.02):
            raise Wrong(f'term {self._term}: {RECONCILED_SECONDS} s later the data plane ' + '; '.join(
                f'of {what} lacks { {key: to for key, to in wanted.items() if held.get(key) != to} }, '
                f'and has besides { {key: to for key, to in held.items() if key not in wanted} }'
                for what, (wanted, held) in self.tables().items() if wanted != held))
        self._compare_counters()
        self.checks += 1
        self.checked += self._since_check
        self._since_check = 0

    def _compare_counters(self):
        now = {}
        for port in self.chassis.show('ports statistics')['ports']:
            now.update({(port['port'], name): value for name, value in port.items() if isinstance(value, int)})
        for name, value in self._counters.items():
            if now.get(name, 0) < value:
                raise Wrong(f'term {self._term}: counter {name} went back from {value} to {now.get(name)}')
        self._counters = now
