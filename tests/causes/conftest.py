# SPDX-License-Identifier: Apache-2.0
"""These tests run on the real programs of the build folder (BATON_BUILD), or are skipped by name."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.support import switch as on_wires


def pytest_collection_modifyitems(items):
    reason = on_wires.why_not(on_wires.build_folder())
    if reason:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))
