#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Masters die while 64-byte frames pass at 10 Gb/s line rate, or at what this machine carries; the full run is bench/linerate."""

import json
import os
import subprocess

import pytest

from tests.support import switch as on_wires

FAILOVERS = 15 if os.environ.get('BATON_QUICK') else 60


def test_failovers_at_line_rate_lose_nothing():
    program = os.path.join(on_wires.build_folder(), 'bench/linerate/linerate')
    run = subprocess.run([program, '--failovers', str(FAILOVERS)], capture_output=True, text=True, timeout=240)
    assert run.stdout, run.stderr
    result = json.loads(run.stdout)
    print(json.dumps(result, indent=1))
    if result['verdict'] == 'void':
        pytest.skip(f'the machine kept the bench away from its wires for {result["own_longest_trip_us"]} us: they ran over')
    assert result['verdict'] == 'good' and run.returncode == 0
    assert result['failovers'] == FAILOVERS and result['offered'] == result['delivered'] > 100_000
    assert result['dropped_or_flooded'] == 0
