// SPDX-License-Identifier: Apache-2.0
// What routing daemons say, and how far the master has got with it.
#include <fmt/core.h>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"

namespace baton::commands {

Result<Json> show_fpm(const Call& call) {
    const FpmView view = call.sw.fpm();
    Json out;
    out["connected"] = view.connected;
    out["connects"] = view.connects;
    out["generation"] = view.phase;
    out["zebra_pid"] = view.pid;
    out["sweep_in_seconds"] = view.sweep_in_seconds ? Json(*view.sweep_in_seconds) : Json(nullptr);
    out["received"] = view.received;
    out["closed_malformed"] = view.malformed;
    out["written_bytes"] = view.written;
    out["dealt_with_bytes"] = view.dealt_with;
    out["this_master"] = {{"messages", view.messages},         {"set", view.sets},
                          {"removed", view.removals},          {"elsewhere", view.elsewhere},
                          {"without_hops", view.without_hops}, {"hops_cut", view.hops_cut},
                          {"passed_over", view.passed_over},   {"malformed", view.faults},
                          {"refused", view.refused},           {"table_full", view.table_full}};
    return out;
}

std::string show_fpm_text(const Json& json) {
    std::string out;
    const auto line = [&out](std::string_view label, const std::string& value) { out += labelled(label, value); };
    line("Zebra", fmt::format("{}, has come {} time(s)", json["connected"] == true ? "connected" : "not connected",
                              plain(json["connects"])));
    std::string generation = plain(json["generation"]);
    if (generation == "none") generation += " (none has come yet)";
    if (generation == "replay") generation += " (its routes are coming; those of before stay)";
    if (generation == "hold") generation += " (it is new, and has time to learn; routes of before stay)";
    if (generation == "complete") generation += " (the tables hold what it says)";
    if (!json["sweep_in_seconds"].is_null())
        generation += fmt::format(", sweep in {} s at the latest", plain(json["sweep_in_seconds"]));
    line("Generation", generation);
    line("Messages", fmt::format("{} ever; connections closed as malformed: {}", plain(json["received"]),
                                 plain(json["closed_malformed"])));
    line("Position", fmt::format("byte {} of {}", plain(json["dealt_with_bytes"]), plain(json["written_bytes"])));
    out += "\nSince this board became master:\n";
    Columns counts({"Of messages", ">Count"});
    const std::pair<const char*, const char*> rows[] = {{"messages", "read"},
                                                        {"set", "routes set"},
                                                        {"removed", "routes removed"},
                                                        {"elsewhere", "routes that lead to none of Baton's interfaces"},
                                                        {"without_hops", "routes without a next hop that can be used"},
                                                        {"hops_cut", "next hops beyond 16"},
                                                        {"passed_over", "none of Baton's business"},
                                                        {"malformed", "malformed"},
                                                        {"refused", "refused by the data plane"},
                                                        {"table_full", "of these for want of room"}};
    for (const auto& [name, label] : rows) counts.add({label, plain(json["this_master"][name])});
    return out + counts.text();
}

}  // namespace baton::commands
