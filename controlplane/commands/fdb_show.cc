// SPDX-License-Identifier: Apache-2.0
// show fdb: a walk over a table that has room for 33 million entries, through the board's read-only mapping, while
// workers write it. Up to sorted_entries are shown sorted by VLAN and address, which also shows an address once that
// was seen twice (sync/channel/fdb_walk.h).
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/ports_view.h"
#include "controlplane/commands/table_walk.h"
#include "sync/channel/fdb_walk.h"

namespace baton::commands {
namespace {

constexpr std::size_t sorted_entries = 65536;
constexpr std::uint64_t slice_buckets = 512;  // some 15 us

struct Wanted {
    std::optional<Mac> mac;
    std::optional<VlanId> vlan;
    std::optional<PortSet256> ports;
    bool permanent = false;

    bool fits(const FdbEntry& entry) const {
        return (!mac || entry.mac == *mac) && (!vlan || entry.vlan == *vlan) &&
               (!ports || (!entry.blackhole && entry.port < max_ports && ports->has(entry.port))) &&
               (!permanent || entry.fixed);
    }
};

class FdbShow final : public TableWalk<FdbEntry> {
  public:
    FdbShow(Switch& sw, Wanted wanted)
        : TableWalk(sorted_entries),
          walk_(reinterpret_cast<const std::byte*>(&sw.fdb())),
          tables_(sw.tables()),
          wanted_(wanted),
          vlans_(vlan_names(sw.running())),
          aging_(sw.running().aging_seconds()) {
        if (!wanted.mac) return;
        for (const auto& [id, name] : vlans_)
            if (const auto entry = walk_.find(id, *wanted.mac))
                if (wanted.fits(*entry)) show(*entry);
        settle();
    }

    std::string_view name() const override { return "entries"; }

    std::string heading() const override {
        return fmt::format("{:<17}  {:<34} {:>4} {:<6} {}\n{}\n", "MAC", "VLAN Name( Tag)", "Age", "Flags", "Port",
                           std::string(72, '-'));
    }

    std::string text(const Json& row) const override {
        return fmt::format("{}  {:<34} {:>4} {:<6} {}\n", plain(row["mac"]),
                           fmt::format("{}({:>4})", plain(row["vlan"]), plain(row["tag"])), plain(row["age"]),
                           plain(row["flags"]), row["blackhole"].get<bool>() ? "-" : plain(row["port"]));
    }

    Json summary() override {
        Json out;
        out["total"] = fixed_ + dynamic_;
        out["static"] = fixed_;
        out["permanent"] = fixed_;
        out["dynamic"] = dynamic_;
        std::uint64_t full = 0;
        for (const auto& worker : tables_.workers) full += worker.learn_full.load(std::memory_order_relaxed);
        out["dropped"] = full;
        out["aging_time"] = aging_;
        return out;
    }

    std::string footer(const Json& summary) const override {
        return fmt::format(
            "\nFlags : d - Dynamic, s - Static, p - Permanent, m - MAC, b - dropped when from it, B - dropped when to "
            "it\n\n"
            "Total: {} Static: {} Perm: {} Dyn: {} Dropped: {}\nFDB Aging time: {}\n",
            plain(summary["total"]), plain(summary["static"]), plain(summary["permanent"]), plain(summary["dynamic"]),
            plain(summary["dropped"]), plain(summary["aging_time"]));
    }

  private:
    bool look_further() override {
        return walk_.next(slice_buckets, [this](const FdbEntry& entry) {
            if (wanted_.fits(entry)) show(entry);
        });
    }

    void sort(std::deque<FdbEntry>& entries) const override {
        const auto order = [](const FdbEntry& a, const FdbEntry& b) {
            return std::pair(a.vlan, a.mac) < std::pair(b.vlan, b.mac);
        };
        std::stable_sort(entries.begin(), entries.end(), order);
        const auto same = [](const FdbEntry& a, const FdbEntry& b) { return a.vlan == b.vlan && a.mac == b.mac; };
        entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
    }

    Json json(const FdbEntry& entry) override {
        ++(entry.fixed ? fixed_ : dynamic_);
        Json row;
        row["mac"] = entry.mac.text();
        const auto vlan = vlans_.find(entry.vlan);
        row["vlan"] = vlan == vlans_.end() ? std::string("?") : vlan->second;
        row["tag"] = entry.vlan;
        row["age"] = static_cast<std::uint64_t>(entry.age) * aging_ / 5;
        row["flags"] = entry.blackhole ? "spmbB" : entry.fixed ? "spm" : "d m";
        row["port"] = entry.blackhole ? Json(nullptr) : Json(port_text(tables_, entry.port));
        row["static"] = entry.fixed;
        row["blackhole"] = entry.blackhole;
        return row;
    }

    FdbWalk walk_;
    const TablesArena& tables_;
    Wanted wanted_;
    std::map<VlanId, std::string> vlans_;
    std::uint32_t aging_;
    std::uint64_t fixed_ = 0, dynamic_ = 0;
};

}  // namespace

Result<std::unique_ptr<Walk>> show_fdb(const Call& call) {
    Wanted wanted;
    wanted.permanent = call.match.says("permanent");
    if (const auto* mac = call.match.get<Mac>("mac")) wanted.mac = *mac;
    if (const auto* name = call.match.get<std::string>("vlan")) {
        const auto* vlan = call.sw.running().vlan(*name);
        if (!vlan) return failure(fmt::format("there is no VLAN \"{}\"; show vlan lists them", *name));
        wanted.vlan = vlan->id;
    }
    if (call.match.says("ports")) {
        const auto ports = ports_asked(call);
        if (!ports) return ports.error();
        const auto ids = ports_of(call.sw.tables());
        wanted.ports.emplace();
        for (const auto port : *ports)
            if (const auto id = ids.find(port); id != ids.end()) wanted.ports->add(id->second);
    }
    return std::unique_ptr<Walk>(std::make_unique<FdbShow>(call.sw, wanted));
}

}  // namespace baton::commands
