// SPDX-License-Identifier: Apache-2.0
#include "dataplane/applier/links.h"

#include <algorithm>

#include "sync/base/log.h"

namespace baton {

Links::Links(TablesArena& tables, Changes& changes, std::vector<NumberedPort> ports)
    : tables_(&tables), changes_(&changes) {
    for (const NumberedPort& port : ports) {
        ports_.push_back({port});
        tables.ports[port.id].resetting.store(0, std::memory_order_relaxed);  // the last data plane may have died in it
    }
}

void Links::ask_all() {
    for (Watched& watched : ports_) ask(watched);
}

void Links::set_enabled(PortId id, bool enabled) {
    for (Watched& watched : ports_)
        if (watched.port.id == id && !resetting()) watched.port.port->set_enabled(enabled);
}

void Links::reset(Time now) {
    reset_until_ = now + reset_time;
    for (const Watched& watched : ports_) {
        tables_->ports[watched.port.id].resetting.store(1, std::memory_order_release);
        watched.port.port->set_enabled(false);
    }
    ask_all();  // workers stop sending within a turn
    log::notice("links reset=begun ports={}", ports_.size());
}

void Links::end_reset() {
    reset_until_ = Time::never();
    changes_->forget_all();  // what was on its way through a worker when it began
    for (const Watched& watched : ports_) {
        PortEntry& entry = tables_->ports[watched.port.id];
        entry.resetting.store(0, std::memory_order_release);
        watched.port.port->set_enabled(entry.enabled.load(std::memory_order_relaxed) == 1);
    }
    log::notice("links reset=ended ports={}", ports_.size());
}

bool Links::turn(Time now) {
    if (now >= reset_until_) end_reset();
    if (next_ == ports_.size()) {
        if (now - round_began_ < round_time) return false;
        next_ = 0;
    }
    if (next_ == 0) round_began_ = now;
    bool changed = false;
    for (const std::size_t end = std::min(next_ + slice, ports_.size()); next_ < end; ++next_)
        changed |= ask(ports_[next_]);
    return changed;
}

bool Links::ask(Watched& watched) {
    Port& port = *watched.port.port;
    PortEntry& entry = tables_->ports[watched.port.id];
    auto& drops = tables_->workers[entry.worker.load(std::memory_order_relaxed)].drops[watched.port.id];
    const auto count = [&drops](Drop why, std::uint64_t now, std::uint64_t& last) {
        if (now > last) drops[static_cast<std::size_t>(why)].fetch_add(now - last, std::memory_order_relaxed);
        last = now;
    };
    count(Drop::receive_missed, port.missed(), watched.missed);
    count(Drop::no_buffer, port.no_buffer(), watched.no_buffer);
    count(Drop::transmit_full, port.transmit_refused(), watched.refused);

    const bool up = !resetting() && port.link_up();
    if (up) entry.speed_mbps.store(port.speed_mbps(), std::memory_order_relaxed);
    if (up == (entry.link_up.load(std::memory_order_relaxed) == 1)) return false;
    entry.link_up.store(static_cast<std::uint8_t>(up), std::memory_order_release);
    entry.link_changes.store(entry.link_changes.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (!up && !resetting()) changes_->link_lost(watched.port.id);  // a reset forgets all at once
    log::notice("port={} link={}", port.about().name.text(), up ? "up" : "down");
    return true;
}

}  // namespace baton
