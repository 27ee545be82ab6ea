// SPDX-License-Identifier: Apache-2.0
// Access lists come and go whole; to change one is to delete it and to create it anew. What could not be decided for
// every packet is refused here (access_list.h has the rules).
#include "controlplane/config/access_list_message.h"
#include "controlplane/config/apply.h"

namespace baton::config {
namespace {

Error no_precedence(const AccessList& list, const AccessList& other) {
    return failure(
        "access list " + other.name + " overlaps and has no precedence; once precedences are used, all that " +
        "overlap need one. First: delete access-list " + other.name + ", then create it with a precedence (" +
        list.name + " has " + std::to_string(list.precedence) + ")");
}

Error wants_precedence(const AccessList& other) {
    return failure("access list " + other.name + " overlaps and has precedence " + std::to_string(other.precedence) +
                   "; give this one a precedence too (1 decides first, " + std::to_string(precedence_most) + " last)");
}

Error same_precedence(const AccessList& other) {
    return failure("access list " + other.name + " overlaps and has the same precedence; choose another number");
}

Error same_match(const AccessList& other) {
    return failure("access list " + other.name + " matches exactly the same packets" +
                   "; delete it first, or give both a precedence");
}

Error undecided(const AccessList& other) {
    return failure("access list " + other.name + " (" +
                   std::string(acl_action_names[static_cast<std::size_t>(other.action)]) +
                   ") overlaps in part, and neither is more specific than the other; give both a precedence");
}

}  // namespace

Result<void> Editor::check_overlaps(const AccessList& list) const {
    Result<void> out;
    const auto refuse_first = [&](std::uint32_t precedence, const auto& why) {
        if (!out) return;
        running_.access_list_index_.overlapping(list, precedence, [&](const AccessList& other) {
            if (auto error = why(other)) out = std::move(*error);
            return static_cast<bool>(out);
        });
    };
    using Why = std::optional<Error>;
    if (list.precedence != 0) {
        refuse_first(0, [&](const AccessList& other) { return Why(no_precedence(list, other)); });
        refuse_first(list.precedence, [](const AccessList& other) { return Why(same_precedence(other)); });
        return out;
    }
    refuse_first(AccessListIndex::any_precedence, [](const AccessList& other) { return Why(wants_precedence(other)); });
    refuse_first(0, [&](const AccessList& other) {
        const bool inner = list.within(other), outer = other.within(list);
        if (inner && outer) return Why(same_match(other));
        if (inner || outer || list.action == other.action) return Why();
        return Why(undecided(other));
    });
    return out;
}

Result<void> Editor::apply(const AccessListCreate& change) {
    if (auto good = check_name("access list's name", change.name()); !good) return good;
    if (const auto there = running_.access_lists_.find(lower(change.name())); there != running_.access_lists_.end())
        return failure("access list " + there->second.name +
                       " exists already; choose another name, or delete it first");
    if (running_.access_lists_.size() >= access_lists_most)
        return failure(std::to_string(access_lists_most) +
                       " access lists are configured, which is all there may be; delete one first");
    auto list = access_list_of(change);
    if (!list) return list.error();
    if (!change.ports().empty()) {
        auto named = ports(change.ports());
        if (!named) return named.error();
        list->ports = std::move(*named);
    }
    if (auto good = check_overlaps(*list); !good) return good;
    running_.access_list_index_.add(*list);
    std::string key = lower(list->name);
    running_.access_lists_.set(std::move(key), std::move(*list));
    return {};
}

Result<void> Editor::apply(const AccessListDelete& change) {
    const auto found = running_.access_lists_.find(lower(change.name()));
    if (found == running_.access_lists_.end())
        return failure("there is no access list '" + change.name().substr(0, 40) + "'; 'show access-list' lists them");
    const AccessList gone = found->second;
    running_.access_list_index_.remove(gone);
    running_.access_lists_.erase(lower(gone.name));
    return {};
}

}  // namespace baton::config
