// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/reconciler.h"

#include <algorithm>
#include <utility>

#include "controlplane/program/access_lists.h"
#include "controlplane/program/layer3.h"
#include "sync/base/log.h"

namespace baton {
namespace {

constexpr Duration retry_after = seconds(10);
constexpr Duration audit_every = seconds(5);      // though nothing was said: tables may be damaged by others
constexpr std::size_t refusals_named = 5;         // in the log, of one round
constexpr std::uint32_t records_at_once = 16384;  // of the routes arena, read back: some 1.2 MB, half a millisecond

std::string_view name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::table_full: return "table full";
        case Outcome::bad_argument: return "bad argument";
        case Outcome::refused_term: return "not the current term";
        case Outcome::pending: return "pending";
        case Outcome::done: return "done";
    }
    return "?";
}

/// The guide's failover timer.
Duration failover_timeout(const config::Running& running) {
    return seconds(running.msm_failover().timeout_seconds);
}

std::string_view name_of(Subsystem subsystem) {
    return subsystem_names[static_cast<std::size_t>(subsystem)];
}

Subsystem subsystem_of(const Command& command) {
    if (command.type == CommandType::acl_set || command.type == CommandType::acl_delete) return Subsystem::acl;
    return is_layer3(command) ? Subsystem::l3_hardware : Subsystem::l2_hardware;
}

/// Those of its commands.
std::vector<Command> only(Subsystem subsystem, std::vector<Command> commands) {
    std::erase_if(commands, [&](const Command& command) { return subsystem_of(command) != subsystem; });
    return commands;
}

constexpr Subsystem tables_of[] = {Subsystem::l2_hardware, Subsystem::l3_hardware, Subsystem::acl};

}  // namespace

Reconciler::Reconciler(const Surroundings& around, Programmer& programmer, const config::Running& running,
                       Reason reason)
    : around_(around), programmer_(programmer), running_(running), reason_(reason), subsystems_(around.own) {
    become(SubsystemState::initial, reason_);
}

void Reconciler::become(SubsystemState state, Reason reason) {
    for (const Subsystem subsystem : tables_of) subsystems_.become(subsystem, state, reason);
}

void Reconciler::fail(Subsystem subsystem) {
    subsystems_.become(subsystem, SubsystemState::failed, Reason::tables_differ);
    again_at_ = monotonic_now() + retry_after;
}

bool Reconciler::dataplane_present(Time now) const {
    const Applier& applier = around_.tables.applier;
    if (applier.incarnation.load(std::memory_order_acquire) == 0) return false;
    return now.ns - applier.heartbeat_ns.load(std::memory_order_relaxed) < seconds(1).ns;
}

void Reconciler::look() {
    const std::uint64_t incarnation = around_.tables.applier.incarnation.load(std::memory_order_acquire);
    if (incarnation == 0) return;
    PortMap ports = PortMap::of(around_.tables);
    if (ports.empty()) return;
    if (incarnation == incarnation_ && ports == ports_) return;
    if (incarnation == incarnation_ && ports.has_ports_of(ports_)) return follow_links(std::move(ports));
    const bool first = incarnation_ == 0, again = incarnation != incarnation_;
    incarnation_ = incarnation;
    ports_ = std::move(ports);
    say_everything(first   ? "the baton has arrived"
                   : again ? "the data plane has started anew"
                           : "its ports have changed");
}

void Reconciler::follow_links(PortMap ports) {
    Image before, after;
    add_routes(before, running_, ports_);
    add_routes(after, running_, ports);
    ports_ = std::move(ports);
    auto commands = difference(before, after);
    if (commands.empty()) return;
    log::notice("links have changed: {} routes of the configuration follow", commands.size());
    changed();
    programmer_.add(std::move(commands), [this](const std::vector<Refusal>& refusals) {
        if (refusals.empty()) return;
        log::error("the data plane refused {}: {}", describe(refusals.front().command),
                   name_of(refusals.front().outcome));
        fail(Subsystem::l3_hardware);
    });
    if (programmer_.pump()) around_.wake_dataplane();
}

void Reconciler::say_everything(std::string_view why) {
    if (!ports_known()) return;
    if (saying_) {  // one round at a time: a data plane that dies over and over must not fill the queue
        again_ = true;
        return;
    }
    saying_ = true;
    settled_ = false;
    again_at_ = Time::never();
    become(SubsystemState::xfr, reason_);
    Image held = image_of(around_.tables), wanted = small_image_of(running_, ports_);
    add_access_lists(held, around_.acl);
    add_access_lists(wanted, running_, ports_);
    programmer_.add(difference(held, wanted), nullptr);
    auto all = everything(image_of(running_, ports_));
    for (Owned& owned : owners_)
        for (Command& command : owned.said()) {
            command.owner = owned.owner;
            all.push_back(command);
        }
    if (!std::exchange(timer_started_, true)) expires_at_ = monotonic_now() + failover_timeout(running_);
    const std::size_t count = all.size();
    programmer_.add(std::move(all), [this](const std::vector<Refusal>& refusals) { everything_said(refusals); });
    mark_owners();
    if (programmer_.pump()) around_.wake_dataplane();
    log::info("programming the data plane: {} commands, because {}", count, why);
    for (const PortName port : running_.disabled())
        if (ports_.id(port) == no_port)
            log::warning("port {} is configured, but the data plane has no such port", port.text());
}

