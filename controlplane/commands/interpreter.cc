// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/interpreter.h"

#include <fmt/core.h>

#include <algorithm>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/complain.h"
#include "controlplane/commands/filter.h"
#include "controlplane/commands/ports_view.h"
#include "controlplane/commands/walk_pieces.h"

namespace baton::commands {
namespace {

bool asks_help(const Line& line) {
    return line.filters.empty() && !line.words.empty() && !line.words.back().quoted &&
           line.words.back().text.ends_with('?');
}

Output said(std::string text, bool json) {
    Output out;
    out.text = text_of_done(std::move(text), json);
    return out;
}

Output complain(const Complaint& complaint, std::string_view line, bool json) {
    Output out;
    out.code = Code::syntax;
    out.text = text_of(complaint, line, json);
    return out;
}

Output failed(const Error& error, bool json) {
    Output out;
    out.code = error.code;
    out.text = text_of(error, json);
    return out;
}

/// A password may follow, none is there, and nothing else that takes its place.
bool lacks_secret(const Graph& graph, const Match& match) {
    if (has_secret(match) || match.get<std::string>("hash")) return false;
    return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                       [](const Node& node) { return node.argument && node.argument->secret; });
}

/// Read when the program starts, and not when a board takes over: no time may be lost there.
[[maybe_unused]] const Grammar& read_at_start = command_grammar();

}  // namespace

const Grammar& command_grammar() {
    static const Grammar grammar = [] {
        std::vector<std::string_view> notations;
        for (const auto& row : commands()) notations.push_back(row.notation);
        auto made = Grammar::make(notations);
        if (!made) log::error("commands=unusable reason=\"{}\"", made.error().what);
        return made ? std::move(*made) : Grammar{};
    }();
    return grammar;
}

bool has_secret(const Match& match) {
    return std::any_of(match.arguments.begin(), match.arguments.end(),
                       [](const Bound& bound) { return bound.type->secret; });
}

std::string without_secrets(std::string_view line, const Match& match) {
    std::string out(line);
    for (auto bound = match.arguments.rbegin(); bound != match.arguments.rend(); ++bound)
        if (bound->type->secret) out.replace(bound->at, bound->size, "***");
    return out;
}

