// SPDX-License-Identifier: Apache-2.0
// show iproute: a walk over the routes arena, through the board's read-only mapping, while the applier writes it; and
// behind it the static routes that wait for a gateway, which no table holds. Up to sorted_routes are shown sorted by
// destination.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/ports_view.h"
#include "controlplane/commands/table_walk.h"
#include "sync/channel/routes_walk.h"

namespace baton::commands {
namespace {

constexpr std::size_t sorted_routes = 32768;
constexpr std::uint32_t slice_records = 512;

struct Wanted {
    Family family{};
    std::optional<IpPrefix> prefix;  // this one, and those within it
    std::optional<RouteProtocol> origin;
    bool detail = false;

    bool fits(const IpPrefix& route, RouteProtocol protocol) const {
        if (route.family != family || protocol == RouteProtocol::host) return false;
        if (prefix && !(route.length >= prefix->length && prefix->overlaps(route))) return false;
        return !origin || protocol == *origin;
    }
};

struct Shown {
    IpPrefix prefix;
    RouteProtocol protocol{};
    bool active = false, waits = false;
    std::uint32_t metric = 0, since = 0;
    std::string flags;
    std::vector<std::pair<std::string, VlanId>> gateways;  // none: it ends here
};

std::string_view name_of(RouteProtocol protocol) {
    const auto index = static_cast<std::size_t>(protocol);
    return index < std::size(route_protocol_names) ? route_protocol_names[index] : "?";
}

class RoutesShow final : public TableWalk<Shown> {
  public:
    RoutesShow(Switch& sw, Wanted wanted)
        : TableWalk(sorted_routes),
          running_(sw.running()),
          walk_(reinterpret_cast<const std::byte*>(&sw.routes())),
          wanted_(wanted),
          vlans_(vlan_names(sw.running())) {}

    std::string_view name() const override { return "routes"; }

    std::string heading() const override {
        if (wanted_.detail) return {};
        return fmt::format("{:<11} {:<27} {:<27} {:>5} {:<5} {:<16} {}\n{}\n", "Ori", "Destination", "Gateway", "Mtr",
                           "Flags", "VLAN", "Duration", std::string(110, '-'));
    }

    std::string text(const Json& row) const override { return wanted_.detail ? detail(row) : line(row); }

    Json summary() override {
        Json out;
        out["total"] = total_;
        out["active"] = active_;
        Json origins = Json::object(), masks = Json::object();
        for (std::size_t i = 0; i < by_origin_.size(); ++i)
            if (by_origin_[i] != 0) origins[std::string(route_protocol_names[i])] = by_origin_[i];
        for (std::size_t i = 0; i < by_length_.size(); ++i)
            if (by_length_[i] != 0) masks[std::to_string(i)] = by_length_[i];
        out["origins"] = std::move(origins);
        out["lengths"] = std::move(masks);
        return out;
    }

    std::string footer(const Json& summary) const override {
        std::string out =
            "\nOrigin: (*) Active\n"
            "Flags : U - Up, G - Gateway, H - Host, S - Static, D - Dynamic, L - the switch's own address,\n"
            "        B - Black hole, R - Reject, b - Broadcast, m - several gateways, W - Waits for its gateway\n";
        const auto distribution = [&out](const char* what, const Json& counts, const char* before) {
            out += fmt::format("\n{}:\n", what);
            for (const auto& [key, count] : counts.items())
                out += fmt::format("    {:>7} {}{}\n", count.template get<std::uint64_t>(), before, key);
        };
        distribution("Mask distribution", summary["lengths"], "routes at length ");
        distribution("Origin distribution", summary["origins"], "routes from ");
        return out + fmt::format("\nTotal number of routes = {}, active = {}\n", plain(summary["total"]),
                                 plain(summary["active"]));
    }

  private:
    bool look_further() override {
        if (walk_.next(slice_records, [this](const RouteEntry& entry) { take(entry); })) return true;
        take_waiting();
        return false;
    }

    void sort(std::deque<Shown>& routes) const override {
        std::stable_sort(routes.begin(), routes.end(),
                         [](const Shown& a, const Shown& b) { return a.prefix < b.prefix; });
    }

    void take(const RouteEntry& entry) {
        const IpPrefix prefix{entry.prefix.family, entry.prefix.length, entry.prefix.bits};
        bool first = true;
        for (const Owner owner : {Owner::configuration, Owner::routing, Owner::arp}) {
            const RouteOffer& offer = entry.of(owner);
            if (!offer) continue;
            const bool active = std::exchange(first, false);
            if (!wanted_.fits(prefix, offer.protocol)) continue;
            Shown shown{prefix, offer.protocol, active, false, offer.metric, offer.since, {}, {}};
            Hop hop = Hop::none;
            walk_.each_hop(offer.leaf, [&](const AdjacencyEntry& to) {
                hop = to.hop;
                const bool gateway = to.hop == Hop::neighbor || to.hop == Hop::unresolved;
                shown.gateways.emplace_back(gateway ? IpAddress{to.family, to.address}.text() : std::string(), to.vlan);
            });
            shown.flags = flags_of(shown, hop, owner);
            if (offer.protocol == RouteProtocol::fixed)
                for (const auto& [gateway, vlan] : shown.gateways) used_.insert({prefix, gateway});
            show(std::move(shown));
        }
    }

