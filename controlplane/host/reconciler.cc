// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/reconciler.h"

#include <algorithm>
#include <utility>

#include "sync/base/log.h"

namespace baton {
namespace {

constexpr Duration retry_after = seconds(10);
constexpr std::size_t refusals_named = 5;  // in the log, of one round

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

Image without_statics(Image image) {
    image.statics.clear();
    return image;
}

}  // namespace

Reconciler::Reconciler(const Surroundings& around, Programmer& programmer, const config::Running& running)
    : around_(around), programmer_(programmer), running_(running), subsystems_(around.own) {
    subsystems_.set(Subsystem::l2_hardware, SubsystemState::initial);
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
    const bool first = incarnation_ == 0, again = incarnation != incarnation_;
    incarnation_ = incarnation;
    ports_ = std::move(ports);
    say_everything(first   ? "the baton has arrived"
                   : again ? "the data plane has started anew"
                           : "its ports have changed");
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
    const Image wanted = image_of(running_, ports_);
    subsystems_.set(Subsystem::l2_hardware, SubsystemState::xfr);
    programmer_.add(difference(image_of(around_.tables), without_statics(wanted)), nullptr);
    auto all = everything(wanted);
    const std::size_t count = all.size();
    programmer_.add(std::move(all), [this](const std::vector<Refusal>& refusals) { everything_said(refusals); });
    if (programmer_.pump()) around_.wake_dataplane();
    log::info("programming the data plane: {} commands, because {}", count, why);
    for (const PortName port : running_.disabled())
        if (ports_.id(port) == no_port)
            log::warning("port {} is configured, but the data plane has no such port", port.text());
}

void Reconciler::everything_said(const std::vector<Refusal>& refusals) {
    saying_ = false;
    if (std::exchange(again_, false)) return say_everything("it changed while it was being said");
    for (std::size_t i = 0; i < std::min(refusals.size(), refusals_named); ++i)
        log::error("the data plane refused {}: {}", describe(refusals[i].command), name_of(refusals[i].outcome));
    if (!refusals.empty()) {
        log::error("the data plane refused {} of all commands (L2,L3 failed); saying them again in {} s",
                   refusals.size(), retry_after.ns / 1'000'000'000);
        subsystems_.set(Subsystem::l2_hardware, SubsystemState::failed, Reason::tables_differ);
        again_at_ = monotonic_now() + retry_after;
        return;
    }
    settled_ = true;
    audit_due_ = true;
    audit();
}

void Reconciler::audit() {
    if (!audit_due_ || !settled_ || !programmer_.idle()) return;
    audit_due_ = false;
    const auto amiss = difference(image_of(around_.tables), without_statics(image_of(running_, ports_)));
    if (amiss.empty()) {
        subsystems_.set(Subsystem::l2_hardware, SubsystemState::ready);
        return;
    }
    log::error("the tables differ from the configuration in {} places, the first being {} (L2,L3 failed)", amiss.size(),
               describe(amiss.front()));
    subsystems_.set(Subsystem::l2_hardware, SubsystemState::failed, Reason::tables_differ);
    again_at_ = monotonic_now() + retry_after;
}

void Reconciler::tick(Time now) {
    look();
    if (now >= again_at_) say_everything("the tables differed from the configuration");
    audit();
}

}  // namespace baton
