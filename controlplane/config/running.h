// SPDX-License-Identifier: Apache-2.0
// The running configuration as a value: what the operator said, typed and checked. Pure: no clock, socket, table or
// log. The master changes it by transactions; the slave applies the same transactions from the journal and so holds the
// same value; program/ says it to the data plane. Ports are named here, never numbered, because numbers belong to one
// data plane's tables. A copy costs next to nothing, however many VLANs and entries there are (shared_map.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/config/access_list.h"
#include "controlplane/config/config.pb.h"
#include "controlplane/config/failover.h"
#include "controlplane/config/routing.h"
#include "controlplane/config/shared_map.h"
#include "sync/base/ids.h"
#include "sync/base/log.h"
#include "sync/base/mac.h"
#include "sync/base/result.h"

namespace baton::config {

inline constexpr std::string_view default_vlan = "Default";
inline constexpr std::size_t max_accounts = 64;  // that an operator may make

struct Vlan {
    std::string name;
    VlanId id = 0;  // what the data plane calls it: the tag, or one from 4094 downwards while it has none
    bool has_tag = false;
    std::set<PortName> tagged;
    std::set<PortName> untagged;
    Interface ip;

    bool has(PortName port) const { return tagged.contains(port) || untagged.contains(port); }

    friend bool operator==(const Vlan&, const Vlan&) = default;
};

struct StaticEntry {
    std::optional<PortName> port;  // none: black-holed
    friend bool operator==(const StaticEntry&, const StaticEntry&) = default;
};

struct StaticKey {
    std::string vlan;  // Vlan::name
    Mac mac;
    friend auto operator<=>(const StaticKey&, const StaticKey&) = default;
};

struct StaticKeyHash {
    std::size_t operator()(const StaticKey& key) const {
        return std::hash<std::string>{}(key.vlan) * 31 + key.mac.value();
    }
};

using Vlans = SharedMap<std::string, Vlan>;
using Statics = SharedMap<StaticKey, StaticEntry, StaticKeyHash>;

struct Syslog {
    bool enabled = false;
    std::map<std::string, log::Level> hosts;  // as parse_syslog_host() writes them; lines from this level on
    friend bool operator==(const Syslog&, const Syslog&) = default;
};

/// An operator's account. Only what crypt(3) made of the password is known, here, in the journal and on flash.
struct Account {
    std::string name;  // in lower case
    bool admin = false;
    std::string hash;  // empty: nobody can log in by password
    friend bool operator==(const Account&, const Account&) = default;
};

class Running {
  public:
    /// The factory's configuration: VLAN Default, tag 1, holding all of `ports` untagged; aging 300 s; name "Baton";
    /// accounts admin and user, without passwords.
    static Running factory(const std::vector<PortName>& ports);

    /// All of `changes`, or none: on error *this is untouched and the sentence says which change and why.
    /// `ports`: those that exist, to refuse others.
    Result<void> apply(const std::vector<Change>& changes, const std::set<PortName>& ports);

    /// The same for changes that a master has checked and journalled: every port counts as there, because numbers and
    /// presence of ports belong to the data plane and may not be known (yet) to who replays.
    Result<void> replay(const std::vector<Change>& changes);

    /// The changes that make this value out of an empty one (not out of factory()).
    std::vector<Change> as_changes() const;

    /// Keys are the names in lower case; Vlan::name is as the operator wrote it.
    const Vlans& vlans() const { return vlans_; }

    const Vlan* vlan(std::string_view name) const;  // names are case-insensitive

    const Statics& statics() const { return statics_; }

    const std::set<PortName>& disabled() const { return disabled_; }

    std::uint32_t aging_seconds() const { return aging_seconds_; }

    const std::string& name() const { return name_; }

    const MsmFailover& msm_failover() const { return msm_failover_; }

    const RecoveryLevel& recovery_level() const { return recovery_level_; }

    const Syslog& syslog() const { return syslog_; }

    /// Of all VLANs, by their last addresses.
    const Subnets& subnets() const { return subnets_; }

    /// The subnet that this address is in; null: none of this switch's.
    const Subnet* subnet_of(const IpAddress& address) const;

    /// One of the switch's own addresses, in whatever VLAN.
    bool is_own(const IpAddress& address) const;

    const StaticRoutes& static_routes() const { return static_routes_; }

    const StaticNeighbors& static_neighbors() const { return static_neighbors_; }

    const ArpSettings& arp() const { return arp_; }

    std::uint32_t ipfdb_aging_seconds() const { return ipfdb_aging_seconds_; }  // 0: never
    const AccessLists& access_lists() const { return access_lists_; }

    const AccessList* access_list(std::string_view name) const;

    /// Another number after every change that applied, and never the same one twice in a process: who holds the same
    /// number as before holds the same value, or damaged memory (host/diagnostics.h). No part of the value.
    std::uint64_t stamp() const { return stamp_.number; }

    /// Keys are the names.
    const std::map<std::string, Account>& accounts() const { return accounts_; }

    const Account* account(std::string_view name) const;

    friend bool operator==(const Running&, const Running&) = default;

  private:
    struct Stamp {
        std::uint64_t number = 0;

        friend bool operator==(const Stamp&, const Stamp&) { return true; }
    };

    friend class Editor;  // apply.cc: one change, checked whole before anything is touched

    Result<void> apply_all(const std::vector<Change>& changes, const std::set<PortName>* ports);

    Vlans vlans_;
    Statics statics_;
    std::set<PortName> disabled_;
    std::uint32_t aging_seconds_ = 300;
    std::string name_ = "Baton";
    MsmFailover msm_failover_;
    RecoveryLevel recovery_level_;
    Syslog syslog_;
    Subnets subnets_;  // follows from the VLANs' addresses
    StaticRoutes static_routes_;
    StaticNeighbors static_neighbors_;
    ArpSettings arp_;
    std::uint32_t ipfdb_aging_seconds_ = 0;
    AccessLists access_lists_;  // by name in lower case
    AccessListIndex access_list_index_;
    std::map<std::string, Account> accounts_ = {{"admin", {"admin", true, {}}}, {"user", {"user", false, {}}}};
    Stamp stamp_;
};

/// Changes of the two settings, whole.
Change change_to(const MsmFailover& wanted);
Change change_to(const RecoveryLevel& wanted);

/// The changes that make `to` out of `from`; what both have in common is left alone.
std::vector<Change> changes_between(const Running& from, const Running& to);

}  // namespace baton::config