void Reconciler::own(Owner owner, std::function<std::vector<Command>()> said) {
    owners_.push_back({owner, std::move(said)});
}

void Reconciler::finished(Owner owner) {
    for (Owned& owned : owners_) {
        if (owned.owner != owner || std::exchange(owned.finished, true) || !timer_started_) continue;
        mark_owners();
        if (programmer_.pump()) around_.wake_dataplane();
    }
}

void Reconciler::reopened(Owner owner) {
    for (Owned& owned : owners_)
        if (owned.owner == owner) owned.finished = owned.expired = false;
}

/// The markers of all owners whose turn it is: saying one twice does nothing. The last one is nobody's.
void Reconciler::mark_owners() {
    std::vector<Command> markers;
    bool all = true;
    for (const Owned& owned : owners_) {
        if (owned.finished || owned.expired)
            markers.push_back(end_of_table(owned.owner, !owned.finished));
        else
            all = false;
    }
    if (all) {
        markers.push_back(end_of_table(Owner::none));
        expires_at_ = Time::never();
    }
    programmer_.add(std::move(markers), nullptr);
}

void Reconciler::everything_said(const std::vector<Refusal>& refusals) {
    saying_ = false;
    if (std::exchange(again_, false)) return say_everything("it changed while it was being said");
    for (std::size_t i = 0; i < std::min(refusals.size(), refusals_named); ++i)
        log::error("the data plane refused {}: {}", describe(refusals[i].command), name_of(refusals[i].outcome));
    if (!refusals.empty()) {
        log::error("the data plane refused {} of all commands (L2,L3 failed); saying them again in {} s",
                   refusals.size(), retry_after.ns / 1'000'000'000);
        for (const Refusal& refusal : refusals) fail(subsystem_of(refusal.command));
        return;
    }
    settled_ = true;
    audit_due_ = acl_audit_due_ = true;
    audit();
}

void Reconciler::audit() {
    if (!settled_ || !programmer_.idle()) return read_back_.reset();
    if (std::exchange(acl_audit_due_, false)) audit_access_lists();
    if (std::exchange(audit_due_, false)) {
        judge(Subsystem::l2_hardware,
              only(Subsystem::l2_hardware, difference(image_of(around_.tables), small_image_of(running_, ports_))));
        read_back_.emplace(around_.routes);
    }
    if (read_back_ && !read_back_->read(records_at_once)) audit_routes();
}

/// All of layer 3, once its routes have been read.
void Reconciler::audit_routes() {
    Image held = image_of(around_.tables);
    held.routes = read_back_->routes();
    held.ipfdb_aging_seconds = around_.routes.ipfdb_aging.load(std::memory_order_relaxed);
    read_back_.reset();
    judge(Subsystem::l3_hardware, only(Subsystem::l3_hardware, difference(held, image_of(running_, ports_))));
}

/// The rules in force are those that are configured, no more and no less.
void Reconciler::audit_access_lists() {
    Image held, wanted;
    add_access_lists(held, around_.acl);
    add_access_lists(wanted, running_, ports_);
    judge(Subsystem::acl, only(Subsystem::acl, difference(held, wanted)));
}

void Reconciler::judge(Subsystem subsystem, const std::vector<Command>& amiss) {
    if (amiss.empty()) {
        subsystems_.become(subsystem, SubsystemState::ready, reason_);
        return;
    }
    if (again_at_ != Time::never() && subsystems_[subsystem].state == SubsystemState::failed)
        return;  // said already, and about to be mended
    log::error("the tables differ from the configuration in {} places of {}, the first being {} (L2,L3 failed)",
               amiss.size(), name_of(subsystem), describe(amiss.front()));
    fail(subsystem);
}

void Reconciler::tick(Time now) {
    look();
    if (now >= expires_at_) {
        expires_at_ = Time::never();
        for (Owned& owned : owners_) {
            if (owned.finished) continue;
            owned.expired = true;
            log::warning("the failover timer has expired: what {} has not said is deleted",
                         owner_names[static_cast<std::size_t>(owned.owner)]);
        }
        mark_owners();
        if (programmer_.pump()) around_.wake_dataplane();
    }
    if (now >= audit_at_) {
        audit_at_ = now + audit_every;
        audit_due_ = acl_audit_due_ = true;
    }
    if (now >= again_at_) say_everything("the tables differed from the configuration");
    audit();
}

}  // namespace baton
