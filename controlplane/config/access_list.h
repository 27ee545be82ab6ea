// SPDX-License-Identifier: Apache-2.0
// Access lists as an operator writes them, and which of two that match the same packet decides. ExtremeWare's rules,
// and where it is silent, ours:
//
//   precedence given       1 to 25,600, the lowest number decides. Once it is given, every rule that overlaps has to
//   have one
//                          (ExtremeWare), and not the same one
//   no precedence          the more specific rule decides: of two of which one matches only what the other matches too,
//   that one.
//                          Rules that overlap in part must do the same, or one could not say who decides
//   no rule matches        the packet is forwarded (ExtremeWare)
//
// Both make one number, the order: rules with a precedence by that, all others behind them by how much they name. Rules
// with and rules without never overlap, so it does not matter who comes first. How much a rule names is a sum over its
// parts that grows whenever a part becomes narrower, so a rule inside another comes before it; rules of the same order
// never disagree.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "controlplane/config/shared_map.h"
#include "sync/base/ids.h"
#include "sync/layout/acl_rule.h"

namespace baton::config {

inline constexpr std::size_t access_lists_most = 10'000;
inline constexpr std::uint32_t precedence_most = 25'600;

struct AclRange {
    std::uint16_t first = 0, last = 65535;

    bool any() const { return first == 0 && last == 65535; }

    bool within(const AclRange& other) const { return first >= other.first && last <= other.last; }

    bool meets(const AclRange& other) const { return first <= other.last && other.first <= last; }

    friend bool operator==(const AclRange&, const AclRange&) = default;
};

/// Addresses that begin with the same bits.
struct AclPrefix {
    std::uint32_t bits = 0;  // host order; 0 beyond the length
    std::uint8_t length = 0;

    bool within(const AclPrefix& other) const {
        return length >= other.length && (bits & acl_mask(other.length)) == other.bits;
    }

    bool meets(const AclPrefix& other) const { return within(other) || other.within(*this); }

    std::string text() const;  // "10.0.0.0/8"

    friend bool operator==(const AclPrefix&, const AclPrefix&) = default;
};

struct AccessList {
    std::string name;  // as the operator wrote it
    AclProtocol protocol{};
    AclAction action{};
    AclPrefix destination, source;
    AclRange destination_ports;  // of TCP and UDP; of ICMP type << 8 | code
    AclRange source_ports;
    std::set<PortName> ports;      // by which frames come in; empty: any
    std::uint32_t precedence = 0;  // 0: none
    bool log = false;

    /// Is there a packet that both match?
    bool overlaps(const AccessList& other) const;

    /// The other matches every packet that this one does.
    bool within(const AccessList& other) const;

    /// The lowest decides; below acl_order_end.
    std::uint32_t order() const;

    friend bool operator==(const AccessList&, const AccessList&) = default;
};

/// Finds the access lists that overlap one, without looking at them all: by the lengths of their prefixes (few pairs
/// are ever in use) and within each by address. A value that is cheap to copy; it follows from the access lists, so two
/// of them count as equal.
class AccessListIndex {
  public:
    static constexpr std::uint32_t any_precedence = precedence_most + 1;

    void add(const AccessList& list);
    void remove(const AccessList& list);

    /// `each(list)` for those that overlap, of one precedence (0: those without; any_precedence: all that have one),
    /// until it returns false.
    template <class Each>
    void overlapping(const AccessList& list, std::uint32_t precedence, const Each& each) const;

    friend bool operator==(const AccessListIndex&, const AccessListIndex&) { return true; }

  private:
    struct Key {
        std::uint32_t shape = 0;  // precedence, length of destination, length of source
        std::uint32_t destination = 0, source = 0;
        std::string name;
        friend auto operator<=>(const Key&, const Key&) = default;
    };

    struct KeyHash {
        std::size_t operator()(const Key& key) const {
            return std::hash<std::string>{}(key.name) * 31 + key.shape + key.destination * 7ull + key.source * 13ull;
        }
    };

    static std::uint32_t shape_of(std::uint32_t precedence, unsigned destination, unsigned source) {
        return precedence << 12 | destination << 6 | source;
    }

    void enter(const std::shared_ptr<const AccessList>& list, std::uint32_t precedence);
    void leave(const AccessList& list, std::uint32_t precedence);

    SharedMap<Key, std::shared_ptr<const AccessList>, KeyHash> lists_;
    SharedMap<std::uint32_t, std::uint32_t> shapes_;  // how many have it
};

template <class Each>
void AccessListIndex::overlapping(const AccessList& list, std::uint32_t precedence, const Each& each) const {
    const std::uint32_t last_shape = shape_of(precedence, 32, 32);
    for (auto at = shapes_.lower_bound(shape_of(precedence, 0, 0)); at != shapes_.end() && at->first <= last_shape;
         ++at) {
        const std::uint32_t shape = at->first;
        const unsigned to = shape >> 6 & 63, from = shape & 63;
        const bool wider = to <= list.destination.length, source_wider = from <= list.source.length;
        Key key{shape,
                list.destination.bits & acl_mask(to),
                source_wider ? list.source.bits & acl_mask(from) : list.source.bits,
                {}};
        const std::uint32_t last_to = wider ? key.destination : key.destination | ~acl_mask(list.destination.length);
        const std::uint32_t last_from = source_wider ? key.source : key.source | ~acl_mask(list.source.length);
        if (!wider) key.source = 0;  // many destinations, each with sources of its own
        for (auto found = lists_.lower_bound(key); found != lists_.end(); ++found) {
            if (found->first.shape != shape || found->first.destination > last_to) break;
            if (wider && found->first.source > last_from) break;
            if (found->second->overlaps(list) && !each(*found->second)) return;
        }
    }
}

using AccessLists = SharedMap<std::string, AccessList>;

}  // namespace baton::config
