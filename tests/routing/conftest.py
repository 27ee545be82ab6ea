# SPDX-License-Identifier: Apache-2.0
"""One Baton with neighbours for all of tests/routing. Skipped by name where FRR is not installed."""

import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from network import Network, why_not


def pytest_collection_modifyitems(items):
    why = why_not()
    for item in items:
        if why and item.path.parent.name == 'routing':
            item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope='session')
def network():
    network = Network()
    try:
        network.up()
        yield network
    finally:
        if os.environ.get('BATON_KEEP_LOG') and os.path.exists(network.chassis.log):
            shutil.copy(network.chassis.log, os.environ['BATON_KEEP_LOG'])
        network.down()


@pytest.fixture
def converged(network):
    network.wait_converged()
    return network
