// SPDX-License-Identifier: Apache-2.0
#include "controlplane/config/running.h"

#include <algorithm>
#include <atomic>

#include "controlplane/config/access_list_message.h"
#include "controlplane/config/apply.h"
#include "controlplane/config/changes_routing.h"

namespace baton::config {
namespace {

std::atomic<std::uint64_t> stamps = 0;  // the last one given

template <class Ports>
void name_ports(const Ports& ports, google::protobuf::RepeatedPtrField<std::string>* into) {
    for (const PortName port : ports) into->Add(port.text());
}

/// Those to be made, the ones that decide first at the front; those that go are deleted in `out` already.
std::vector<AccessList> access_lists_between(const Running& from, const Running& to, std::vector<Change>& out) {
    std::vector<AccessList> made;
    differences(from.access_lists(), to.access_lists(), [&](const std::string&, const AccessList* old, const AccessList* now) {
        if (old) out.emplace_back().mutable_access_list_delete()->set_name(old->name);
        if (now) made.push_back(*now);
    });
    std::stable_sort(made.begin(), made.end(), [](const AccessList& a, const AccessList& b) { return a.order() < b.order(); });
    return made;
}

/// Those without a tag first, the highest number first: as `create vlan` hands the numbers out. So a number has to be
/// said (to an operator, as a command) only where VLANs came and went.
std::vector<const Vlan*> in_order_of_making(const Running& running) {
    std::vector<const Vlan*> out;
    for (const auto& [key, vlan] : running.vlans()) out.push_back(&vlan);
    std::stable_sort(out.begin(), out.end(), [](const Vlan* a, const Vlan* b) {
        if (a->has_tag != b->has_tag) return b->has_tag;
        return !a->has_tag && a->id > b->id;
    });
    return out;
}

}  // namespace

Running Running::factory(const std::vector<PortName>& ports) {
    Running made;
    Vlan vlan;
    vlan.name = default_vlan;
    vlan.id = 1;
    vlan.has_tag = true;
    vlan.untagged.insert(ports.begin(), ports.end());
    made.vlans_.set(lower(default_vlan), std::move(vlan));
    made.stamp_.number = ++stamps;
    return made;
}

const Account* Running::account(std::string_view name) const {
    const auto found = accounts_.find(lower(name));
    return found == accounts_.end() ? nullptr : &found->second;
}

const Vlan* Running::vlan(std::string_view name) const {
    const auto found = vlans_.find(lower(name));
    return found == vlans_.end() ? nullptr : &found->second;
}

const AccessList* Running::access_list(std::string_view name) const {
    const auto found = access_lists_.find(lower(name));
    return found == access_lists_.end() ? nullptr : &found->second;
}

Result<void> Running::apply(const std::vector<Change>& changes, const std::set<PortName>& ports) {
    return apply_all(changes, &ports);
}

Result<void> Running::replay(const std::vector<Change>& changes) {
    return apply_all(changes, nullptr);
}

Result<void> Running::apply_all(const std::vector<Change>& changes, const std::set<PortName>* ports) {
    if (changes.size() == 1) {
        auto done = Editor(*this, ports).apply(changes[0]);
        if (done) stamp_.number = ++stamps;
        return done;
    }
    Running next = *this;
    Editor editor(next, ports);
    for (std::size_t i = 0; i < changes.size(); ++i)
        if (auto done = editor.apply(changes[i]); !done)
            return Error{done.error().code, "change " + std::to_string(i + 1) + " of " +
                                                std::to_string(changes.size()) + ": " + done.error().what};
    *this = std::move(next);
    stamp_.number = ++stamps;
    return {};
}

std::vector<Change> Running::as_changes() const {
    return changes_between(Running{}, *this);
}

Change change_to(const MsmFailover& wanted) {
    Change change;
    MsmFailoverSet* message = change.mutable_msm_failover();
    message->set_slave_config(static_cast<std::uint32_t>(wanted.slave_config));
    message->set_link_action(static_cast<std::uint32_t>(wanted.link_action));
    message->set_preserve(static_cast<std::uint32_t>(wanted.preserve));
    message->set_timeout_seconds(wanted.timeout_seconds);
    message->set_esrp_mode(static_cast<std::uint32_t>(wanted.esrp_mode));
    message->set_esrp_timeout(wanted.esrp_timeout);
    message->set_hang_action(static_cast<std::uint32_t>(wanted.hang_action));
    return change;
}

Change change_to(const RecoveryLevel& wanted) {
    Change change;
    change.mutable_recovery_level()->set_level(static_cast<std::uint32_t>(wanted.level));
    change.mutable_recovery_level()->set_action(static_cast<std::uint32_t>(wanted.action));
    return change;
}

/// Away with what must go (so that tags, numbers and untagged ports are free), then what is new. A VLAN whose number or
/// tag differs is made anew; Default, which cannot be deleted, gives up its ports and takes its tag first.
std::vector<Change> changes_between(const Running& from, const Running& to) {
    std::vector<Change> out;
    const auto add = [&out]() -> Change& { return out.emplace_back(); };
    const auto same_vlan = [](const Vlan* a, const Vlan* b) {
        return a && b && a->name == b->name && a->id == b->id && a->has_tag == b->has_tag;
    };
    Running now = from;  // follows along, so that what a change takes with it is not taken twice
    const auto settle = [&now, &out](std::size_t first) {
        for (std::size_t i = first; i < out.size(); ++i) (void)now.replay({out[i]});
    };

    const std::vector<AccessList> rules = access_lists_between(from, to, out);
    for (const auto& [key, vlan] : from.vlans()) {
        if (same_vlan(&vlan, to.vlan(key)) || vlan.name == default_vlan) continue;
        add().mutable_vlan_delete()->set_name(vlan.name);
    }
    settle(0);
    std::size_t mark = out.size();
    for (const auto& [key, vlan] : now.vlans()) {
        const Vlan* wanted = to.vlan(key);
        VlanDeletePorts leave;
        leave.set_name(vlan.name);
        const auto gone = [&](PortName port, bool tagged) {
            return !wanted || !(tagged ? wanted->tagged : wanted->untagged).contains(port);
        };
        for (const PortName port : vlan.tagged)
            if (gone(port, true)) leave.add_ports(port.text());
        for (const PortName port : vlan.untagged)
            if (gone(port, false)) leave.add_ports(port.text());
        if (leave.ports_size() > 0) *add().mutable_vlan_delete_ports() = leave;
    }
    settle(mark);
    for (const auto& [key, entry] : now.statics())
        if (!to.statics().contains(key)) {
            FdbEntryDelete* change = add().mutable_fdb_entry_delete();
            change->set_mac(key.mac.text());
            change->set_vlan(key.vlan);
        }
    mark = out.size();
    routing_goes(now, to, out);
    settle(mark);
    const Vlan *held = now.vlan(default_vlan), *wish = to.vlan(default_vlan);
    if (held && wish && held->id != wish->id) {
        VlanTag* change = add().mutable_vlan_tag();
        change->set_name(wish->name);
        change->set_tag(wish->id);
    }

    for (const Vlan* each : in_order_of_making(to)) {
        const Vlan& vlan = *each;
        const Vlan* old = now.vlan(vlan.name);
        if (!old) {
            VlanCreate* change = add().mutable_vlan_create();
            change->set_name(vlan.name);
            change->set_id(vlan.id);
            if (vlan.has_tag) {
                VlanTag* tag = add().mutable_vlan_tag();
                tag->set_name(vlan.name);
                tag->set_tag(vlan.id);
            }
        }
        for (const bool tagged : {true, false}) {
            std::set<PortName> join = tagged ? vlan.tagged : vlan.untagged;
            if (old)
                std::erase_if(join,
                              [&](PortName port) { return (tagged ? old->tagged : old->untagged).contains(port); });
            if (join.empty()) continue;
            VlanAddPorts* change = add().mutable_vlan_add_ports();
            change->set_name(vlan.name);
            change->set_tagged(tagged);
            name_ports(join, change->mutable_ports());
        }
    }
    for (const auto& [key, entry] : to.statics()) {
        const auto old = now.statics().find(key);
        if (old != now.statics().end() && old->second == entry) continue;
        FdbEntryCreate* change = add().mutable_fdb_entry_create();
        change->set_mac(key.mac.text());
        change->set_vlan(key.vlan);
        if (entry.port)
            change->set_port(entry.port->text());
        else
            change->set_blackhole(true);
    }
    for (const bool enabled : {true, false}) {
        std::set<PortName> moved = enabled ? from.disabled() : to.disabled();
        std::erase_if(moved, [&](PortName port) { return (enabled ? to : from).disabled().contains(port); });
        if (moved.empty()) continue;
        PortsEnable* change = add().mutable_ports_enable();
        change->set_enabled(enabled);
        name_ports(moved, change->mutable_ports());
    }
    routing_comes(now, to, out);
    for (const AccessList& list : rules) *add().mutable_access_list_create() = as_message(list);
    if (from.aging_seconds() != to.aging_seconds()) add().mutable_fdb_aging_time()->set_seconds(to.aging_seconds());
    if (from.name() != to.name()) add().mutable_system_name()->set_name(to.name());
    if (from.msm_failover() != to.msm_failover()) add() = change_to(to.msm_failover());
    if (from.recovery_level() != to.recovery_level()) add() = change_to(to.recovery_level());
    for (const auto& [host, severity] : from.syslog().hosts)
        if (!to.syslog().hosts.contains(host)) add().mutable_syslog_delete()->set_host(host);
    for (const auto& [host, severity] : to.syslog().hosts) {
        const auto old = from.syslog().hosts.find(host);
        if (old != from.syslog().hosts.end() && old->second == severity) continue;
        SyslogAdd* change = add().mutable_syslog_add();
        change->set_host(host);
        change->set_severity(static_cast<std::uint32_t>(severity));
    }
    if (from.syslog().enabled != to.syslog().enabled) add().mutable_syslog_enable()->set_enabled(to.syslog().enabled);
    for (const bool admin : {true, false})  // and then those that go, so that there is an administrator all along
        for (const auto& [key, account] : to.accounts()) {
            const Account* old = from.account(key);
            if (account.admin != admin || (old && *old == account)) continue;
            AccountSet* change = add().mutable_account_set();
            change->set_name(account.name);
            change->set_admin(account.admin);
            change->set_hash(account.hash);
        }
    for (const auto& [key, account] : from.accounts())
        if (!to.account(key)) add().mutable_account_delete()->set_name(account.name);
    return out;
}

}  // namespace baton::config
