// SPDX-License-Identifier: Apache-2.0
// The fabric: the planes between modules, as the chassis has them, as the modules were told, and what crossed.
#include <fmt/core.h>

#include <algorithm>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/ports_view.h"
#include "sync/base/time.h"

namespace baton::commands {
namespace {

struct Sum {
    std::uint64_t frames = 0, bytes = 0, lost = 0, full = 0, most_waiting = 0;

    void add(const Crossed& one) {
        frames += one.frames.load(std::memory_order_relaxed);
        bytes += one.bytes.load(std::memory_order_relaxed);
        lost += one.lost.load(std::memory_order_relaxed);
        full += one.full.load(std::memory_order_relaxed);
        most_waiting = std::max(most_waiting, one.most_waiting.load(std::memory_order_relaxed));
    }

    void add_to(Json& json) const {
        json["frames"] = frames;
        json["bytes"] = bytes;
        json["lost"] = lost;
        json["full"] = full;
        json["most_waiting"] = most_waiting;
    }
};

Json modules_of(const TablesArena& tables) {
    auto out = Json::array();
    for (const auto& index : tables.fabric.module) {
        const auto module = index.load(std::memory_order_relaxed);
        if (module == 0) continue;
        auto ports = Json::array();
        std::set<std::uint16_t> workers;
        for (const auto& [name, id] : ports_of(tables)) {
            if (name.module != module) continue;
            ports.push_back(name.text());
            workers.insert(tables.ports[id].worker.load(std::memory_order_relaxed));
        }
        out.push_back({{"module", module}, {"ports", std::move(ports)}, {"workers", workers}});
    }
    std::sort(out.begin(), out.end(), [](const Json& a, const Json& b) { return a["module"] < b["module"]; });
    return out;
}

/// How long the modules were wrong about the planes when those last changed; null while they are, and before any
/// change.
Json reprogrammed_after_us(const BatonPage& baton, const Fabric& fabric) {
    std::int64_t changed = 0;
    for (const auto& one : baton.plane_changed_ns) changed = std::max(changed, one.load(std::memory_order_relaxed));
    const auto programmed = fabric.changed_ns.load(std::memory_order_relaxed);
    return programmed < changed || changed == 0 ? Json(nullptr) : Json((programmed - changed) / 1000);
}

}  // namespace

Result<Json> show_fabric(const Call& call) {
    const auto& baton = call.sw.baton();
    const auto& tables = call.sw.tables();
    const auto& fabric = tables.fabric;
    const auto usable = fabric.usable.load(std::memory_order_acquire);
    Json out;
    out["ring_slots"] = plane_slots;
    out["reprogrammed"] = fabric.changes.load(std::memory_order_relaxed);
    out["reprogrammed_after_us"] = reprogrammed_after_us(baton, fabric);
    out["planes"] = Json::array();
    out["modules"] = modules_of(tables);
    out["crossings"] = Json::array();
    for (std::size_t plane = 0; plane < plane_count; ++plane) {
        Sum all;
        for (std::size_t from = 0; from < max_modules; ++from)
            for (std::size_t to = 0; to < max_modules; ++to) {
                const auto from_module = fabric.module[from].load(), to_module = fabric.module[to].load();
                Sum pair;
                for (const auto& worker : tables.crossed) pair.add(worker.crossed[plane][from][to]);
                for (const auto& worker : tables.crossed) all.add(worker.crossed[plane][from][to]);
                if (from == to || from_module == 0 || to_module == 0) continue;
                Json one{{"from", from_module}, {"to", to_module}, {"plane", plane_name(plane)}};
                pair.add_to(one);
                out["crossings"].push_back(std::move(one));
            }
        const bool there = baton.plane[plane].load(std::memory_order_acquire) == PlaneState::working;
        Json one{{"plane", plane_name(plane)},
                 {"slot", name_of(static_cast<Slot>(plane))},
                 {"state", there ? "working" : "absent"},
                 {"usable", (usable >> plane & 1) != 0}};
        all.add_to(one);
        out["planes"].push_back(std::move(one));
    }
    return out;
}

std::string show_fabric_text(const Json& json) {
    std::string out =
        fmt::format("{} planes, {} module{}, reprogrammed {} times", json["planes"].size(), json["modules"].size(),
                    json["modules"].size() == 1 ? "" : "s", plain(json["reprogrammed"]));
    if (json["reprogrammed"] != 0 && !json["reprogrammed_after_us"].is_null())
        out += fmt::format(", last {} us after the planes had changed", plain(json["reprogrammed_after_us"]));
    out += "\n\n";
    Columns planes({"Plane", "Board", "State", "Usable", ">Frames", ">Bytes", ">Lost", ">Full"});
    for (const auto& plane : json["planes"])
        planes.add({plain(plane["plane"]), plain(plane["slot"]), plain(plane["state"]), plain(plane["usable"]),
                    plain(plane["frames"]), plain(plane["bytes"]), plain(plane["lost"]), plain(plane["full"])});
    Columns modules({">Module", "Workers", "Ports"});
    for (const auto& module : json["modules"])
        modules.add({plain(module["module"]), joined(module["workers"], ","), joined(module["ports"], ",")});
    out += planes.text() + "\n" + modules.text() + "\n";
    if (json["crossings"].empty()) return out + "With one module no frame crosses the fabric.\n";
    Columns crossings({">From", ">To", "Plane", ">Frames", ">Bytes", ">Lost", ">Full", ">Most waiting"});
    for (const auto& one : json["crossings"])
        crossings.add({plain(one["from"]), plain(one["to"]), plain(one["plane"]), plain(one["frames"]),
                       plain(one["bytes"]), plain(one["lost"]), plain(one["full"]),
                       fmt::format("{} of {}", plain(one["most_waiting"]), plain(json["ring_slots"]))});
    return out + crossings.text();
}

}  // namespace baton::commands
