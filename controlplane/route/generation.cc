// SPDX-License-Identifier: Apache-2.0
#include "controlplane/route/generation.h"

namespace baton::zebra {
namespace {

Deed settle(Generation& generation) {
    generation.phase = Phase::complete;
    generation.settled_pid = generation.pid;
    generation.due = Time::never();
    return Deed::sweep;
}

}  // namespace

Deed on_connected(Generation& generation, Time now, Duration patience) {
    generation.phase = Phase::replay;
    generation.connected = true;
    generation.pid = 0;
    generation.due = now + patience;
    return Deed::mark;
}

void on_message(Generation& generation, std::uint32_t pid) {
    if (pid != 0) generation.pid = pid;
}

Deed on_sentinel(Generation& generation, Time now, Duration patience) {
    if (generation.phase != Phase::replay || !generation.connected) return Deed::none;
    if (generation.settled_pid == 0 || generation.settled_pid == generation.pid) return settle(generation);
    generation.phase = Phase::hold;
    generation.due = now + patience;
    return Deed::none;
}

void on_disconnected(Generation& generation) {
    generation.connected = false;
    generation.due = Time::never();
}

Deed on_tick(Generation& generation, Time now, bool all_read) {
    if (finished(generation) || !generation.connected || !all_read || now < generation.due) return Deed::none;
    return settle(generation);
}

Deed on_takeover(Generation& generation, Time now, Duration patience) {
    generation.due = Time::never();
    if (generation.phase == Phase::none) return Deed::none;
    if (generation.connected) {
        if (!finished(generation)) generation.due = now + patience;
        return Deed::none;
    }
    generation.phase = Phase::replay;
    return Deed::mark;
}

}  // namespace baton::zebra
