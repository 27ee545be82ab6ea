// SPDX-License-Identifier: Apache-2.0
// help: the table itself, or the rows that begin with what was said (each word may be abbreviated).
#include <fmt/core.h>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/registry.h"

namespace baton::commands {
namespace {

/// Does some saying of `notation` begin with these words? Arguments take any word.
bool begins(std::string_view notation, const std::vector<Word>& words) {
    const auto graph = parse_notation(notation);
    if (!graph) return false;
    std::vector<unsigned> at = graph->first;
    for (const auto& word : words) {
        std::vector<unsigned> next;
        for (const auto index : at) {
            const auto& node = graph->nodes[index];
            if (node.argument || begins_with(node.word, word.text))
                next.insert(next.end(), node.next.begin(), node.next.end());
        }
        bool ends = false;
        for (const auto index : at)
            ends = ends || (graph->nodes[index].argument || begins_with(graph->nodes[index].word, word.text));
        if (!ends) return false;
        at = std::move(next);
    }
    return true;
}

}  // namespace

Result<Json> help(const Call& call) {
    std::vector<Word> words;
    const auto* topic = call.match.get<std::string>("command");
    if (topic)
        if (auto line = split(*topic); auto* good = std::get_if<Line>(&line)) words = std::move(good->words);
    Json out;
    out["commands"] = Json::array();
    for (const auto& row : commands())
        if (begins(row.notation, words))
            out["commands"].push_back({{"command", row.notation}, {"help", row.help}, {"more", row.more}});
    if (out["commands"].empty() && words.size() == 1)  // `help fdb`: the commands that have the word somewhere
        for (const auto& row : commands())
            if (row.notation.find(lower(*topic)) != std::string_view::npos)
                out["commands"].push_back({{"command", row.notation}, {"help", row.help}, {"more", row.more}});
    if (out["commands"].empty())
        return Error{Code::syntax, fmt::format("no command begins with \"{}\"; help lists them all", *topic)};
    return out;
}

std::string help_text(const Json& json) {
    std::string out;
    const auto& commands = json["commands"];
    if (commands.size() == 1) {
        const auto& one = commands[0];
        return fmt::format("{}\n    {}.\n\n{}\n", plain(one["command"]), plain(one["help"]), plain(one["more"]));
    }
    for (const auto& one : commands) out += fmt::format("{}\n    {}\n", plain(one["command"]), plain(one["help"]));
    out +=
        "\n[a | b] one of them, {a} may be left out. Words may be shortened while they stay unique.\n"
        "Filters: | json, | include RE, | exclude RE, | begin RE, | count.\n";
    return out;
}

}  // namespace baton::commands
