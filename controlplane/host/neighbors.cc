// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/neighbors.h"

#include <cstring>
#include <utility>

#include "controlplane/host/neighbor_config.h"
#include "controlplane/standby/neighbors.h"
#include "sync/base/log.h"

namespace baton {
namespace {

constexpr Duration complain_every = seconds(10);

std::string text_of(const arp::Key& key) {
    return key.address.text() + " vlan=" + std::to_string(key.vlan);
}

}  // namespace

Command neighbor_command(const arp::Program& program) {
    const auto& [key, mac] = program;
    Command command;
    command.owner = Owner::arp;
    if (mac == Mac{}) {
        command.type = CommandType::neighbor_delete;
        command.set(NeighborDelete{key.address.bits.high, key.address.bits.low, key.vlan, key.address.family, {}});
    } else {
        command.type = CommandType::neighbor_set;
        command.set(
            NeighborSet{key.address.bits.high, key.address.bits.low, mac.value(), key.vlan, key.address.family, {}});
    }
    return command;
}

Neighbors::Neighbors(const Surroundings& around, Databases& databases, Scribe& scribe, Programmer& programmer,
                     Reconciler& reconciler)
    : around_(around),
      databases_(databases),
      state_(databases.neighbors),
      scribe_(scribe),
      programmer_(programmer),
      reconciler_(reconciler),
      subsystems_(around.own) {
    reconciler_.own(Owner::arp, [this] {
        std::vector<Command> out;
        for (const arp::Program& program : arp::everything(state_.database)) out.push_back(neighbor_command(program));
        return out;
    });
    reconciler_.finished(Owner::arp);
}

void Neighbors::forget() {
    state_.database = {};
    standby::Neighbors nothing;
    nothing.set_all(true);
    const auto done = scribe_.write(Subsystem::arp, config::NEIGHBORS, 0, nothing.SerializeAsString());
    if (!done) log::error("cannot journal that the neighbours are forgotten: {}", done.error().what);
}

void Neighbors::on_punt(const PuntedFrame& punted, Time now) {
    if (!running_) return;
    if (punted.reason != PuntReason::resolve)
        return arp::on_frame(state_, punted.vlan, punted.port, punted.frame(), now, actions_);
    PuntedAddress address;
    if (punted.frame().size() < sizeof address) return;
    std::memcpy(&address, punted.bytes, sizeof address);
    if (address.family > static_cast<std::uint64_t>(Family::ipv6)) return;
    arp::on_resolve(state_, {punted.vlan, {static_cast<Family>(address.family), {address.high, address.low}}}, now,
                    actions_);
}

/// Which ports can forward, and which VLANs of layer 3 have such a member.
arp::Links Neighbors::links() const {
    arp::Links out;
    PortSet256 up;
    for (PortId id = 1; id < max_ports; ++id) {
        const PortEntry& port = around_.tables.ports[id];
        if (port.present.load(std::memory_order_acquire) == 0 || port.enabled.load(std::memory_order_relaxed) == 0 ||
            port.link_up.load(std::memory_order_relaxed) == 0)
            continue;
        up.add(id);
        out.ports.set(id);
    }
    for (const auto& [id, addresses] : config_.vlans)
        for (std::size_t i = 0; i < std::size(up.words); ++i)
            if (around_.tables.vlans[id].member[i].load(std::memory_order_relaxed) & up.words[i]) out.vlans.set(id);
    return out;
}

void Neighbors::follow_configuration() {
    const std::uint64_t mac = around_.tables.applier.router_mac.load(std::memory_order_relaxed);
    const std::uint64_t stamp = databases_.running.stamp();
    if (running_ && stamp == stamp_ && mac == mac_) return;
    stamp_ = stamp;
    mac_ = mac;
    config_ = neighbor_config(databases_.running, Mac::of(mac));
    const std::size_t most = neighbors_most(scribe_.writer().capacity()) / 2;  // for each family
    auto& [timeout, entries, pending, refresh, checking] = config_.settings;
    const bool too_many = entries > most - most / 16;
    if (std::exchange(told_too_many_, too_many ? entries : 0) != entries && too_many)  // once, not with every change
        log::warning("the journal can carry {} neighbours of each family, not {}; give the chassis a larger one",
                     most - most / 16, entries);
    entries = std::min(entries, most - most / 16);
    pending = std::min(pending, most / 16);
}

void Neighbors::look(Time now) {
    follow_configuration();
    if (!std::exchange(running_, true)) {
        arp::on_takeover(state_, config_, links(), now, actions_);
        subsystems_.become(Subsystem::arp, SubsystemState::ready, subsystems_[Subsystem::arp].reason);
    } else {
        arp::on_config(state_, config_, now, actions_);
        if (reconciler_.dataplane_present(now)) arp::on_link(state_, links(), now, actions_);
        if (arp::next_due(state_) <= now) arp::on_tick(state_, now, actions_);
    }
    settle(now);
}

bool Neighbors::journal() {
    const std::size_t chunk = record_most(scribe_.writer().capacity()) / 2;
    for (const auto& some : neighbors_messages(state_.database, actions_.changed, actions_.own_changed, chunk))
        if (!scribe_.write(Subsystem::arp, config::NEIGHBORS, 0, some.SerializeAsString())) return false;
    return true;
}

bool Neighbors::settle(Time now) {
    if (actions_.empty()) return true;
    if (!journal()) {
        if (now >= complained_ + complain_every) {
            complained_ = now;
            log::error("the journal takes no record of neighbours (memory); trying again");
        }
        subsystems_.set(Subsystem::arp, SubsystemState::failed, Reason::memory);
        return false;
    }
    if (subsystems_[Subsystem::arp].state == SubsystemState::failed)
        subsystems_.set(Subsystem::arp, SubsystemState::ready);
    const arp::Actions actions = std::exchange(actions_, {});  // what follows may lead back here
    program(actions, now);
    log_notes(actions, now);
    return true;
}

/// Frames are for now: a data plane that is away, or a queue that is long, gets none, and the engine asks again.
void Neighbors::program(const arp::Actions& actions, Time now) {
    std::vector<Command> commands;
    for (const arp::Program& program : actions.programs) commands.push_back(neighbor_command(program));
    if (reconciler_.dataplane_present(now) && programmer_.waiting() < ring_slots)
        for (const arp::Frame& frame : actions.frames) {
            if (frame.bytes.size() > sent_frame_most) continue;
            FrameSend send{};
            send.vlan = frame.vlan;
            send.length = static_cast<std::uint16_t>(frame.bytes.size());
            std::memcpy(send.bytes, frame.bytes.data(), frame.bytes.size());
            Command& command = commands.emplace_back();
            command.type = CommandType::frame_send;
            command.owner = Owner::arp;
            command.set(send);
        }
    if (commands.empty()) return;
    programmer_.add(std::move(commands), [this](const std::vector<Refusal>& refusals) {
        const Time now = monotonic_now();
        if (refusals.empty() || now < complained_ + complain_every) return;
        complained_ = now;
        log::error("the data plane refused {}, and {} more of that kind", describe(refusals.front().command),
                   refusals.size() - 1);
    });
    if (programmer_.pump()) around_.wake_dataplane();
}

void Neighbors::log_notes(const arp::Actions& actions, Time now) {
    for (const arp::Note& note : actions.notes) {
        if (!note_rate_.let_through(now)) continue;
        if (const auto held_back = note_rate_.take_held_back())
            log::warning("{} lines about neighbours before this one came too fast", held_back);
        const std::string where = text_of(note.key) + " port-id=" + std::to_string(note.port);
        switch (note.what) {
            case arp::Note::What::moved: log::info("neighbor moved address={} from={}", where, note.mac.text()); break;
            case arp::Note::What::duplicate:
                log::error("duplicate address: {} is this switch's own, and {} uses it", where, note.mac.text());
                break;
            case arp::Note::What::disputed:
                log::warning("{} uses the address of a permanent entry: {}", note.mac.text(), where);
                break;
            case arp::Note::What::full: log::warning("no room for one more neighbor: {}", where); break;
        }
    }
}

std::size_t Neighbors::clear(const NeighborClear& what, Time now) {
    std::size_t count = 0;
    if (!what.address) {
        count = arp::on_clear(state_, what.vlan, what.family, actions_);
    } else {
        std::vector<arp::Key> keys;  // an address is on one VLAN, save a link-local one
        for (const auto& [key, neighbor] : state_.database.neighbors)
            if (key.address == *what.address) keys.push_back(key);
        for (const arp::Key& key : keys) count += arp::on_clear(state_, key, actions_);
    }
    settle(now);
    return count;
}

}  // namespace baton
