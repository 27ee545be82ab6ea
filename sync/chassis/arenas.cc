// SPDX-License-Identifier: Apache-2.0
#include "sync/chassis/arenas.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <charconv>

#include "sync/baton/life.h"
#include "sync/layout/acl.h"
#include "sync/layout/fdb.h"
#include "sync/layout/journal.h"
#include "sync/layout/fpm.h"
#include "sync/layout/punt.h"
#include "sync/layout/routes.h"
#include "sync/layout/tables.h"

namespace baton::chassis {
namespace {

struct Plan {
    ArenaKind kind;
    std::size_t size;
    std::uint64_t layout;
    std::size_t touch;  // allocated at once; 0: all
};

// The journal's size is a setting, and comes on top of its header. The FDB's arena and that of routes are sparse: their
// largest tables have a place, and memory when the data plane grows into it.
constexpr Plan plans[] = {
    {ArenaKind::baton, sizeof(BatonPage), fingerprint<BatonPage>(), 0},
    {ArenaKind::board_a, sizeof(BoardPage), fingerprint<BoardPage>(), 0},
    {ArenaKind::board_b, sizeof(BoardPage), fingerprint<BoardPage>(), 0},
    {ArenaKind::journal, sizeof(JournalArena), fingerprint<JournalArena>(), 0},
    {ArenaKind::commands, sizeof(CommandArena), fingerprint<CommandArena>(), 0},
    {ArenaKind::tables, sizeof(TablesArena), fingerprint<TablesArena>(), 0},
    {ArenaKind::fdb, fdb_arena_size, fingerprint<FdbControl>(), sizeof(FdbControl)},
    {ArenaKind::punt, sizeof(PuntArena), fingerprint<PuntArena>(), 0},
    {ArenaKind::routes, routes_arena_size, fingerprint<RoutesControl>(), routes_touched},
    {ArenaKind::fpm, sizeof(FpmArena), fingerprint<FpmArena>(), 0},
    {ArenaKind::acl, sizeof(AclArena), fingerprint<AclArena>(), 0},
};

std::uint64_t journal_capacity(const Options& options) {
    return std::uint64_t{options.journal_mb} << 20;
}

std::size_t size_of(const Plan& plan, const Options& options) {
    return plan.size + (plan.kind == ArenaKind::journal ? journal_capacity(options) : 0);
}

constexpr std::size_t index_of(ArenaKind kind) {
    for (std::size_t i = 0; i < std::size(plans); ++i)
        if (plans[i].kind == kind) return i;
    return std::size(plans);
}

template <class T>
T must(Result<T> result) {
    if (!result) throw StartupError{1, result.error().what};
    return std::move(*result);
}

std::size_t number_after(const std::string& text, std::string_view key, std::size_t otherwise) {
    const std::string sought = fmt::format(",{}=", key);
    const auto at = text.find(sought);
    if (at == std::string::npos) return otherwise;
    const char* digits = text.data() + at + sought.size();
    std::size_t value = otherwise;
    std::from_chars(digits, text.data() + text.size(), value);
    return value;
}

}  // namespace

Arenas::Arenas(const Options& options, Pages pages) {
    static_assert(std::size(plans) == count);
    for (const Plan& plan : plans) {
        Held& held = held_[chassis::index_of(plan.kind)];
        held.writable = must(create_arena(plan.kind, size_of(plan, options), plan.layout, pages, plan.touch));
        held.readable = must(reopen_read_only(held.writable.get()));
    }
    baton_ = map(ArenaKind::baton, fingerprint<BatonPage>());
    boards_[0] = map(ArenaKind::board_a, fingerprint<BoardPage>());
    boards_[1] = map(ArenaKind::board_b, fingerprint<BoardPage>());
    commands_ = map(ArenaKind::commands, fingerprint<CommandArena>());
    for (const Slot slot : {Slot::msm_a, Slot::msm_b}) life::reset(board(slot));
    begin_journal(journal_capacity(options));
    begin_fdb(*fdb_bits_for(options.fdb_max_entries));
}

Mapping Arenas::map(ArenaKind kind, std::uint64_t layout) const {
    return must(map_arena(held_[chassis::index_of(kind)].writable.get(), kind, layout, Access::read_write));
}

void Arenas::begin_journal(std::uint64_t capacity) const {
    map(ArenaKind::journal, fingerprint<JournalArena>()).as<JournalArena>()->capacity.store(capacity);
}

// The first table is allocated here, so that a machine without the memory is told so at start. The seed is secret:
// who knows it can choose addresses that fall into one bucket.
void Arenas::begin_fdb(unsigned max_bits) const {
    const std::size_t first = fdb_table_offset(fdb_min_bits);
    if (!allocate(fd("fdb", Access::read_write), first, first))
        throw StartupError{1,
                           "no memory for the first FDB table (8 MB); reserve more huge pages or set hugepages = no"};
    const Mapping mapping = map(ArenaKind::fdb, fingerprint<FdbControl>());
    std::uint64_t seed = 0;
    if (::getrandom(&seed, sizeof seed, 0) != sizeof seed) throw StartupError{1, "the kernel gives no random numbers"};
    mapping.as<FdbControl>()->seed.store(seed);
    mapping.as<FdbControl>()->max_bits.store(max_bits);
}

int Arenas::fd(std::string_view name, Access access) const {
    for (const Plan& plan : plans)
        if (name == name_of(plan.kind)) {
            const Held& held = held_[chassis::index_of(plan.kind)];
            return access == Access::read_write ? held.writable.get() : held.readable.get();
        }
    return -1;
}

std::size_t memory_wanted(const Options& options) {
    constexpr std::size_t page = 2u << 20;
    std::size_t sum = fdb_table_offset(fdb_min_bits);
    for (const Plan& plan : plans)
        sum += ((plan.touch == 0 ? size_of(plan, options) : plan.touch) + page - 1) / page * page;
    for (const PortLine& port : options.ports)
        if (port.text.find(" wire") != std::string::npos)
            sum += 2 * number_after(port.text, "slots", 16384) * number_after(port.text, "slot-size", 2048);
    return sum + std::size_t{options.mbufs} * (options.max_frame + 512);
}

}  // namespace baton::chassis
