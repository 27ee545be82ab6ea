// SPDX-License-Identifier: Apache-2.0
#include "sync/channel/wire.h"

namespace baton {

Result<Fd> create_wire(std::uint32_t slot_count, std::uint32_t slot_size, Pages pages) {
    if (slot_count == 0 || (slot_count & (slot_count - 1)) != 0)
        return failure("a wire's slots must be a power of two, not " + std::to_string(slot_count));
    if (slot_size < 72 || slot_size % 8 != 0)
        return failure("a wire's slot-size must be a multiple of 8 and at least 72, not " + std::to_string(slot_size));
    auto fd = create_arena(ArenaKind::wire, wire_size(slot_count, slot_size), fingerprint<WireArena>(), pages);
    if (!fd) return fd;
    auto mapping = map_arena(fd->get(), ArenaKind::wire, fingerprint<WireArena>(), Access::read_write);
    if (!mapping) return mapping.error();
    mapping->as<WireArena>()->slot_count = slot_count;
    mapping->as<WireArena>()->slot_size = slot_size;
    return fd;
}

}  // namespace baton
