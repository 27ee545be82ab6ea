// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/neighbor_config.h"

namespace baton {
namespace {

/// fe80::/64 with the interface identifier that follows from the router's address (RFC 4291 2.5.6, appendix A).
IpInterface link_local_of(Mac router) {
    const std::uint64_t mac = router.value() ^ 0x020000000000;
    return {IpAddress::v6(0xfe80ull << 48, (mac >> 24 << 40) | 0xfffe000000ull | (mac & 0xffffff)), 64};
}

}  // namespace

arp::Config neighbor_config(const config::Running& running, Mac router) {
    arp::Config out;
    out.mac = router;
    if (router == Mac{}) return out;
    for (const auto& [name, vlan] : running.vlans()) {
        if (vlan.ip.addresses.empty()) continue;
        auto& addresses = out.vlans[vlan.id];
        addresses = vlan.ip.addresses;
        const IpInterface link_local = link_local_of(router);
        if (vlan.ip.primary(Family::ipv6) && !vlan.ip.has(link_local.address)) addresses.push_back(link_local);
    }
    for (const auto& [address, mac] : running.static_neighbors())
        if (const config::Subnet* subnet = running.subnet_of(address))
            if (const config::Vlan* vlan = running.vlan(subnet->vlan)) out.permanent[{vlan->id, address}] = mac;
    const config::ArpSettings& settings = running.arp();
    out.settings.timeout = seconds(60ll * settings.timeout_minutes);
    out.settings.entries_most = settings.max_entries;
    out.settings.pending_most = settings.max_pending;
    out.settings.checking = settings.checking;
    out.settings.refresh = settings.refresh;
    return out;
}

}  // namespace baton
