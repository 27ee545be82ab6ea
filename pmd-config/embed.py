#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Turns files into a C++ source, for built_in.h:  embed.py profiles OUT FILE...   |   embed.py program OUT FILE
import pathlib
import sys

what, out, files = sys.argv[1], sys.argv[2], [pathlib.Path(name) for name in sys.argv[3:]]
lines = ['#include "pmd-config/built_in.h"', 'namespace baton {']
if what == 'profiles':
    lines += ['namespace {', 'constexpr BuiltInFile files[] = {']
    lines += ['{"%s", R"profile(%s)profile"},' % (file.name, file.read_text()) for file in sorted(files)]
    lines += ['};', '}', 'std::span<const BuiltInFile> built_in_profiles() { return files; }']
else:
    numbers = ','.join(str(byte) for byte in files[0].read_bytes())
    # libbpf reads the ELF header in place, so the bytes are aligned as it is.
    lines += ['namespace {', 'alignas(8) constexpr std::uint8_t program[] = {%s};' % numbers, '}',
              'std::span<const std::uint8_t> built_in_steer_program() { return program; }']
lines += ['}', '']
pathlib.Path(out).write_text('\n'.join(lines))
