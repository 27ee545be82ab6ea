// SPDX-License-Identifier: Apache-2.0
// All shared memory of the switch: created once by the chassis and held until it ends, so that it outlives every
// process that works in it. Each arena is held twice: for writing, given to its one writer; and reopened read-only, for
// all others.
#pragma once

#include <array>
#include <string_view>

#include "sync/chassis/options.h"
#include "sync/layout/baton.h"
#include "sync/layout/board.h"
#include "sync/layout/command.h"
#include "sync/region/arena.h"

namespace baton::chassis {

class Arenas {
  public:
    /// Creates and initialises all of them. Throws StartupError when the memory is not there.
    Arenas(const Options& options, Pages pages);

    /// -1 when no arena has that name.
    int fd(std::string_view name, Access access) const;

    BatonPage& baton() const { return *baton_.as<BatonPage>(); }

    BoardPage& board(Slot slot) const { return *boards_[index_of(slot)].as<BoardPage>(); }

    CommandArena& commands() const { return *commands_.as<CommandArena>(); }

  private:
    struct Held {
        Fd writable, readable;
    };

    static constexpr std::size_t count = 11;  // all kinds but wires

    Mapping map(ArenaKind kind, std::uint64_t layout) const;
    void begin_journal(std::uint64_t capacity) const;
    void begin_fdb(unsigned max_bits) const;

    std::array<Held, count> held_;
    Mapping baton_, commands_;
    std::array<Mapping, board_count> boards_;
};

/// What --hugepages=auto compares with the free 2 MB pages: arenas, wires and packet buffers.
std::size_t memory_wanted(const Options& options);

}  // namespace baton::chassis
