#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Masters end at random moments under routed traffic over in-memory ports; the full five hundred is a bench: routed_kills.py --kills 500."""

import json
import os

import pytest

from tests.failover import routed_kills


@pytest.mark.parametrize('workers', [1, 2])
def test_many_kills_of_the_master_under_routed_traffic_lose_nothing(workers):
    kills = (40 if os.environ.get('BATON_QUICK') else 100) // workers
    seed = int(os.environ.get('BATON_SEED', '0')) or int.from_bytes(os.urandom(3), 'big')
    arguments = ['--kills', str(kills), '--seed', str(seed), '--workers', str(workers), '--rate', '2000']
    result = routed_kills.kill(routed_kills.parser().parse_args(arguments))
    print(json.dumps(result, indent=1))
    assert result['hitless'], '\n'.join(result['wrong'])
    assert result['kills'] == kills
    assert result['acknowledged_changes_checked'] > 0
    assert result['denied'] > 0