    /// Gateways of static routes that are in no table: they are in no subnet, or in one that cannot be reached now, or
    /// there are better ones.
    void take_waiting() {
        if (wanted_.origin && *wanted_.origin != RouteProtocol::fixed) return;
        for (const auto& [prefix, route] : running_.static_routes()) {
            if (route.blackhole || !wanted_.fits(prefix, RouteProtocol::fixed)) continue;
            for (const auto& [gateway, metric] : route.gateways) {
                if (used_.contains({prefix, gateway.address.text()})) continue;
                show({prefix, RouteProtocol::fixed, false, true, metric, 0, "GSW", {{gateway.text(), 0}}});
            }
        }
    }

    static std::string flags_of(const Shown& shown, Hop hop, Owner owner) {
        std::string out(shown.active ? "U" : "");
        const bool gateway = hop == Hop::neighbor || hop == Hop::unresolved;
        if (gateway) out += 'G';
        if (shown.prefix.is_host()) out += 'H';
        out += owner == Owner::configuration ? 'S' : 'D';
        if (hop == Hop::local) out += 'L';
        if (hop == Hop::blackhole) out += 'B';
        if (hop == Hop::reject) out += 'R';
        if (hop == Hop::broadcast) out += 'b';
        if (gateway && shown.gateways.size() > 1) out += 'm';
        return out;
    }

    Json json(const Shown& shown) override {
        ++total_;
        active_ += shown.active;
        ++by_origin_[std::min<std::size_t>(static_cast<std::size_t>(shown.protocol), by_origin_.size() - 1)];
        ++by_length_[shown.prefix.length];
        Json row;
        row["destination"] = shown.prefix.text();
        row["origin"] = name_of(shown.protocol);
        row["active"] = shown.active;
        row["waits"] = shown.waits;
        row["metric"] = shown.metric;
        row["flags"] = shown.flags;
        const std::uint32_t now = walk_.control().second.load(std::memory_order_relaxed);
        row["duration"] = shown.waits ? Json(nullptr) : Json(now - std::min(now, shown.since));
        row["gateways"] = Json::array();
        for (const auto& [address, vlan] : shown.gateways) {
            const auto name = vlans_.find(vlan);
            row["gateways"].push_back({{"address", address.empty() ? Json(nullptr) : Json(address)},
                                       {"vlan", name == vlans_.end() ? Json(nullptr) : Json(name->second)}});
        }
        return row;
    }

    std::string origin(const Json& row) const {
        return fmt::format("{}{}", row["active"].get<bool>() ? "*" : " ", plain(row["origin"]));
    }

    static std::string duration(const Json& row) {
        return row["duration"].is_null() ? "-" : duration_text(row["duration"].get<std::uint64_t>());
    }

    /// A line for each gateway.
    std::string line(const Json& row) const {
        std::string out;
        const auto one = [&](std::string_view gateway, std::string_view vlan) {
            const bool first = out.empty();
            out += fmt::format("{:<11} {:<27} {:<27} {:>5} {:<5} {:<16} {}\n", first ? origin(row) : "",
                               first ? plain(row["destination"]) : "", gateway, first ? plain(row["metric"]) : "",
                               first ? plain(row["flags"]) : "", vlan, first ? duration(row) : "");
        };
        for (const auto& gateway : row["gateways"]) one(plain(gateway["address"]), plain(gateway["vlan"]));
        if (out.empty()) one("-", "-");
        return out;
    }

    std::string detail(const Json& row) const {
        std::string out = fmt::format("Destination: {}\n", plain(row["destination"]));
        for (const auto& gateway : row["gateways"])
            out += fmt::format("    Gateway: {}  VLAN: {}\n", plain(gateway["address"]), plain(gateway["vlan"]));
        return out + fmt::format("    Metric: {}  Origin: {}  Flags: {}  Duration: {}\n\n", plain(row["metric"]),
                                 origin(row), plain(row["flags"]), duration(row));
    }

    const config::Running running_;  // as it was when it was asked for
    RoutesWalk walk_;
    Wanted wanted_;
    std::map<VlanId, std::string> vlans_;
    std::set<std::pair<IpPrefix, std::string>> used_;  // gateways of static routes that are in the table
    std::uint64_t total_ = 0, active_ = 0;
    std::array<std::uint64_t, std::size(route_protocol_names)> by_origin_{};
    std::array<std::uint64_t, 129> by_length_{};
};

}  // namespace

Result<std::unique_ptr<Walk>> show_iproute(const Call& call) {
    constexpr std::pair<std::string_view, RouteProtocol> origins[] = {
        {"direct", RouteProtocol::direct}, {"static", RouteProtocol::fixed}, {"rip", RouteProtocol::rip},
        {"ospf", RouteProtocol::ospf},     {"bgp", RouteProtocol::bgp},      {"blackhole", RouteProtocol::blackhole}};
    Wanted wanted;
    wanted.detail = call.match.says("detail");
    wanted.family = call.match.says("ipv6") ? Family::ipv6 : Family::ipv4;
    if (const auto* text = call.match.get<std::string>("ipnetmask")) {
        wanted.prefix = IpInterface::parse(*text)->subnet();
        wanted.family = wanted.prefix->family;
    }
    for (const auto& [word, protocol] : origins)
        if (call.match.says(word)) wanted.origin = protocol;
    return std::unique_ptr<Walk>(std::make_unique<RoutesShow>(call.sw, wanted));
}

}  // namespace baton::commands
