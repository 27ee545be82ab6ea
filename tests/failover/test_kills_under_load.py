#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Master kills at random moments over in-memory ports; the full thousand is a bench: master_kills.py --kills 1000."""

import json
import os

import pytest

from tests.failover import master_kills


@pytest.mark.parametrize('workers', [1, 2])
def test_many_kills_of_the_master_under_load_lose_nothing(workers):
    kills = (60 if os.environ.get('BATON_QUICK') else 200) // workers
    seed = int(os.environ.get('BATON_SEED', '0')) or int.from_bytes(os.urandom(3), 'big')
    result = master_kills.kill(master_kills.parser().parse_args(['--kills', str(kills), '--seed', str(seed), '--workers', str(workers)]))
    print(json.dumps(result, indent=1))
    assert result['hitless'], '\n'.join(result['wrong'])
    assert result['kills'] == kills
    assert all(result['by_kind'].values()), f'a kind of failover never came up: {result["by_kind"]}'
    assert result['acknowledged_changes_checked'] > 0
    assert result['takeover_us']['count'] > kills // 2
