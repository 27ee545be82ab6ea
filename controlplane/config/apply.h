// SPDX-License-Identifier: Apache-2.0
// One change to a Running, checked whole before anything is touched, so that a transaction of one change needs no copy.
// The rules are ExtremeWare's; where it leaves a choice, the choice is said at the function.
#pragma once

#include "controlplane/config/running.h"

namespace baton::config {

class Editor {
  public:
    /// `ports`: those that exist; nullptr: all do.
    Editor(Running& running, const std::set<PortName>* ports) : running_(running), ports_(ports) {}

    Result<void> apply(const Change& change);

  private:
    Result<void> apply(const VlanCreate& change);
    Result<void> apply(const VlanDelete& change);
    Result<void> apply(const VlanTag& change);
    Result<void> apply(const VlanAddPorts& change);
    Result<void> apply(const VlanDeletePorts& change);
    Result<void> apply(const FdbEntryCreate& change);
    Result<void> apply(const FdbEntryDelete& change);
    Result<void> apply(const FdbAgingTime& change);
    Result<void> apply(const PortsEnable& change);
    Result<void> apply(const SystemName& change);
    Result<void> apply(const MsmFailoverSet& change);    // apply_failover.cc
    Result<void> apply(const RecoveryLevelSet& change);  //
    Result<void> apply(const SyslogAdd& change);
    Result<void> apply(const SyslogDelete& change);
    Result<void> apply(const SyslogEnable& change);
    Result<void> apply(const AccountSet& change);
    Result<void> apply(const AccountDelete& change);
    Result<void> apply(const VlanAddressAdd& change);        // apply_interfaces.cc
    Result<void> apply(const VlanAddressDelete& change);     //
    Result<void> apply(const VlanForwarding& change);        //
    Result<void> apply(const VlanMtu& change);               //
    Result<void> apply(const VlanIcmp& change);              //
    Result<void> apply(const StaticRouteAdd& change);        // apply_routes.cc
    Result<void> apply(const StaticRouteDelete& change);     //
    Result<void> apply(const StaticNeighborAdd& change);     //
    Result<void> apply(const StaticNeighborDelete& change);  //
    Result<void> apply(const ArpSet& change);                //
    Result<void> apply(const IpfdbAgingTime& change);        //
    Result<void> apply(const AccessListCreate& change);  // apply_access_list.cc
    Result<void> apply(const AccessListDelete& change);  //

    Result<const Vlan*> vlan(const std::string& name) const;
    void put(Vlan vlan);
    Result<PortName> port(const std::string& text) const;
    template <class List>
    Result<std::set<PortName>> ports(const List& list) const;
    const Vlan* vlan_with_id(VlanId id) const;
    VlanId free_id() const;
    Result<void> check_overlaps(const AccessList& list) const;
    Result<void> another_admin(const std::string& key) const;
    void forget_statics(const std::string& vlan, const std::set<PortName>* on);
    void forget_layer3(const Vlan& vlan);
    Result<void> no_gateway_is_lost(const IpInterface& wanted) const;
    void subnet_gone(const Vlan& vlan, const IpPrefix& prefix);
    Result<Gateway> gateway(const std::string& address, const std::string& vlan) const;

    Running& running_;
    const std::set<PortName>* ports_;
};

/// Names of VLANs and of the switch: 1 to 32 characters, a letter first, then letters, digits, '_', '-' and '.'.
Result<void> check_name(const std::string& what, const std::string& name);

std::string lower(std::string_view text);

/// In single quotes, cut: what came from outside may be long.
std::string quoted(const std::string& text);

}  // namespace baton::config
