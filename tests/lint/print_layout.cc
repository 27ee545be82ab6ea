// SPDX-License-Identifier: Apache-2.0
// Prints the layout of every struct that lies in shared memory, one line for each field, as the compiler sees it:
// `offset size name`. sync/layout/abi.golden is this output as last agreed on; test_layout.py compares the two, and sees to it
// that no described struct is missing here.
#include <cinttypes>
#include <cstdio>

#include "sync/layout/acl.h"
#include "sync/layout/arena.h"
#include "sync/layout/baton.h"
#include "sync/layout/board.h"
#include "sync/layout/command.h"
#include "sync/layout/fdb.h"
#include "sync/layout/fpm.h"
#include "sync/layout/journal.h"
#include "sync/layout/punt.h"
#include "sync/layout/routes.h"
#include "sync/layout/tables.h"
#include "sync/layout/wire.h"

namespace {

template <class T>
void print() {
    const auto name = baton::Describe<T>::name;
    std::printf("\n%.*s: %zu bytes, aligned to %zu, fingerprint %016" PRIx64 "\n", static_cast<int>(name.size()),
                name.data(), sizeof(T), alignof(T), baton::fingerprint<T>());
    for (const baton::Field& field : baton::Describe<T>::fields)
        std::printf("%8zu %8zu  %.*s\n", field.offset, field.size, static_cast<int>(field.name.size()), field.name.data());
}

template <class... T>
void print_all() {
    (print<T>(), ...);
}

}  // namespace

int main() {
    using namespace baton;
    std::printf("arena_abi %u\n", arena_abi);
    print_all<ArenaHeader, GrantRecord, BatonPage, DyingWords, BoardPage, PortSet256, Command, CommandRing, CommandArena,
              FdbBucket, FdbControl, JournalRecordHeader, JournalArena, PuntSlot, PuntArena, PortEntry, VlanEntry,
              TermAccount, Applier, Traffic, WorkerCounters, Fabric, Crossed, FabricCounters, TablesArena, WireLane, WireSlot, WireArena,
              Adjacency, AdjacencyRecord, RouteGroup, RouteCandidate, RouteRecord, RouteRoot, RoutesControl, FpmArena,
              AclSlot, AclHits, AclArena>();
}
