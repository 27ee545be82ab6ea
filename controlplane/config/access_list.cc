// SPDX-License-Identifier: Apache-2.0
#include "controlplane/config/access_list.h"

#include <algorithm>

#include "sync/base/ip.h"

namespace baton::config {
namespace {

bool meet(const std::set<PortName>& a, const std::set<PortName>& b) {
    if (a.empty() || b.empty()) return true;
    return std::any_of(a.begin(), a.end(), [&b](PortName port) { return b.contains(port); });
}

bool inside(const std::set<PortName>& a, const std::set<PortName>& b) {
    return b.empty() || (!a.empty() && std::includes(b.begin(), b.end(), a.begin(), a.end()));
}

std::uint32_t narrow(const AclRange& range) {
    return 65535u - (range.last - range.first);
}

}  // namespace

std::string AclPrefix::text() const {
    return IpPrefix::of(IpAddress::v4(bits), length).text();
}

bool AccessList::overlaps(const AccessList& other) const {
    if (!destination.meets(other.destination) || !source.meets(other.source) || !meet(ports, other.ports)) return false;
    if (protocol == AclProtocol::ip || other.protocol == AclProtocol::ip) return true;
    return protocol == other.protocol && destination_ports.meets(other.destination_ports) &&
           source_ports.meets(other.source_ports);
}

bool AccessList::within(const AccessList& other) const {
    return destination.within(other.destination) && source.within(other.source) && inside(ports, other.ports) &&
           (other.protocol == AclProtocol::ip || protocol == other.protocol) &&
           destination_ports.within(other.destination_ports) && source_ports.within(other.source_ports);
}

std::uint32_t AccessList::order() const {
    if (precedence != 0) return precedence;
    constexpr std::uint32_t most = 2 * 32 + 1 + 2 * 65535 + max_ports;
    static_assert(precedence_most + 1 + most < acl_order_end);
    const std::uint32_t named =
        destination.length + source.length + (protocol == AclProtocol::ip ? 0u : 1u) + narrow(destination_ports) +
        narrow(source_ports) +
        (ports.empty() ? 0u : static_cast<std::uint32_t>(max_ports - std::min(ports.size(), max_ports - 1)));
    return precedence_most + 1 + most - named;
}

void AccessListIndex::add(const AccessList& list) {
    const auto shared = std::make_shared<const AccessList>(list);
    enter(shared, list.precedence);
    if (list.precedence != 0) enter(shared, any_precedence);
}

void AccessListIndex::remove(const AccessList& list) {
    leave(list, list.precedence);
    if (list.precedence != 0) leave(list, any_precedence);
}

void AccessListIndex::enter(const std::shared_ptr<const AccessList>& list, std::uint32_t precedence) {
    const std::uint32_t shape = shape_of(precedence, list->destination.length, list->source.length);
    lists_.set({shape, list->destination.bits, list->source.bits, list->name}, list);
    const auto count = shapes_.find(shape);
    shapes_.set(shape, count == shapes_.end() ? 1 : count->second + 1);
}

void AccessListIndex::leave(const AccessList& list, std::uint32_t precedence) {
    const std::uint32_t shape = shape_of(precedence, list.destination.length, list.source.length);
    if (!lists_.erase({shape, list.destination.bits, list.source.bits, list.name})) return;
    const std::uint32_t count = shapes_.find(shape)->second;
    if (count == 1)
        shapes_.erase(shape);
    else
        shapes_.set(shape, count - 1);
}

}  // namespace baton::config
