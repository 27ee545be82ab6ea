// SPDX-License-Identifier: Apache-2.0
// What embed.py turned into bytes at build time: the profiles' texts, and the XDP program as clang made it. So that a
// program needs no file beside it, wherever it lies.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace baton {

struct BuiltInFile {
    std::string_view name;
    std::string_view text;
};

std::span<const BuiltInFile> built_in_profiles();

/// The ELF object of xdp/steer.bpf.c.
std::span<const std::uint8_t> built_in_steer_program();

}  // namespace baton
