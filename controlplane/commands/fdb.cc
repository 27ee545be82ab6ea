// SPDX-License-Identifier: Apache-2.0
// Changes to the forwarding database: permanent entries and the aging time are configuration; forgetting learned
// addresses is an act.
#include <fmt/core.h>

#include "controlplane/commands/handlers.h"
#include "controlplane/commands/ports_view.h"

namespace baton::commands {
namespace {

Result<const config::Vlan*> vlan_asked(const Call& call) {
    const auto& name = *call.match.get<std::string>("vlan");
    const auto* vlan = call.sw.running().vlan(name);
    if (!vlan) return failure(fmt::format("there is no VLAN \"{}\"; show vlan lists them", name));
    return vlan;
}

/// Flushes one after the other, because the master's ring takes them in order and the answer is said once.
void flush_all(Switch& sw, std::vector<FdbFlush> what, std::size_t at, Done done) {
    if (at == what.size()) return done(std::string("Learned addresses forgotten.\n"));
    const FdbFlush one = what[at];
    sw.flush(one, [&sw, what = std::move(what), at, done = std::move(done)](Result<void> result) mutable {
        if (!result) return done(result.error());
        flush_all(sw, std::move(what), at + 1, std::move(done));
    });
}

}  // namespace

Result<Plan> create_fdbentry(const Call& call) {
    const auto mac = *call.match.get<Mac>("mac");
    const auto vlan = vlan_asked(call);
    if (!vlan) return vlan.error();
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_fdb_entry_create();
    change->set_mac(mac.text());
    change->set_vlan((*vlan)->name);
    if (call.match.says("blackhole")) {
        change->set_blackhole(true);
        plan.text = fmt::format("Frames to and from {} in VLAN \"{}\" are dropped.\n", mac.text(), (*vlan)->name);
        return plan;
    }
    const auto ports = ports_asked(call);
    if (!ports) return ports.error();
    if (ports->size() != 1)
        return failure(fmt::format("an entry leads to one port, and {} are {} ports; name one of them", text_of(*ports),
                                   ports->size()));
    change->set_port(ports->front().text());
    plan.text = fmt::format("Permanent entry {} in VLAN \"{}\" at port {}.\n", mac.text(), (*vlan)->name,
                            ports->front().text());
    return plan;
}

Result<Plan> delete_fdbentry(const Call& call) {
    const auto mac = *call.match.get<Mac>("mac");
    const auto vlan = vlan_asked(call);
    if (!vlan) return vlan.error();
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_fdb_entry_delete();
    change->set_mac(mac.text());
    change->set_vlan((*vlan)->name);
    plan.text = fmt::format("Permanent entry {} in VLAN \"{}\" deleted.\n", mac.text(), (*vlan)->name);
    return plan;
}

Result<Plan> configure_fdb_agingtime(const Call& call) {
    const auto seconds = static_cast<std::uint32_t>(*call.match.get<std::uint64_t>("seconds"));
    Plan plan;
    plan.changes.emplace_back().mutable_fdb_aging_time()->set_seconds(seconds);
    plan.text = seconds == 0 ? "Learned addresses do not age.\n" : fmt::format("FDB aging time: {} s.\n", seconds);
    return plan;
}

void clear_fdb(const Call& call, Done done) {
    FdbFlush all{};
    if (call.match.says("vlan")) {
        const auto vlan = vlan_asked(call);
        if (!vlan) return done(vlan.error());
        all.vlan = (*vlan)->id;
        if (const auto* mac = call.match.get<Mac>("mac")) all.mac = mac->value();
    }
    if (!call.match.says("ports")) return flush_all(call.sw, {all}, 0, std::move(done));
    const auto ports = ports_asked(call);
    if (!ports) return done(ports.error());
    const auto ids = ports_of(call.sw.tables());
    std::vector<FdbFlush> each;
    for (const auto port : *ports) {
        const auto id = ids.find(port);
        if (id == ids.end())
            return done(failure(fmt::format("port {} went away; show ports lists those that exist", port.text())));
        FdbFlush one{};
        one.port = id->second;
        each.push_back(one);
    }
    flush_all(call.sw, std::move(each), 0, std::move(done));
}

}  // namespace baton::commands
