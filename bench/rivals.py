# SPDX-License-Identifier: Apache-2.0
"""The packages of those that Baton is measured beside, and of the plots: as ./check has its own (tests/support/setup.sh), so that none starts a daemon."""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def install():
    """What is missing; says so on stderr. What cannot be had is left out by whoever needs it."""
    subprocess.run(['bash', '-c', '. tests/support/setup.sh; setup_rivals'], cwd=ROOT, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False)
