// SPDX-License-Identifier: Apache-2.0
// The IP FDB: hosts whose address is known and that have a route of their own, as the routes arena holds them. Showing
// is a walk; forgetting is an act, for the next packet brings a host back.
#include <fmt/core.h>

#include <algorithm>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/ports_view.h"
#include "controlplane/commands/table_walk.h"
#include "sync/channel/routes_walk.h"

namespace baton::commands {
namespace {

constexpr std::size_t sorted_hosts = 32768;
constexpr std::uint32_t slice_records = 512;

struct Host {
    IpAddress address;
    AdjacencyEntry to;
};

class HostsShow final : public TableWalk<Host> {
  public:
    HostsShow(Switch& sw, std::optional<IpAddress> address, std::optional<VlanId> vlan)
        : TableWalk(sorted_hosts),
          walk_(reinterpret_cast<const std::byte*>(&sw.routes())),
          address_(address),
          vlan_(vlan),
          vlans_(vlan_names(sw.running())),
          aging_(sw.running().ipfdb_aging_seconds()) {}

    std::string_view name() const override { return "hosts"; }

    std::string heading() const override {
        return fmt::format("{:<39} {:<17}  {:<20} {:>8}\n{}\n", "Destination", "MAC", "VLAN", "Unused",
                           std::string(87, '-'));
    }

    std::string text(const Json& row) const override {
        return fmt::format("{:<39} {:<17}  {:<20} {:>7}s\n", plain(row["address"]), plain(row["mac"]),
                           plain(row["vlan"]), plain(row["unused"]));
    }

    Json summary() override { return {{"total", total_}, {"aging_time", aging_}}; }

    std::string footer(const Json& summary) const override {
        return fmt::format("\nTotal: {}\nIP FDB Aging time: {}\n", plain(summary["total"]),
                           plain(summary["aging_time"]));
    }

  private:
    bool look_further() override {
        return walk_.next(slice_records, [this](const RouteEntry& entry) { take(entry); });
    }

    void sort(std::deque<Host>& hosts) const override {
        std::stable_sort(hosts.begin(), hosts.end(),
                         [](const Host& a, const Host& b) { return a.address < b.address; });
    }

    void take(const RouteEntry& entry) {
        const RouteOffer& offer = entry.of(Owner::arp);
        if (!offer) return;
        const IpAddress address{entry.prefix.family, entry.prefix.bits};
        if (address_ && *address_ != address) return;
        walk_.each_hop(offer.leaf, [&](const AdjacencyEntry& to) {
            if (to.hop == Hop::neighbor && (!vlan_ || to.vlan == *vlan_)) show({address, to});
        });
    }

    Json json(const Host& host) override {
        ++total_;
        const auto vlan = vlans_.find(host.to.vlan);
        const std::uint32_t now = walk_.control().second.load(std::memory_order_relaxed);
        Json row;
        row["address"] = host.address.text();
        row["mac"] = host.to.mac.text();
        row["vlan"] = vlan == vlans_.end() ? std::string("?") : vlan->second;
        row["unused"] = now - std::min(now, host.to.used);
        return row;
    }

    RoutesWalk walk_;
    std::optional<IpAddress> address_;
    std::optional<VlanId> vlan_;
    std::map<VlanId, std::string> vlans_;
    std::uint32_t aging_;
    std::uint64_t total_ = 0;
};

struct Asked {
    std::optional<IpAddress> address;
    const config::Vlan* vlan = nullptr;
};

Result<Asked> asked(const Call& call) {
    Asked out;
    if (const auto* text = call.match.get<std::string>("ipaddress")) out.address = IpAddress::parse(*text);
    if (const auto* name = call.match.get<std::string>("vlan")) {
        out.vlan = call.sw.running().vlan(*name);
        if (!out.vlan) return failure(fmt::format("there is no VLAN \"{}\"; show vlan lists them", *name));
    }
    return out;
}

}  // namespace

Result<std::unique_ptr<Walk>> show_ipfdb(const Call& call) {
    const auto what = asked(call);
    if (!what) return what.error();
    return std::unique_ptr<Walk>(std::make_unique<HostsShow>(
        call.sw, what->address, what->vlan ? std::optional<VlanId>(what->vlan->id) : std::nullopt));
}

void clear_ipfdb(const Call& call, Done done) {
    const auto what = asked(call);
    if (!what) return done(what.error());
    IpfdbFlush flush{};
    if (what->vlan) flush.vlan = what->vlan->id;
    if (what->address) {
        const auto& running = call.sw.running();
        const auto* subnet = running.subnet_of(*what->address);
        const auto* vlan = subnet ? running.vlan(subnet->vlan) : nullptr;
        if (!vlan)
            return done(failure(
                fmt::format("{} is in no subnet of this switch; 'show ipconfig' lists them", what->address->text())));
        flush.vlan = vlan->id;
        flush.family = what->address->family;
        flush.high = what->address->bits.high;
        flush.low = what->address->bits.low;
    }
    call.sw.flush_hosts(flush, [done = std::move(done)](Result<void> result) {
        done(result ? Result<std::string>(std::string("Hosts forgotten.\n")) : Result<std::string>(result.error()));
    });
}

}  // namespace baton::commands
