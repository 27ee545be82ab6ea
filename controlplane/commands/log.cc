// SPDX-License-Identifier: Apache-2.0
// The log. Lines come from many places, names of interfaces among them, so what is not printable ASCII is shown as '?'.
#include <fmt/core.h>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"

namespace baton::commands {
namespace {

std::string printable(std::string text) {
    for (auto& c : text)
        if (c < ' ' || c > '~') c = '?';
    return text;
}

}  // namespace

Result<Json> show_log(const Call& call) {
    const auto lines = call.sw.log_lines();
    const auto* count = call.match.get<std::uint64_t>("count");
    const auto* least = call.match.get<std::uint64_t>("severity");
    std::vector<const LoggedLine*> chosen;
    for (const auto& line : lines)
        if (!least || static_cast<std::uint64_t>(line.level) >= *least) chosen.push_back(&line);
    const std::size_t from = count && *count < chosen.size() ? chosen.size() - static_cast<std::size_t>(*count) : 0;
    Json out;
    out["lines"] = Json::array();
    for (std::size_t i = from; i < chosen.size(); ++i)
        out["lines"].push_back({{"at", wall_time(chosen[i]->at_ns)},
                                {"level", log::name_of(chosen[i]->level)},
                                {"slot", chosen[i]->slot},
                                {"line", printable(chosen[i]->line)}});
    return out;
}

std::string show_log_text(const Json& json) {
    std::string out;
    for (const auto& line : json["lines"])
        out += fmt::format("{} {:<7} {}: {}\n", plain(line["at"]), plain(line["level"]), plain(line["slot"]),
                           plain(line["line"]));
    return out.empty() ? "The log is empty.\n" : out;
}

void clear_log(const Call& call, Done done) {
    call.sw.clear_log();
    done(std::string("The log is empty.\n"));
}

}  // namespace baton::commands
