// SPDX-License-Identifier: Apache-2.0
#include "controlplane/config/apply.h"

#include <algorithm>

#include "controlplane/config/syslog_host.h"

namespace baton::config {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

std::string quoted(const std::string& text) {
    std::string out(1, '\'');
    out.append(text, 0, 40);
    out.push_back('\'');
    return out;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

Result<void> check_name(const std::string& what, const std::string& name) {
    if (name.empty() || name.size() > 32)
        return Error{Code::syntax, "a " + what + " has 1 to 32 characters, not " + std::to_string(name.size())};
    if (!is_letter(name[0])) return Error{Code::syntax, "a " + what + " starts with a letter, unlike " + quoted(name)};
    for (const char c : name)
        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.')
            return Error{Code::syntax,
                         "a " + what + " is made of letters, digits, '_', '-' and '.', unlike " + quoted(name)};
    return {};
}

Result<const Vlan*> Editor::vlan(const std::string& name) const {
    const auto found = running_.vlans_.find(lower(name));
    if (found == running_.vlans_.end())
        return failure("there is no VLAN " + quoted(name) + "; 'show vlan' lists them, 'create vlan <name>' makes one");
    return &found->second;
}

void Editor::put(Vlan vlan) {
    std::string key = lower(vlan.name);
    running_.vlans_.set(std::move(key), std::move(vlan));
}

Result<PortName> Editor::port(const std::string& text) const {
    const auto name = PortName::parse(text);
    if (!name) return Error{Code::syntax, quoted(text) + " is no port; write module:port, as in 1:3"};
    if (ports_ && !ports_->contains(*name))
        return failure("there is no port " + name->text() + "; 'show ports' lists those that are there");
    return *name;
}

template <class List>
Result<std::set<PortName>> Editor::ports(const List& list) const {
    std::set<PortName> out;
    for (const std::string& text : list) {
        const auto name = port(text);
        if (!name) return name.error();
        out.insert(*name);
    }
    if (out.empty()) return Error{Code::syntax, "name at least one port, as in 1:3"};
    return out;
}

template Result<std::set<PortName>> Editor::ports(const google::protobuf::RepeatedPtrField<std::string>& list) const;

const Vlan* Editor::vlan_with_id(VlanId id) const {
    for (const auto& [key, vlan] : running_.vlans_)
        if (vlan.id == id) return &vlan;
    return nullptr;
}

/// The highest number that no VLAN has; 0: none is left.
VlanId Editor::free_id() const {
    std::vector<bool> taken(max_vlans);
    for (const auto& [key, vlan] : running_.vlans_) taken[vlan.id] = true;
    for (VlanId id = 4094; id > 0; --id)
        if (!taken[id]) return id;
    return 0;
}

/// Takes a VLAN's static entries away: all of them, or those that point at the ports `on`.
void Editor::forget_statics(const std::string& vlan, const std::set<PortName>* on) {
    const Statics before = running_.statics_;
    for (auto at = before.lower_bound({vlan, Mac{}}); at != before.end() && at->first.vlan == vlan; ++at)
        if (!on || (at->second.port && on->contains(*at->second.port))) running_.statics_.erase(at->first);
}

Result<void> Editor::apply(const VlanCreate& change) {
    if (auto good = check_name("VLAN's name", change.name()); !good) return good;
    if (const auto there = vlan(change.name()))
        return failure("VLAN " + (*there)->name + " exists already; choose another name, or delete it first");
    if (change.id() > 4094) return Error{Code::syntax, "a VLAN's number is 1 to 4094"};
    const auto id = change.id() != 0 ? static_cast<VlanId>(change.id()) : free_id();
    if (id == 0) return failure("all 4094 VLANs exist; delete one first");
    if (const Vlan* owner = vlan_with_id(id))
        return failure("number " + std::to_string(id) + " belongs to VLAN " + owner->name);
    Vlan made;
    made.name = change.name();
    made.id = id;
    put(std::move(made));
    return {};
}

/// Its static entries, addresses and permanent neighbours go with it; its untagged ports are then in no VLAN untagged,
/// as in ExtremeWare.
Result<void> Editor::apply(const VlanDelete& change) {
    const auto there = vlan(change.name());
    if (!there) return there.error();
    if ((*there)->name == default_vlan)
        return failure(
            "VLAN Default cannot be deleted; take its ports away with 'configure vlan Default delete ports'");
    forget_statics((*there)->name, nullptr);
    forget_layer3(**there);
    running_.vlans_.erase(lower(change.name()));
    return {};
}

/// Default's tag may change too. A VLAN without a tag that happens to use this number inside moves to another.
Result<void> Editor::apply(const VlanTag& change) {
    const auto there = vlan(change.name());
    if (!there) return there.error();
    Vlan self = **there;
    if (change.tag() < 1 || change.tag() > 4094)
        return Error{Code::syntax, "a tag is 1 to 4094, not " + std::to_string(change.tag())};
    const auto tag = static_cast<VlanId>(change.tag());
    const Vlan* owner = vlan_with_id(tag);
    if (owner && owner->name != self.name) {
        if (owner->has_tag)
            return failure("tag " + std::to_string(tag) + " belongs to VLAN " + owner->name +
                           "; choose another, or change that one first");
        const VlanId moved = free_id();
        if (moved == 0)
            return failure("no VLAN number is free for VLAN " + owner->name + ", which uses this tag's inside");
        Vlan other = *owner;
        other.id = moved;
        put(std::move(other));
    }
    self.id = tag;
    self.has_tag = true;
    put(std::move(self));
    return {};
}

/// A member that is named again takes the new tagging.
Result<void> Editor::apply(const VlanAddPorts& change) {
    const auto there = vlan(change.name());
    if (!there) return there.error();
    Vlan self = **there;
    const auto list = ports(change.ports());
    if (!list) return list.error();
    if (change.tagged() && !self.has_tag)
        return failure("VLAN " + self.name + " has no tag; give it one first: configure vlan " + self.name +
                       " tag <1-4094>");
    if (!change.tagged())
        for (const auto& [key, vlan] : running_.vlans_)
            for (const PortName port : vlan.untagged)
                if (vlan.name != self.name && list->contains(port))
                    return failure("port " + port.text() + " is untagged in VLAN " + vlan.name +
                                   " and can be so in one VLAN only; first: configure vlan " + vlan.name +
                                   " delete ports " + port.text());
    for (const PortName port : *list) {
        (change.tagged() ? self.untagged : self.tagged).erase(port);
        (change.tagged() ? self.tagged : self.untagged).insert(port);
    }
    put(std::move(self));
    return {};
}

/// Static entries of the VLAN that point at these ports go too: they could only lose frames.
Result<void> Editor::apply(const VlanDeletePorts& change) {
    const auto there = vlan(change.name());
    if (!there) return there.error();
    Vlan self = **there;
    const auto list = ports(change.ports());
    if (!list) return list.error();
    for (const PortName port : *list)
        if (!self.has(port))
            return failure("port " + port.text() + " is no member of VLAN " + self.name + "; 'show vlan " + self.name +
                           "' lists its ports");
    for (const PortName port : *list) {
        self.tagged.erase(port);
        self.untagged.erase(port);
    }
    forget_statics(self.name, &*list);
    put(std::move(self));
    return {};
}

/// An entry that exists already is replaced.
Result<void> Editor::apply(const FdbEntryCreate& change) {
    const auto there = vlan(change.vlan());
    if (!there) return there.error();
    const Vlan& self = **there;
    const auto mac = Mac::parse(change.mac());
    if (!mac) return Error{Code::syntax, quoted(change.mac()) + " is no address; write it as 00:11:22:33:44:55"};
    if (mac->is_multicast() || mac->value() == 0)
        return failure(mac->text() + " is no station's address: a static entry needs a unicast address");
    if (change.blackhole() != change.port().empty())
        return Error{Code::syntax, "a static entry has one port, or is a black hole; name one of the two"};
    StaticEntry entry;
    if (!change.blackhole()) {
        const auto name = port(change.port());
        if (!name) return name.error();
        if (!self.has(*name))
            return failure("port " + name->text() + " is no member of VLAN " + self.name + "; first: configure vlan " +
                           self.name + " add ports " + name->text());
        entry.port = *name;
    }
    running_.statics_.set({self.name, *mac}, entry);
    return {};
}

Result<void> Editor::apply(const FdbEntryDelete& change) {
    const auto there = vlan(change.vlan());
    if (!there) return there.error();
    const auto mac = Mac::parse(change.mac());
    if (!mac) return Error{Code::syntax, quoted(change.mac()) + " is no address; write it as 00:11:22:33:44:55"};
    if (!running_.statics_.erase({(*there)->name, *mac}))
        return failure("VLAN " + (*there)->name + " has no static entry for " + mac->text() +
                       "; 'show fdb permanent' lists them");
    return {};
}

Result<void> Editor::apply(const FdbAgingTime& change) {
    if (change.seconds() != 0 && (change.seconds() < 15 || change.seconds() > 1'000'000))
        return Error{Code::syntax,
                     "the aging time is 0 (never) or 15 to 1000000 seconds, not " + std::to_string(change.seconds())};
    running_.aging_seconds_ = change.seconds();
    return {};
}

Result<void> Editor::apply(const PortsEnable& change) {
    const auto list = ports(change.ports());
    if (!list) return list.error();
    for (const PortName port : *list) {
        if (change.enabled())
            running_.disabled_.erase(port);
        else
            running_.disabled_.insert(port);
    }
    return {};
}

Result<void> Editor::apply(const SystemName& change) {
    if (auto good = check_name("switch's name", change.name()); !good) return good;
    running_.name_ = change.name();
    return {};
}

/// A host that is named again takes the new severity. Eight at most: every line goes to each of them.
Result<void> Editor::apply(const SyslogAdd& change) {
    const auto host = parse_syslog_host(change.host());
    if (!host) return host.error();
    if (change.severity() > static_cast<std::uint32_t>(log::Level::fatal))
        return Error{Code::syntax, "a severity is debug, info, notice, warning, error or critical"};
    if (running_.syslog_.hosts.size() >= syslog_hosts_most && !running_.syslog_.hosts.contains(host->text))
        return failure(std::to_string(syslog_hosts_most) +
                       " syslog hosts are configured, which is all there may be; delete one first");
    running_.syslog_.hosts[host->text] = static_cast<log::Level>(change.severity());
    return {};
}

Result<void> Editor::apply(const SyslogDelete& change) {
    const auto host = parse_syslog_host(change.host());
    if (!host) return host.error();
    if (running_.syslog_.hosts.erase(host->text) == 0)
        return failure(host->text + " is no syslog host; 'show syslog' lists them");
    return {};
}

Result<void> Editor::apply(const SyslogEnable& change) {
    running_.syslog_.enabled = change.enabled();
    return {};
}

/// A name that exists already takes the new role and hash.
Result<void> Editor::apply(const AccountSet& change) {
    if (auto good = check_name("account's name", change.name()); !good) return good;
    const std::string& hash = change.hash();
    if (hash.size() > 128 || (!hash.empty() && hash[0] != '$'))
        return Error{Code::syntax, "a password's hash is what crypt(3) makes, as $y$j9T$..."};
    for (const char c : hash)
        if (c <= ' ' || c > '~' || c == '"' || c == '\'' || c == ':')
            return Error{Code::syntax, "a password's hash is what crypt(3) makes, as $y$j9T$..."};
    const auto key = lower(change.name());
    const auto found = running_.accounts_.find(key);
    if (found != running_.accounts_.end() && found->second.admin && !change.admin())
        if (auto good = another_admin(key); !good) return good;
    running_.accounts_[key] = {key, change.admin(), hash};
    return {};
}

Result<void> Editor::another_admin(const std::string& key) const {
    for (const auto& [other, account] : running_.accounts_)
        if (other != key && account.admin) return {};
    return failure("account " + running_.accounts_.at(key).name +
                   " is the last administrator; create another first: create account admin <name>");
}

Result<void> Editor::apply(const AccountDelete& change) {
    const auto key = lower(change.name());
    const auto found = running_.accounts_.find(key);
    if (found == running_.accounts_.end())
        return failure("there is no account " + quoted(change.name()) + "; 'show accounts' lists them");
    if (found->second.admin)
        if (auto good = another_admin(key); !good) return good;
    running_.accounts_.erase(found);
    return {};
}

Result<void> Editor::apply(const Change& change) {
    switch (change.change_case()) {
        case Change::kVlanCreate: return apply(change.vlan_create());
        case Change::kVlanDelete: return apply(change.vlan_delete());
        case Change::kVlanTag: return apply(change.vlan_tag());
        case Change::kVlanAddPorts: return apply(change.vlan_add_ports());
        case Change::kVlanDeletePorts: return apply(change.vlan_delete_ports());
        case Change::kFdbEntryCreate: return apply(change.fdb_entry_create());
        case Change::kFdbEntryDelete: return apply(change.fdb_entry_delete());
        case Change::kFdbAgingTime: return apply(change.fdb_aging_time());
        case Change::kPortsEnable: return apply(change.ports_enable());
        case Change::kSystemName: return apply(change.system_name());
        case Change::kMsmFailover: return apply(change.msm_failover());
        case Change::kRecoveryLevel: return apply(change.recovery_level());
        case Change::kSyslogAdd: return apply(change.syslog_add());
        case Change::kSyslogDelete: return apply(change.syslog_delete());
        case Change::kSyslogEnable: return apply(change.syslog_enable());
        case Change::kAccountSet: return apply(change.account_set());
        case Change::kAccountDelete: return apply(change.account_delete());
        case Change::kVlanAddressAdd: return apply(change.vlan_address_add());
        case Change::kVlanAddressDelete: return apply(change.vlan_address_delete());
        case Change::kVlanForwarding: return apply(change.vlan_forwarding());
        case Change::kVlanMtu: return apply(change.vlan_mtu());
        case Change::kVlanIcmp: return apply(change.vlan_icmp());
        case Change::kStaticRouteAdd: return apply(change.static_route_add());
        case Change::kStaticRouteDelete: return apply(change.static_route_delete());
        case Change::kStaticNeighborAdd: return apply(change.static_neighbor_add());
        case Change::kStaticNeighborDelete: return apply(change.static_neighbor_delete());
        case Change::kArpSet: return apply(change.arp_set());
        case Change::kIpfdbAgingTime: return apply(change.ipfdb_aging_time());
        case Change::kAccessListCreate: return apply(change.access_list_create());
        case Change::kAccessListDelete: return apply(change.access_list_delete());
        case Change::CHANGE_NOT_SET: break;
    }
    return failure("this release does not know that kind of change; run one release on both boards");
}

}  // namespace baton::config
