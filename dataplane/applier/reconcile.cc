// SPDX-License-Identifier: Apache-2.0
#include "dataplane/applier/reconcile.h"

namespace baton {

void Reconcile::begin(Owner owner, Term term) {
    term_ = term;
    next_vlan_ = 1;
    stale_statics_.clear();
    for (const auto& [key, entry] : changes_->statics())
        if (entry.owner == owner && entry.confirmed < term) stale_statics_.push_back(key);
}

bool Reconcile::turn(Time now) {
    if (next_vlan_ == 0) return false;
    auto& swept = tables_->applier.swept;
    const auto count = [&swept] { swept.store(swept.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); };

    unsigned left = slice;
    for (; next_vlan_ < max_vlans - 1 && left > 0; ++next_vlan_, --left) {
        const VlanEntry& entry = tables_->vlans[next_vlan_];
        if (entry.present.load(std::memory_order_relaxed) == 0) continue;
        if (entry.confirmed_term.load(std::memory_order_relaxed) >= term_) continue;
        changes_->remove_vlan(static_cast<VlanId>(next_vlan_));
        count();
    }
    for (; !stale_statics_.empty() && left > 0; --left) {
        const auto found = changes_->statics().find(stale_statics_.back());
        if (found != changes_->statics().end() && found->second.confirmed < term_) {
            changes_->remove_static(stale_statics_.back());
            count();
        }
        stale_statics_.pop_back();
    }
    if (left == 0) return true;
    next_vlan_ = 0;
    TermAccount& account = tables_->applier.terms[term_ % 64];
    if (account.term.load(std::memory_order_relaxed) == term_)
        account.end_of_table_ns.store(now.ns, std::memory_order_release);
    return false;
}

}  // namespace baton
