# SPDX-License-Identifier: Apache-2.0
"""One switch for all smoke tests; every test begins with it as it came up."""

import os
import shutil
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


@pytest.fixture(scope='session')
def switch():
    build = os.path.abspath(os.environ.get('BATON_BUILD', os.path.join(ROOT, 'build')))
    if os.geteuid() != 0:
        pytest.skip('needs root, for namespaces and ports')
    if not os.path.exists(os.path.join(build, 'baton-chassis')):
        pytest.fail(f'no baton-chassis in {build}; build first, or name the folder with BATON_BUILD')
    from network import Network
    network = Network(build)
    try:
        network.up()
        yield network
        if os.environ.get('BATON_KEEP_LOG'):
            shutil.copy(network.chassis.log, os.environ['BATON_KEEP_LOG'])
    finally:
        network.down()


@pytest.fixture
def net(switch):
    switch.reset()
    return switch


def pytest_configure(config):
    config.addinivalue_line('markers', 'slow: waits for a clock of the switch; left out by ./check --quick')


def pytest_collection_modifyitems(items):
    """What kills the data plane comes last, so that it cannot spoil the others."""
    items.sort(key=lambda item: 'restart' in item.nodeid)
    if os.environ.get('BATON_QUICK'):
        for item in items:
            if 'slow' in item.keywords:
                item.add_marker(pytest.mark.skip(reason='waits for a clock of the switch; not with --quick'))
