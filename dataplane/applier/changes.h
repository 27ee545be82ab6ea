// SPDX-License-Identifier: Apache-2.0
// What each command does to the tables. A command says what shall be, so each of these may be done twice. Workers read
// the tables all the while: the order of the stores is what keeps a frame from ever leaving in the wrong form.
//
//   port joins a VLAN      `untagged` first, then its bit in `member`
//   port leaves            its bit in `member` first, then `untagged`, then its FDB entries in that VLAN
//   VLAN comes             flags and members first, then `present`
//   VLAN goes              `present` first, then the rest, then its FDB entries
//
// One thread, the applier's. Static entries are also kept in a private book with the term that last confirmed them,
// because an FDB word has no room for it; after a restart the book is read back from the FDB, all of it unconfirmed and
// nobody's.
#pragma once

#include <functional>
#include <unordered_map>

#include "dataplane/applier/routing.h"
#include "dataplane/table/fdb_maintain.h"
#include "sync/layout/command.h"
#include "sync/layout/tables.h"

namespace baton {

class AclMaintenance;

class Changes {
  public:
    /// Told when a port is enabled or disabled (the port itself acts on it).
    using OnEnabled = std::function<void(PortId, bool)>;

    /// Told to take every link down for a moment.
    using OnReset = std::function<void(Time)>;

    Changes(TablesArena& tables, FdbMaintenance& fdb, Routing& routing, OnEnabled on_enabled, OnReset on_reset);

    /// Does a command of a master whose term is current; end_of_table is not one of these (Reconcile).
    Outcome apply(const Command& command, Time now);

    /// Access lists are kept, too; without this, commands about them are refused.
    void keep_acl(AclMaintenance* acl) { acl_ = acl; }

    AclMaintenance* acl() const { return acl_; }

    /// The port's dynamic entries go: its link went down.
    void link_lost(PortId port) { fdb_->flush(0, port); }

    /// All dynamic entries go.
    void forget_all() { fdb_->flush(0, 0); }

    /// A VLAN or static entry that no board confirmed goes; what Reconcile calls.
    void remove_vlan(VlanId vlan);
    void remove_static(std::uint64_t key);

    /// Layer 3's part, which has a file of its own.
    Routing& routing() { return *routing_; }

    struct Static {
        Term confirmed = 0;
        Owner owner = Owner::none;
    };

    const std::unordered_map<std::uint64_t, Static>& statics() const { return statics_; }

  private:
    Outcome set_vlan(const VlanSet& body, Term term);
    Outcome set_port(const PortConfig& body);
    Outcome set_static(const FdbStatic& body, Term term, Owner owner);
    Outcome delete_static(const FdbStatic& body);
    Outcome flush(const FdbFlush& body);
    Outcome reset(const HardwareReset& body, Time now);
    Outcome set_fabric(const FabricSet& body);
    void port_left(VlanId vlan, PortId port);
    bool port_exists(PortId port) const;

    TablesArena* tables_;
    FdbMaintenance* fdb_;
    Routing* routing_;
    OnEnabled on_enabled_;
    OnReset on_reset_;
    AclMaintenance* acl_ = nullptr;
    std::unordered_map<std::uint64_t, Static> statics_;  // by fdb_key
};

}  // namespace baton
