# SPDX-License-Identifier: Apache-2.0
"""What every file must have, and what none may."""

import re

from tests.lint.tree import files, report, text

SOURCE = re.compile(r'\.(h|cc|c|py|sh|proto|js|mjs|css|html)$|(^|/)meson(\.build|_options\.txt)$|^(demo|check|\.ci/run)$')
LICENCE = 'SPDX-License-Identifier: Apache-2.0'
UNFINISHED = re.compile(r'\b(' + 'TO' + r'DO|FIX' + r'ME|XX' + r'X)\b')
HOME = re.compile(r'(?<![\w.])/(home|root|Users)/\w')


def sources():
    return [path for path in files() if SOURCE.search(path)]


def test_every_source_names_its_licence_at_the_top():
    faults = [f'{path}: no {LICENCE} in its first three lines' for path in sources()
              if text(path).strip() and LICENCE not in '\n'.join(text(path).splitlines()[:3])]
    assert not faults, report(faults)


def test_every_source_says_what_it_is_for():
    """A comment of at least one line after the licence, in headers and in scripts."""
    faults = []
    for path in sources():
        if not path.endswith(('.h', '.py')):
            continue
        lines = [line for line in text(path).splitlines()[:4] if LICENCE not in line and not line.startswith('#!')]
        if lines and not lines[0].startswith(('//', '#', '"""', "'''")):
            faults.append(f'{path}: its purpose is not told below the licence')
    assert not faults, report(faults)


def test_nothing_is_marked_as_unfinished():
    faults = [f'{path}:{number}: {line.strip()}' for path in sources() for number, line in enumerate(text(path).splitlines(), 1)
              if UNFINISHED.search(line)]
    assert not faults, report(faults)


def test_python_scripts_name_debians_python():
    faults = [f'{path}: starts with {first}; use #!/usr/bin/python3' for path in sources()
              for first in [text(path).split('\n', 1)[0]] if first.startswith('#!') and 'python' in first and first != '#!/usr/bin/python3']
    assert not faults, report(faults)


def test_no_path_of_somebodys_home():
    faults = [f'{path}:{number}: {line.strip()}' for path in sources() for number, line in enumerate(text(path).splitlines(), 1)
              if HOME.search(line)]
    assert not faults, report(faults)


def test_no_file_is_too_long():
    """House: above 600 lines, ask which seam was missed."""
    faults = [f'{path}: {lines} lines' for path in sources() if (lines := text(path).count('\n')) > 600]
    assert not faults, report(faults)
