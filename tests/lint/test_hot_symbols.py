# SPDX-License-Identifier: Apache-2.0
"""After its loop begins a worker allocates nothing, locks nothing, prints nothing, throws nothing. Read from the objects of the hot
path: what they leave for others to provide. Start-up code of the data plane lives in files that are not listed here."""

import glob
import os
import re
import subprocess

import pytest

from tests.lint.tree import BUILD, ROOT, code, report

# Sources on a worker's path: every stage and table, and these of the worker's folder.
HOT = (r'dataplane/stage/\w+\.cc', r'dataplane/table/\w+\.cc', r'dataplane/worker/(turn|worker|batch|loop|transmit|handoff)\w*\.cc')

FORBIDDEN = {
    'allocates': r'(malloc|calloc|realloc|free|posix_memalign|aligned_alloc|operator new.*|operator delete.*)',
    'throws': r'(__cxa_throw|__cxa_allocate_exception|__cxa_begin_catch|std::__throw_\w+.*)',
    'prints or logs': r'(printf|fprintf|puts|putchar|fwrite|__printf_chk|__fprintf_chk|baton::log::.*|fmt::.*|spdlog::.*|rte_log)',
    'locks': r'(pthread_(mutex|rwlock|cond|spin)\w*|std::mutex.*|std::condition_variable.*)',
    'sleeps or calls the kernel': r'(usleep|nanosleep|sleep|poll|epoll_\w+|read|write|mmap|munmap|open)',
    'uses run-time types': r'(__dynamic_cast|typeinfo for .*)',
}


def hot_sources():
    return [path for path in code() if any(re.fullmatch(pattern, path) for pattern in HOT)]


def objects(source):
    """Objects that meson made of a source in the programs' own libraries (not in tests and benches)."""
    # meson writes the path from the library's folder with '_' for '/'; the folder of the library is that of its meson.build
    folder, name = os.path.split(source)
    found = []
    while folder:
        tail = os.path.relpath(source, folder).replace('/', '_')
        found += glob.glob(os.path.join(BUILD, folder, '*.p', tail + '.o'))
        folder = os.path.dirname(folder)
    return found


def undefined(path):
    listed = subprocess.run(['nm', '-C', '--undefined-only', path], capture_output=True, text=True, check=True).stdout
    return [line.split(None, 1)[1].strip() for line in listed.splitlines() if re.match(r'\s+[Uu] ', line)]


@pytest.fixture(scope='module')
def hot():
    sources = hot_sources()
    assert sources, 'no hot source was found: were the folders renamed? mend HOT above'
    found = {source: objects(source) for source in sources}
    assert any(found.values()), f'none of {sources} has an object in {BUILD}: has the naming of objects changed?'
    return found


@pytest.mark.parametrize('sin', FORBIDDEN)
def test_the_hot_path_never(hot, sin):
    pattern = re.compile(FORBIDDEN[sin])
    faults = []
    for source, paths in hot.items():
        for path in paths:
            for symbol in undefined(path):
                if pattern.fullmatch(symbol.split('(')[0] if not symbol.startswith('operator') else symbol):
                    faults.append(f'{source}: {sin}: {symbol}')
    assert not faults, report(sorted(set(faults)))


def test_every_hot_source_was_looked_at(hot):
    missing = [source for source, paths in hot.items() if not paths]
    assert not missing, report([f'{source}: no object in {os.path.relpath(BUILD, ROOT)}' for source in missing])
