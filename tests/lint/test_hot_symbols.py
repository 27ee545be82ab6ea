# SPDX-License-Identifier: Apache-2.0
"""After its loop begins a worker allocates nothing, locks nothing, prints nothing, throws nothing. Read from the objects of the library
`hot` (dataplane/meson.build), which holds what runs with every burst: what they leave for others to provide."""

import glob
import json
import os
import re
import subprocess

import pytest

from tests.lint.tree import BUILD, ROOT, code, report

FORBIDDEN = {
    'allocates': r'(malloc|calloc|realloc|free|posix_memalign|aligned_alloc|operator new|operator delete).*',
    'throws': r'(__cxa_throw|__cxa_allocate_exception|__cxa_begin_catch|std::__throw_\w+.*|__gxx_personality_v0)',
    'prints or logs': r'(printf|fprintf|puts|putchar|fwrite|__printf_chk|__fprintf_chk|rte_log|baton::log::.*|fmt::.*|spdlog::.*)',
    'locks': r'(pthread_(mutex|rwlock|cond|spin)\w*|std::mutex.*|std::condition_variable.*)',
    'calls the kernel': r'(usleep|nanosleep|sleep|poll|epoll_\w+|read|write|recvmsg|sendmsg|mmap|munmap|open|close|syscall)',
    'uses run-time types': r'(__dynamic_cast|typeinfo for .*)',
}


@pytest.fixture(scope='module')
def hot():
    """Sources of the library, from the root, and its objects."""
    listed = subprocess.run(['meson', 'introspect', '--targets', BUILD], capture_output=True, text=True, check=True).stdout
    library = next((target for target in json.loads(listed) if target['name'] == 'hot'), None)
    assert library, 'dataplane/meson.build has no library `hot` any more: where does the hot path live now?'
    sources = sorted(os.path.relpath(source, ROOT) for part in library['target_sources'] for source in part['sources'])
    objects = glob.glob(library['filename'][0] + '.p/*.o')
    assert len(objects) == len(sources), f'{len(sources)} sources, but {len(objects)} objects: build first'
    return sources, objects


def undefined(path):
    listed = subprocess.run(['nm', '-C', '--undefined-only', path], capture_output=True, text=True, check=True).stdout
    return [line.split(None, 1)[1].strip() for line in listed.splitlines() if re.match(r'\s+[Uu] ', line)]


@pytest.mark.parametrize('sin', FORBIDDEN)
def test_the_hot_path_never(hot, sin):
    pattern = re.compile(FORBIDDEN[sin])
    faults = {f'{os.path.basename(path)}: {sin}: {symbol}' for path in hot[1] for symbol in undefined(path)
              if pattern.fullmatch(symbol.split('(')[0])}
    assert not faults, report(sorted(faults))


def test_every_stage_and_the_turn_are_in_it(hot):
    expected = {path for path in code() if re.fullmatch(r'dataplane/stage/\w+\.cc', path)} | {'dataplane/worker/turn.cc'}
    assert expected <= set(hot[0]), f'not in library `hot`: {sorted(expected - set(hot[0]))}'


def test_the_reader_of_symbols_sees_an_allocation(tmp_path):
    """So that the tests above can fail."""
    source, out = tmp_path / 'guilty.cc', tmp_path / 'guilty.o'
    source.write_text('#include <cstdio>\nint* guilty() { std::puts("x"); return new int[3]; }\n')
    subprocess.run(['g++', '-O2', '-c', str(source), '-o', str(out)], check=True)
    symbols = [symbol.split('(')[0] for symbol in undefined(str(out))]
    for sin in ('allocates', 'prints or logs'):
        assert any(re.fullmatch(FORBIDDEN[sin], symbol) for symbol in symbols), (sin, symbols)
