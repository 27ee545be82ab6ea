# SPDX-License-Identifier: Apache-2.0
"""Lets every test be run from anywhere. The proofs that run on the real programs of the build folder (BATON_BUILD) are skipped by name
where no switch can run."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from tests.support import switch as on_wires

NEED_A_SWITCH = ('failover', 'causes', 'peers')


def pytest_collection_modifyitems(items):
    needy = [item for item in items if item.path.parent.name in NEED_A_SWITCH]
    reason = needy and on_wires.why_not(on_wires.build_folder())
    if reason:
        for item in needy:
            item.add_marker(pytest.mark.skip(reason=reason))
