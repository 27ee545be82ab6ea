// SPDX-License-Identifier: Apache-2.0
// The switch as a whole.
#include <fmt/core.h>
#include <time.h>

#include "controlplane/commands/boards_view.h"
#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "sync/base/time.h"

namespace baton::commands {
namespace {

std::int64_t wall_now() {
    timespec ts;
    ::clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * 1'000'000'000LL + ts.tv_nsec;
}

Json age_ms(std::int64_t then) {
    if (then == 0) return nullptr;
    return (monotonic_now().ns - then) / 1'000'000;
}

std::string stored_text(const Json& place) {
    if (place.is_null()) return "empty";
    if (place.contains("error")) return fmt::format("UNUSABLE: {}", plain(place["error"]));
    return fmt::format("Created by Baton Version {}, {} bytes saved on {} by {}", plain(place["version"]),
                       plain(place["bytes"]), plain(place["saved"]), plain(place["by"]));
}

}  // namespace

Result<Json> show_switch(const Call& call) {
    auto& sw = call.sw;
    const auto& baton = sw.baton();
    const auto& applier = sw.tables().applier;
    const auto up = monotonic_now().ns - baton.header.created_ns;
    Json out;
    out["name"] = sw.running().name();
    out["platform"] = "Baton software switch";
    out["version"] = BATON_VERSION;
    out["current_time"] = wall_time(wall_now());
    out["boot_time"] = wall_time(wall_now() - up);
    out["uptime_seconds"] = up / 1'000'000'000;
    out["master"] = name_of(sw.slot());
    out["term"] = sw.term();
    const auto ready = sw.hitless_ready();
    out["hitless_ready"] = ready.has_value();
    if (!ready) out["why_not"] = ready.error().what;
    out["boards"] = Json::array();
    for (const auto slot : {Slot::msm_a, Slot::msm_b}) {
        const auto view = board_view(sw, slot);
        out["boards"].push_back(
            {{"slot", name_of(slot)}, {"role", view.role}, {"state", view.state}, {"pid", view.pid}});
    }
    const auto& storage = sw.storage();
    out["configuration"] = {{"selected", name_of(storage.selected)},
                            {"booted", sw.kept().booted},
                            {"modified", sw.unsaved()},
                            {"unsaved_changes", sw.kept().changes - sw.kept().saved_changes}};
    for (const auto space : config::spaces) {
        const auto& stamp = storage.stored[config::index_of(space)];
        const auto& complaint = storage.complaint[config::index_of(space)];
        auto& place = out["configuration"][std::string(name_of(space))];
        if (stamp)
            place = {{"version", stamp->version},
                     {"bytes", stamp->size},
                     {"saved", config::date_of(stamp->at)},
                     {"by", stamp->by}};
        else
            place = complaint.empty() ? Json(nullptr) : Json{{"error", complaint}};
    }
    out["dataplane"] = {{"pid", baton.dataplane_pid.load()},
                        {"starts", baton.dataplane_starts.load()},
                        {"heartbeat_age_ms", age_ms(applier.heartbeat_ns.load())},
                        {"workers", applier.worker_count.load()},
                        {"ports", applier.port_count.load()},
                        {"huge_pages", applier.huge.load() != 0}};
    out["vlans"] = sw.running().vlans().size();
    out["fdb"] = {{"entries", sw.fdb().entries.load()},
                  {"capacity", (std::uint64_t{fdb_bucket_slots}) << (sw.fdb().shape.load() & 0xff)},
                  {"aging_time", sw.running().aging_seconds()}};
    return out;
}

std::string show_switch_text(const Json& json) {
    std::string out;
    out += labelled("SysName", plain(json["name"]));
    out += "\n";
    out += labelled("Platform", plain(json["platform"]));
    out += labelled("Version", plain(json["version"]));
    out += labelled("Master", fmt::format("{}, term {}", plain(json["master"]), plain(json["term"])));
    for (const auto& board : json["boards"])
        if (board["slot"] != json["master"])
            out +=
                labelled("Slave", fmt::format("{}, {}", plain(board["slot"]),
                                              board["role"] == "absent" ? "<not available>" : plain(board["state"])));
    out += labelled("Hitless failover",
                    json["hitless_ready"].get<bool>() ? "ready" : fmt::format("NOT READY: {}", plain(json["why_not"])));
    out += "\n";
    out += labelled("Current Time", plain(json["current_time"]));
    out += labelled("Boot Time", plain(json["boot_time"]));
    out += labelled("Uptime", duration_text(json["uptime_seconds"].get<std::uint64_t>()));
    out += "\n";
    const auto& configuration = json["configuration"];
    out += labelled("Config Modified", configuration["modified"].get<bool>()
                                           ? fmt::format("yes, {} not saved", plain(configuration["unsaved_changes"]))
                                           : std::string("no"));
    out += labelled("Config Selected", plain(configuration["selected"]));
    out += labelled("Config Booted", plain(configuration["booted"]));
    out += labelled("Primary Config", stored_text(configuration["primary"]));
    out += labelled("Secondary Config", stored_text(configuration["secondary"]));
    out += "\n";
    const auto& plane = json["dataplane"];
    out += labelled("Data plane", plane["pid"] == 0 ? std::string("not running")
                                                    : fmt::format("pid {}, starts {}, {} workers, {} ports, {} pages",
                                                                  plain(plane["pid"]), plain(plane["starts"]),
                                                                  plain(plane["workers"]), plain(plane["ports"]),
                                                                  plane["huge_pages"].get<bool>() ? "2 MB" : "4 KB"));
    out += labelled("VLANs", plain(json["vlans"]));
    const auto& fdb = json["fdb"];
    out += labelled("FDB", fmt::format("{} entries of {}, aging time {} s", plain(fdb["entries"]),
                                       plain(fdb["capacity"]), plain(fdb["aging_time"])));
    return out;
}

Result<Json> show_version(const Call& call) {
    Json out;
    out["version"] = BATON_VERSION;
    out["compiler"] = __VERSION__;
    out["boards"] = Json::array();
    for (const auto slot : {Slot::msm_a, Slot::msm_b}) {
        const auto view = board_view(call.sw, slot);
        out["boards"].push_back({{"slot", name_of(slot)}, {"role", view.role}, {"release", view.release}});
    }
    return out;
}

std::string show_version_text(const Json& json) {
    std::string out;
    for (const auto& board : json["boards"])
        out += fmt::format("{} : {}\n", board["slot"] == "msm-a" ? "MSM-A" : "MSM-B",
                           board["role"] == "absent"
                               ? std::string("<not available>")
                               : fmt::format("Baton {} ({})", plain(board["release"]), plain(board["role"])));
    out += fmt::format("Image : Baton Version {} (g++ {})\n", plain(json["version"]), plain(json["compiler"]));
    return out;
}

Result<Plan> configure_sys_name(const Call& call) {
    const auto& name = *call.match.get<std::string>("sysname");
    Plan plan;
    plan.changes.emplace_back().mutable_system_name()->set_name(name);
    plan.text = fmt::format("The switch is called \"{}\".\n", name);
    return plan;
}

}  // namespace baton::commands
