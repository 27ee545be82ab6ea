# SPDX-License-Identifier: Apache-2.0
"""Who may include whom (README, "Who may include whom"). The rules are the table below; everything not named there is free."""

import os
import re

from tests.lint.tree import ROOT, code, includes, report

# The floors: a file below the first column may include, of our own headers, only those below the second.
MAY_INCLUDE = {
    'sync/base/': ('sync/base/',),
    'sync/layout/': ('sync/base/', 'sync/layout/'),
    'sync/region/': ('sync/base/', 'sync/layout/', 'sync/region/'),
    'sync/': ('sync/',),
    'pmd-config/': ('pmd-config/', 'sync/'),
    'dataplane/': ('dataplane/', 'pmd-config/', 'sync/'),
    'controlplane/': ('controlplane/', 'sync/'),
}
ENGINES = ('stp', 'eaps', 'esrp', 'lacp', 'arp')   # an engine includes itself and sync/base, never another engine
DPDK_ROOMS = ('dataplane/', 'pmd-config/', 'bench/', 'tests/')
GENERATED = re.compile(r'\.pb\.h$')


def own_includes(path):
    """Quoted includes, but not those of generated headers' library."""
    return [(number, target) for number, mark, target in includes(path) if mark == '"']


def test_upper_floors_are_not_included_from_below():
    faults = []
    for path in code():
        room = max((room for room in MAY_INCLUDE if path.startswith(room)), key=len, default=None)
        if room:
            faults += [f'{path}:{number}: {room} may not include {target}' for number, target in own_includes(path)
                       if not target.startswith(MAY_INCLUDE[room])]
    assert not faults, report(faults)


def test_dpdk_headers_stay_in_their_rooms():
    faults = [f'{path}:{number}: <{target}> outside {", ".join(DPDK_ROOMS)}' for path in code()
              if not path.startswith(DPDK_ROOMS) for number, _, target in includes(path) if target.startswith('rte_')]
    assert not faults, report(faults)


def test_an_engine_includes_itself_and_sync_base_only():
    faults = []
    for path in code():
        match = re.match(r'controlplane/(\w+)/', path)
        if match and match[1] in ENGINES:
            faults += [f'{path}:{number}: an engine may not include {target}' for number, target in own_includes(path)
                       if not target.startswith((f'controlplane/{match[1]}/', 'sync/base/'))]
    assert not faults, report(faults)


def test_a_stage_never_includes_another_stage():
    """A stage is dataplane/stage/NAME.cc with NAME.h. What several stages share is a header without a .cc; pipeline.* lists them all."""
    here = set(code())
    stages = {os.path.splitext(os.path.basename(path))[0] for path in here
              if path.startswith('dataplane/stage/') and path.endswith('.cc')} - {'pipeline'}
    faults = []
    for path in here:
        if not path.startswith('dataplane/stage/'):
            continue
        own = os.path.splitext(os.path.basename(path))[0]
        if own == 'pipeline':
            continue
        for number, target in own_includes(path):
            match = re.fullmatch(r'dataplane/stage/(\w+)\.h', target)
            if match and match[1] in stages and match[1] != own:
                faults.append(f'{path}:{number}: stage {own} includes stage {match[1]}')
    assert not faults, report(faults)


def test_includes_are_written_from_the_root_and_exist():
    faults = [f'{path}:{number}: "{target}" is not a file below the root' for path in code() for number, target in own_includes(path)
              if not os.path.exists(os.path.join(ROOT, target)) and not GENERATED.search(target)]
    assert not faults, report(faults)


def test_every_header_is_guarded_by_pragma_once():
    faults = [f'{path}: no #pragma once' for path in code() if path.endswith('.h') and
              '#pragma once' not in open(os.path.join(ROOT, path)).read()]
    assert not faults, report(faults)