std::string dump(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

Interpreter::Interpreter(Switch& sw) : sw_(sw), grammar_(command_grammar()) {}

LiveNames live_names(const Switch& sw) {
    return [&sw](Live kind) {
        std::vector<std::string> out;
        if (kind == Live::vlans)
            for (const auto& [key, vlan] : sw.running().vlans()) out.push_back(vlan.name);
        if (kind == Live::accounts)
            for (const auto& [key, account] : sw.running().accounts()) out.push_back(account.name);
        if (kind == Live::access_lists)
            for (const auto& [key, list] : sw.running().access_lists()) out.push_back(list.name);
        if (kind == Live::ports)
            for (const auto port : sw.port_names()) out.push_back(port.text());
        return out;
    };
}

Nature Interpreter::nature(std::string_view text) const {
    const auto cut = split(text);
    const auto* line = std::get_if<Line>(&cut);
    if (!line || line->words.empty() || asks_help(*line)) return {};
    const auto matched = grammar_.match(line->words, text.size(), live_names(sw_));
    const auto* match = std::get_if<Match>(&matched);
    if (!match) return {};
    const auto& row = commands()[match->row];
    const auto* path = match->get<std::string>("path");
    const Ask ask{text};
    return {row.role != Role::read,
            row.handler.plan != nullptr || row.handler.journalled,
            row.handler.question ? row.handler.question({sw_, *match, ask}) : std::string(row.confirm),
            path ? row.handler.file : ClientFile::none,
            path ? *path : std::string(),
            row.handler.patience,
            lacks_secret(grammar_.graph(match->row), *match),
            has_secret(*match)};
}

void Interpreter::run(const Ask& ask, std::function<void(Output)> answer) const {
    auto cut = split(ask.line);
    if (const auto* complaint = std::get_if<Complaint>(&cut)) return answer(complain(*complaint, ask.line, ask.json));
    const auto& line = std::get<Line>(cut);
    if (line.words.empty() && line.bars.empty()) return answer({});
    if (asks_help(line)) {
        const auto mark = line.words.back().at + line.words.back().size - 1;
        const auto hints = help(ask.line.substr(0, mark), mark);
        if (!hints) return answer(failed(hints.error(), ask.json));
        Columns table({"Word", "Meaning"});
        Json words = Json::array();
        for (const auto& hint : *hints) {
            const auto tab = hint.find('\t');
            words.push_back({{"word", hint.substr(0, tab)}, {"meaning", hint.substr(tab + 1)}});
            table.add({hint.substr(0, tab), hint.substr(tab + 1)});
        }
        Output out;
        out.text = ask.json ? dump({{"words", words}}) + "\n" : table.text();
        return answer(std::move(out));
    }
    const auto end = line.bars.empty() ? ask.line.size() : line.bars.front();
    auto matched = grammar_.match(line.words, end, live_names(sw_));
    if (const auto* complaint = std::get_if<Complaint>(&matched))
        return answer(complain(*complaint, ask.line, ask.json));
    const auto filters = read_filters(line, ask.line.size());
    if (const auto* complaint = std::get_if<Complaint>(&filters))
        return answer(complain(*complaint, ask.line, ask.json));
    const auto& specs = std::get<std::vector<FilterSpec>>(filters);
    const bool json = ask.json || (!specs.empty() && specs.front().kind == FilterSpec::Kind::json);
    const auto& match = std::get<Match>(matched);
    const auto& row = commands()[match.row];
    if (row.role > ask.role)
        return answer(failed(failure(fmt::format("user {} may look but not touch; log in as an administrator (baton "
                                                 "--as admin)",
                                                 ask.user)),
                             json));
    carry_out(row, match, ask, json, std::move(answer));
}

void Interpreter::carry_out(const Row& row, const Match& match, const Ask& ask, bool json,
                            std::function<void(Output)> answer) const {
    const Call call{sw_, match, ask};
    const auto& handler = row.handler;
    if (handler.show) {
        const auto shown = handler.show(call);
        if (!shown) return answer(failed(shown.error(), json));
        Output out;
        out.text = json ? dump(*shown) + "\n" : handler.text(*shown);
        if (handler.verdict) out.verdict = handler.verdict(*shown);
        return answer(std::move(out));
    }
    if (handler.walk) {
        auto walk = handler.walk(call);
        if (!walk) return answer(failed(walk.error(), json));
        Output out;
        out.rest = std::make_unique<WalkPieces>(std::move(*walk), json);
        return answer(std::move(out));
    }
    if (handler.plan) {
        auto plan = handler.plan(call);
        if (!plan) return answer(failed(plan.error(), json));
        if (plan->changes.empty()) return answer(said(std::move(plan->text), json));
        config::Transaction transaction;
        transaction.set_token(ask.token);
        for (auto& change : plan->changes) *transaction.add_changes() = std::move(change);
        transaction.set_text(plan->text);
        transaction.set_line(without_secrets(ask.line, match));
        // What was journalled may say more than the plan did: that it is programmed later.
        sw_.commit(std::move(transaction), [answer = std::move(answer), text = std::move(plan->text), json, &sw = sw_,
                                            token = ask.token](Result<void> result) {
            if (!result) return answer(failed(result.error(), json));
            const auto journalled = token != 0 ? sw.outcome(token) : std::nullopt;
            answer(said(journalled ? *journalled : text, json));
        });
        return;
    }
    if (handler.act)
        return handler.act(call, [answer = std::move(answer), json](Result<std::string> result) {
            answer(result ? said(*result, json) : failed(result.error(), json));
        });
    if (handler.perform) return handler.perform(call, std::move(answer));
    Output out;
    out.local = handler.local;
    answer(std::move(out));
}

std::variant<std::vector<Hint>, Complaint> Interpreter::hints(std::string_view text, std::size_t cursor) const {
    text = text.substr(0, std::min(cursor, text.size()));
    auto cut = split(text, true);
    if (auto* complaint = std::get_if<Complaint>(&cut)) return std::move(*complaint);
    auto& line = std::get<Line>(cut);
    auto words = line.filters.empty() ? std::move(line.words) : std::move(line.filters.back());
    Word partial{{}, text.size(), 0, false, true};
    if (!words.empty() && words.back().at + words.back().size == text.size() &&
        !(words.back().quoted && words.back().closed)) {
        partial = std::move(words.back());
        words.pop_back();
    }
    return line.filters.empty() ? grammar_.hints(words, partial, live_names(sw_)) : filter_grammar().hints(words, partial, {});
}

std::vector<std::string> Interpreter::complete(std::string_view line, std::size_t cursor) const {
    std::vector<std::string> out;
    auto found = hints(line, cursor);
    if (const auto* list = std::get_if<std::vector<Hint>>(&found))
        for (const auto& hint : *list)
            if (!hint.placeholder) out.push_back(hint.text);
    return out;
}

Result<std::vector<std::string>> Interpreter::help(std::string_view line, std::size_t cursor) const {
    auto found = hints(line, cursor);
    if (const auto* complaint = std::get_if<Complaint>(&found)) return Error{Code::syntax, complaint->what};
    const auto head = line.substr(0, std::min(cursor, line.size()));
    const bool filtering = head.find('|') != std::string_view::npos;
    std::vector<std::string> out;
    for (const auto& hint : std::get<std::vector<Hint>>(found)) {
        std::string_view what;
        if (hint.argument)
            what = hint.placeholder ? hint.argument->help : std::string_view{};
        else if (hint.text == "<cr>")
            what = "Do it";
        else if (hint.text == "|")
            what = "Filter the answer";
        else if (filtering)
            what = filters()[hint.row].help;
        else if (!(what = option_help(hint.text)).empty()) {
        } else
            what = hint.shared ? word_help(hint.text) : commands()[hint.row].help;
        out.push_back(fmt::format("{}\t{}", hint.text, what));
    }
    return out;
}

std::string Interpreter::prompt(std::uint32_t count, Role role) const {
    return fmt::format("{}{}.{} {} ", sw_.unsaved() ? "* " : "", sw_.running().name(), count,
                       role == Role::read ? '>' : '#');
}

}  // namespace baton::commands
