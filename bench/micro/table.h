// SPDX-License-Identifier: Apache-2.0
// What the benches of the FDB by itself share: a table as large as the switch would make it for so many entries, in an
// arena of its own, and the addresses that go into it.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "dataplane/table/fdb_maintain.h"

namespace baton::micro {

inline constexpr unsigned ports = 4;
inline constexpr std::uint64_t seed = 0x1234567;

inline std::uint64_t scramble(std::uint64_t i) {  // a bijection, so that addresses differ
    i = (i ^ i >> 30) * 0xbf58476d1ce4e5b9ull;
    i = (i ^ i >> 27) * 0x94d049bb133111ebull;
    return i ^ i >> 31;
}

inline std::uint64_t key_of(std::uint64_t i) {
    return fdb_key(static_cast<VlanId>(1 + i % 8), (i << 20 | (scramble(i) & 0xfffff)) & 0xfeffffffffffull);
}

inline PortId port_of(std::uint64_t i) {
    return static_cast<PortId>(1 + i % ports);
}

inline VlanId vlan_of(std::uint64_t key) {
    return static_cast<VlanId>(key >> 48);
}

struct Table {
    Fd fd;
    Mapping mapping;
    unsigned bits;
    bool huge;

    explicit Table(std::uint64_t entries)
        : bits(fdb_bits_for(entries)), huge(huge_pages_available(fdb_table_offset(bits) + (4 << 20))) {
        auto made = create_arena(ArenaKind::fdb, fdb_arena_size, fingerprint<FdbControl>(),
                                 huge ? Pages::huge : Pages::small, sizeof(FdbControl));
        if (!made || !allocate(made->get(), fdb_table_offset(bits), fdb_table_offset(bits))) {
            std::fputs("no memory for the table\n", stderr);
            std::exit(1);
        }
        fd = std::move(*made);
        auto mapped = map_arena(fd.get(), ArenaKind::fdb, fingerprint<FdbControl>(), Access::read_write);
        if (!mapped) std::exit(1);
        mapping = std::move(*mapped);
        auto& control = *mapping.as<FdbControl>();
        control.seed = seed;
        control.max_bits = bits;
        control.shape = FdbShape{bits, 0, 0}.word();
        for (std::uint64_t at = 0; at < fdb_table_offset(bits); at += 4096)  // map it all
            static_cast<volatile std::byte*>(mapping.bytes() + fdb_table_offset(bits))[at] = std::byte{0};
    }
};

}  // namespace baton::micro
