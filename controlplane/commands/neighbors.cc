// SPDX-License-Identifier: Apache-2.0
// show and clear iparp, and the same for neighbour discovery's cache. What the tables of the data plane make of these
// entries, show ipfdb tells.
#include <fmt/core.h>

#include <map>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/ports_view.h"
#include "sync/base/time.h"
#include "sync/channel/fdb_walk.h"

namespace baton::commands {
namespace {

Family family_asked(const Call& call) {
    return call.match.says("iparp") ? Family::ipv4 : Family::ipv6;
}

std::string_view command_for(Family family) {
    return family == Family::ipv4 ? "iparp" : "neighbor-discovery cache ipv6";
}

struct Wanted {
    Family family{};
    std::optional<IpAddress> address;
    std::optional<VlanId> vlan;
    std::optional<Mac> mac;
    bool permanent = false;

    bool fits(const arp::Key& key, const arp::Neighbor& neighbor) const {
        return key.address.family == family && (!address || key.address == *address) && (!vlan || key.vlan == *vlan) &&
               (!mac || (arp::has_mac(neighbor.phase) && neighbor.mac == *mac)) &&
               (!permanent || neighbor.phase == arp::Phase::permanent);
    }
};

Result<Wanted> wanted_by(const Call& call) {
    Wanted wanted;
    wanted.family = family_asked(call);
    wanted.permanent = call.match.says("permanent");
    if (const auto* mac = call.match.get<Mac>("mac")) wanted.mac = *mac;
    if (const auto* text = call.match.get<std::string>("ipaddress")) {
        wanted.address = IpAddress::parse(*text);
        if (wanted.address->family != wanted.family) {
            const Family other = wanted.address->family;
            return failure(fmt::format("{} is an {} address; 'show {}' knows those", *text,
                                       other == Family::ipv4 ? "IPv4" : "IPv6", command_for(other)));
        }
    }
    if (const auto* name = call.match.get<std::string>("vlan")) {
        const auto* vlan = call.sw.running().vlan(*name);
        if (!vlan) return failure(fmt::format("there is no VLAN \"{}\"; show vlan lists them", *name));
        wanted.vlan = vlan->id;
    }
    return wanted;
}

class NeighborShow final : public Walk {
  public:
    NeighborShow(Switch& sw, const Wanted& wanted)
        : fdb_(reinterpret_cast<const std::byte*>(&sw.fdb())),
          tables_(sw.tables()),
          family_(wanted.family),
          settings_(sw.running().arp()),
          vlans_(vlan_names(sw.running())),
          now_(monotonic_now()) {
        for (const auto& [key, neighbor] : sw.neighbors().neighbors) {
            if (key.address.family == family_)
                ++(neighbor.phase == arp::Phase::permanent ? fixed_
                   : arp::has_mac(neighbor.phase)          ? dynamic_
                                                           : pending_);
            if (wanted.fits(key, neighbor)) rows_.emplace_back(key, neighbor);
        }
    }

    std::string_view name() const override { return "entries"; }

    std::string heading() const override {
        return fmt::format("{:<{}} {:<17} {:>6} {:<6} {:<20} {:>4} {}\n{}\n", "Destination", width(), "Mac", "Age",
                           "Static", "VLAN", "VID", "Port", std::string(width() + 64, '-'));
    }

    Step next(Json& row) override {
        if (at_ == rows_.size()) return Step::end;
        row = json(rows_[at_].first, rows_[at_].second);
        ++at_;
        return Step::row;
    }

    std::string text(const Json& row) const override {
        const bool known = !row["mac"].is_null();
        return fmt::format("{:<{}} {:<17} {:>6} {:<6} {:<20} {:>4} {}\n", plain(row["destination"]), width(),
                           known ? plain(row["mac"]) : fmt::format("({})", plain(row["state"])), plain(row["age"]),
                           row["static"].get<bool>() ? "YES" : "NO", plain(row["vlan"]), plain(row["vid"]),
                           plain(row["port"]));
    }

    Json summary() override {
        Json out;
        out["dynamic"] = dynamic_;
        out["static"] = fixed_;
        out["pending"] = pending_;
        out["max_entries"] = settings_.max_entries;
        out["max_pending"] = settings_.max_pending;
        out["timeout_minutes"] = settings_.timeout_minutes;
        out["checking"] = settings_.checking;
        out["refresh"] = settings_.refresh;
        return out;
    }

    std::string footer(const Json& summary) const override {
        const auto minutes = summary["timeout_minutes"].get<std::uint64_t>();
        const auto state = [&](const char* what) { return summary[what].get<bool>() ? "enabled" : "disabled"; };
        return fmt::format(
            "\nDynamic Entries : {:>6} of {}\nStatic Entries  : {:>6}\nPending Entries : {:>6} of {}\n\n"
            "Timeout: {}   Refresh: {}   Checking: {}\n",
            plain(summary["dynamic"]), plain(summary["max_entries"]), plain(summary["static"]),
            plain(summary["pending"]), plain(summary["max_pending"]),
            minutes == 0 ? "never" : fmt::format("{} minutes", minutes), state("refresh"), state("checking"));
    }

  private:
    int width() const { return family_ == Family::ipv4 ? 15 : 39; }

    Json json(const arp::Key& key, const arp::Neighbor& neighbor) const {
        const bool fixed = neighbor.phase == arp::Phase::permanent, known = arp::has_mac(neighbor.phase);
        Json row;
        row["destination"] = key.address.text();
        row["mac"] = known ? Json(neighbor.mac.text()) : Json(nullptr);
        row["age"] = fixed ? Json(nullptr) : Json((now_ - neighbor.confirmed).ns / 1'000'000'000);
        row["static"] = fixed;
        const auto vlan = vlans_.find(key.vlan);
        row["vlan"] = vlan == vlans_.end() ? std::string("?") : vlan->second;
        row["vid"] = key.vlan;
        row["port"] = nullptr;
        if (known)
            if (const auto entry = fdb_.find(key.vlan, neighbor.mac); entry && !entry->blackhole)
                row["port"] = port_text(tables_, entry->port);
        row["state"] = arp::phase_names[static_cast<std::size_t>(neighbor.phase)];
        return row;
    }

    FdbWalk fdb_;
    const TablesArena& tables_;
    Family family_;
    config::ArpSettings settings_;
    std::map<VlanId, std::string> vlans_;
    Time now_;
    std::vector<std::pair<arp::Key, arp::Neighbor>> rows_;  // as they were when it was asked
    std::size_t at_ = 0;
    std::uint64_t fixed_ = 0, dynamic_ = 0, pending_ = 0;
};

}  // namespace

Result<std::unique_ptr<Walk>> show_neighbors(const Call& call) {
    const auto wanted = wanted_by(call);
    if (!wanted) return wanted.error();
    return std::unique_ptr<Walk>(std::make_unique<NeighborShow>(call.sw, *wanted));
}

void clear_neighbors(const Call& call, Done done) {
    const auto wanted = wanted_by(call);
    if (!wanted) return done(wanted.error());
    const NeighborClear what{wanted->family, wanted->vlan.value_or(0), wanted->address};
    call.sw.clear_neighbors(what, [what, done = std::move(done)](Result<std::size_t> count) {
        if (!count) return done(count.error());
        if (*count == 0 && what.address)
            return done(failure(fmt::format("there is no dynamic entry for {}; 'show {}' lists them",
                                            what.address->text(), command_for(what.family))));
        done(fmt::format("{} {} forgotten.\n", *count, *count == 1 ? "neighbor" : "neighbors"));
    });
}

}  // namespace baton::commands
