// SPDX-License-Identifier: Apache-2.0
#include "dataplane/applier/reconcile.h"

#include "dataplane/table/acl_maintain.h"
#include "sync/base/log.h"

namespace baton {

void Reconcile::begin(Owner owner, Term term, bool timed_out) {
    std::erase_if(sweeps_, [owner](const Sweep& sweep) { return sweep.owner == owner; });
    Sweep& sweep = sweeps_.emplace_back();
    sweep.owner = owner;
    sweep.term = term;
    sweep.timed_out = timed_out;
    if (owner == Owner::configuration) sweep.next_vlan = 1;
    if (const RoutesMaintenance* routes = changes_->routing().routes()) sweep.routes = routes->begin_sweep(owner, term);
    for (const auto& [key, entry] : changes_->statics())
        if (entry.owner == owner && entry.confirmed < term) sweep.stale_statics.push_back(key);
    if (owner == Owner::configuration && changes_->acl()) sweep.stale_rules = changes_->acl()->stale(term);
}

/// A VLAN that was not said goes; of one that was, its interface, if that was not. True when something went.
bool Reconcile::work_on_vlan(VlanId vlan, Term term) {
    const VlanEntry& entry = tables_->vlans[vlan];
    if (entry.present.load(std::memory_order_relaxed) == 0) return false;
    if (entry.confirmed_term.load(std::memory_order_relaxed) < term) {
        changes_->remove_vlan(vlan);
        return true;
    }
    Routing& routing = changes_->routing();
    if (entry.routing.load(std::memory_order_relaxed) == 0 || routing.confirmed(vlan) >= term) return false;
    routing.remove_interface(vlan);
    return true;
}

/// One slice of it is a round's whole work. True when it is through.
bool Reconcile::work_on_routes(Sweep& sweep, unsigned& left) {
    RoutesMaintenance* routes = changes_->routing().routes();
    if (!routes || left == 0) return left > 0;
    const std::uint64_t before = sweep.routes.gone;
    const bool through = routes->sweep(sweep.routes);
    sweep.gone += sweep.routes.gone - before;
    if (!through) left = 0;
    return through;
}

/// True when the sweep is through. What was said again since the marker, by whomever, stays.
bool Reconcile::work(Sweep& sweep, unsigned& left) {
    for (; sweep.next_vlan < max_vlans - 1 && left > 0; ++sweep.next_vlan, --left)
        sweep.gone += work_on_vlan(static_cast<VlanId>(sweep.next_vlan), sweep.term);
    for (; !sweep.stale_statics.empty() && left > 0; --left) {
        const auto found = changes_->statics().find(sweep.stale_statics.back());
        if (found != changes_->statics().end() && found->second.owner == sweep.owner &&
            found->second.confirmed < sweep.term) {
            changes_->remove_static(sweep.stale_statics.back());
            ++sweep.gone;
        }
        sweep.stale_statics.pop_back();
    }
    for (; sweep.next_rule < sweep.stale_rules.size() && left > 0; ++sweep.next_rule, --left) {
        const AclRule& rule = sweep.stale_rules[sweep.next_rule];
        if (!changes_->acl()->is_stale(rule, sweep.term)) continue;
        changes_->acl()->remove(rule);
        ++sweep.gone;
    }
    return work_on_routes(sweep, left);
}

void Reconcile::finish(const Sweep& sweep, Time now) {
    const auto name = owner_names[static_cast<std::size_t>(sweep.owner)];
    if (sweep.timed_out)
        log::warning("reconcile owner={} term={} swept={} because the failover timer expired", name, sweep.term,
                     sweep.gone);
    else if (sweep.gone > 0)
        log::notice("reconcile owner={} term={} swept={}", name, sweep.term, sweep.gone);
    TermAccount& account = tables_->applier.terms[sweep.term % 64];
    if (sweep.owner == Owner::configuration && account.term.load(std::memory_order_relaxed) == sweep.term)
        account.end_of_table_ns.store(now.ns, std::memory_order_release);
}

bool Reconcile::turn(Time now) {
    auto& swept = tables_->applier.swept;
    for (unsigned left = slice; !sweeps_.empty();) {
        Sweep& sweep = sweeps_.front();
        const std::uint64_t before = sweep.gone;
        const bool through = work(sweep, left);
        swept.store(swept.load(std::memory_order_relaxed) + sweep.gone - before, std::memory_order_relaxed);
        if (!through) return true;
        finish(sweep, now);
        sweeps_.pop_front();
    }
    return false;
}

}  // namespace baton
