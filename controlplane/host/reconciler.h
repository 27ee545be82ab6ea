// SPDX-License-Identifier: Apache-2.0
// Keeps the data plane's tables equal to the running configuration. Says everything when the baton arrives, when the
// data plane has started anew (Applier::incarnation) and when its ports changed; then end_of_table, behind which the
// applier sweeps what was not said; then audits, and every 5 s: the tables, read back, must hold what was said. Layers
// 2 and 3 are judged apart. Routes are read back in slices, because a million of others' may lie between one's own;
// when something is said meanwhile, that audit begins anew.
//
// Whatever else boards come to own joins as an owner of its own, with its own marker (the guide's failover timer):
//
//   configuration          knows all it owns at once: entries, marker
//   an owner that has to learn again (routes): says what it knows; its marker comes when it calls finished()
//   ... and never does:    its marker comes when the failover timer expires, and says so: what it had not said goes
//   nobody's               entries found by a data plane that started anew: swept when every owner has had his marker
//
// Between two rounds the routes follow the links: a subnet is a route while its VLAN has an active port
// (program/layer3.h).
//
// Before everything is said at a take-over, only what differs from the tables is said, in difference()'s order: the
// last master may have died in the middle of a change, and saying everything in the order of numbers could lose frames
// of a port that was on its way from one VLAN to another.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "controlplane/host/surroundings.h"
#include "controlplane/program/commands.h"
#include "controlplane/program/programmer.h"
#include "controlplane/program/routes_image.h"
#include "controlplane/standby/subsystems.h"
#include "sync/base/time.h"

namespace baton {

class Reconciler {
  public:
    /// `reason`: shown with its state while all is well (why the last master was lost, if it hung).
    Reconciler(const Surroundings& around, Programmer& programmer, const config::Running& running,
               Reason reason = Reason::none);

    /// Looks whether the data plane is another one, or has other ports; if so, says everything. If only links came or
    /// went, what follows of it.
    void look();

    void say_everything(std::string_view why);

    /// An owner beside the configuration: `said` is all that its databases hold now. Call before the first look().
    void own(Owner owner, std::function<std::vector<Command>()> said);

    /// That owner's databases are complete: whatever it has not said by now shall go.
    void finished(Owner owner);

    /// They are being made anew: its marker is not to be said before it calls finished() again.
    void reopened(Owner owner);

    /// What cannot wait for an event: the audit, and saying everything again after a refusal (every 10 s).
    void tick(Time now);

    /// The data plane's ports are known: it has come up at least once.
    bool ports_known() const { return incarnation_ != 0; }

    const PortMap& ports() const { return ports_; }

    /// It runs and takes commands: its applier's heartbeat is younger than a second.
    bool dataplane_present(Time now) const;

    void changed() { audit_due_ = true; }  // commands were said: audit when they are applied

  private:
    struct Owned {
        Owner owner{};
        std::function<std::vector<Command>()> said;
        bool finished = false;
        bool expired = false;
    };

    void follow_links(PortMap ports);
    void mark_owners();
    void everything_said(const std::vector<Refusal>& refusals);
    void become(SubsystemState state, Reason reason);
    void fail(Subsystem subsystem);
    void audit();
    void audit_routes();
    void audit_access_lists();
    void judge(Subsystem subsystem, const std::vector<Command>& amiss);

    const Surroundings& around_;
    Programmer& programmer_;
    const config::Running& running_;
    Reason reason_;
    Subsystems subsystems_;
    PortMap ports_;
    std::uint64_t incarnation_ = 0;
    bool saying_ = false;  // everything has been said, but not all of it has its outcome
    bool again_ = false;   // and has to be said once more then
    bool audit_due_ = false;
    bool acl_audit_due_ = false;            // not with every change: it looks at every rule
    std::optional<RoutesImage> read_back_;  // of the audit that is under way
    bool settled_ = false;                  // the latest round was taken whole
    Time again_at_ = Time::never();
    Time audit_at_{};
    std::vector<Owned> owners_;        // beside the configuration
    Time expires_at_ = Time::never();  // the failover timer; runs from the first time that everything is said
    bool timer_started_ = false;
};

}  // namespace baton
