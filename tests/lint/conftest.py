# SPDX-License-Identifier: Apache-2.0
"""Lets the lint tests be run from anywhere: `/usr/bin/python3 -m pytest tests/lint`."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
