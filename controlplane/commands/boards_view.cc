// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/boards_view.h"

#include <fmt/core.h>

namespace baton::commands {
namespace {

Slot slot_from(std::uint32_t plus_one) {
    return plus_one == 1 ? Slot::msm_a : plus_one == 2 ? Slot::msm_b : Slot::none;
}

bool all_ready(const BoardPage& page) {
    for (std::size_t i = 0; i < subsystem_count; ++i)
        if (SubsystemWord::of(page.subsystem[i].load()).state == SubsystemState::failed) return false;
    return SubsystemWord::of(page.subsystem[static_cast<std::size_t>(Subsystem::configuration)].load()).state ==
           SubsystemState::ready;
}

}  // namespace

BoardView board_view(const Switch& sw, Slot slot) {
    BoardView out;
    out.slot = slot;
    const auto& page = sw.board(slot);
    const auto pid = sw.baton().board_pid[index_of(slot)].load();
    out.starts = sw.baton().board_starts[index_of(slot)].load();
    const bool me = slot == sw.slot();
    if (!me && (pid == 0 || page.pid.load() != pid)) {
        if (pid != 0) out.state = std::string("starting");
        return out;
    }
    const auto role = page.role.load();
    if (!me && role != BoardRole::slave) {
        out.state = std::string(role == BoardRole::leaving ? "leaving" : "starting");
        return out;
    }
    out.role = std::string(me ? "master" : "slave");  // only the master answers
    out.pid = me ? page.pid.load() : pid;
    out.page = &page;
    out.state = std::string(me ? "active" : all_ready(page) ? "ready" : "following");
    const auto release = page.release.load();
    out.release = fmt::format("{}.{}.{}", release >> 16, release >> 8 & 0xff, release & 0xff);
    return out;
}

std::vector<GrantView> grants(const Switch& sw) {
    std::vector<GrantView> out;
    const Term last = sw.term();
    for (Term term = last > 63 ? last - 63 : 1; term <= last; ++term) {
        const auto& record = sw.baton().records[term % 64];
        if (record.term.load(std::memory_order_acquire) != term) continue;
        GrantView one;
        one.term = term;
        one.holder = slot_from(record.holder.load());
        one.last_holder = slot_from(record.last_holder.load());
        one.cause = record.cause.load();
        one.signal = record.signal.load();
        one.wall_ns = record.wall_ns.load();
        const auto& account = sw.tables().applier.terms[term % 64];
        const auto lost = record.lost_ns.load();
        if (one.cause != Cause::never && lost != 0 && account.term.load(std::memory_order_acquire) == term)
            if (const auto first = account.first_accept_ns.load(); first > lost) one.duration_ns = first - lost;
        if (account.term.load(std::memory_order_acquire) == term)
            if (const auto end = account.drops_at_end.load(std::memory_order_acquire); end != 0)
                one.frames_dropped = end - account.drops_at_open.load();
        out.push_back(one);
    }
    return out;
}

}  // namespace baton::commands
