# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin: one JSON object for each test, on the pipe that ./check reads (BATON_LINES_FD), as soon as the test ends;
and the selection by ./check --only (BATON_ONLY). Without these two variables it does nothing, so plain pytest works too."""

import json
import os
import re

_pipe = os.fdopen(int(os.environ['BATON_LINES_FD']), 'w') if os.environ.get('BATON_LINES_FD') else None
_reports = {}


def _name(nodeid):
    """tests/smoke/test_vlan.py::test_floods_to_members[x] -> vlan.floods_to_members[x]"""
    path, _, case = nodeid.partition('::')
    return re.sub(r'^test_', '', os.path.basename(path)[:-3]) + '.' + re.sub(r'^test_', '', case.split('::')[-1])


def pytest_collection_modifyitems(config, items):
    only = os.environ.get('BATON_ONLY')
    if not only:
        return
    suite = os.environ.get('BATON_SUITE', '')
    kept = [item for item in items if re.search(only, f'{suite} {_name(item.nodeid)}', re.IGNORECASE)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_runtest_logreport(report):
    _reports.setdefault(report.nodeid, []).append(report)


def pytest_runtest_logfinish(nodeid, location):
    reports = _reports.pop(nodeid, [])
    if _pipe is None or not reports:
        return
    failed = [r for r in reports if r.failed]
    skipped = [r for r in reports if r.skipped]
    detail = ''
    if failed:
        detail = '\n'.join([r.longreprtext for r in failed] + [text for _, text in failed[-1].sections])
    elif skipped:
        where = skipped[0].longrepr
        detail = where[2].removeprefix('Skipped: ') if isinstance(where, tuple) else str(where)
    _tell(_name(nodeid), 'FAILED' if failed else 'skip' if skipped else 'ok', sum(r.duration for r in reports), detail)


def pytest_collectreport(report):
    if _pipe is not None and report.failed:
        _tell(report.nodeid or 'collection', 'FAILED', 0, report.longreprtext)


def _tell(name, verdict, seconds, detail):
    _pipe.write(json.dumps({'name': name, 'verdict': verdict, 'seconds': seconds, 'detail': detail}) + '\n')
    _pipe.flush()
