// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/grammar.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

namespace baton::commands {
namespace {

constexpr std::size_t live_hints = 200;  // of one kind; more help nobody

std::string shown(const Node& node) {
    return node.argument ? fmt::format("<{}>", node.argument->name) : node.word;
}

bool exists(const ArgumentType& type, std::string_view text, const LiveNames& live) {
    if (type.live == Live::none || type.only_completes || !live) return false;
    for (const auto& name : live(type.live))
        if (same_word(name, text)) return true;
    return false;
}

/// Of `1:1-1:4,1:` only the last port is being typed.
std::size_t list_begin(std::string_view partial) {
    const auto mark = partial.find_last_of(",-");
    return mark == std::string_view::npos ? 0 : mark + 1;
}

}  // namespace

std::string any_of(const std::vector<std::string>& words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i)
        out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    return out;
}

bool Match::says(std::string_view keyword) const {
    return std::find(words.begin(), words.end(), keyword) != words.end();
}

Result<Grammar> Grammar::make(std::span<const std::string_view> notations) {
    Grammar out;
    for (const auto notation : notations) {
        auto graph = parse_notation(notation);
        if (!graph) return graph.error();
        out.graphs_.push_back(std::move(*graph));
    }
    return out;
}

Grammar::Threads Grammar::begin() const {
    Threads out(graphs_.size());
    for (unsigned row = 0; row < graphs_.size(); ++row) out[row].row = row;
    return out;
}

const std::vector<unsigned>& Grammar::next(const Thread& thread) const {
    return thread.node ? thread.node->next : graphs_[thread.row].first;
}

std::vector<std::string> Grammar::expected(const Threads& threads) const {
    std::set<std::string> out;
    for (const auto& thread : threads)
        for (const auto node : next(thread)) out.insert(shown(graphs_[thread.row].nodes[node]));
    return {out.begin(), out.end()};
}

std::variant<Grammar::Threads, Complaint> Grammar::step(const Threads& threads, const Word& word,
                                                        const LiveNames& live) const {
    enum class Rank { exact, named, prefix, form, none };

    struct Option {
        const Thread* thread;
        const Node* node;
        Rank rank;
        Value value;
    };

    std::vector<Option> options;
    std::set<std::string> prefixes, misread;
    std::size_t count = 0;
    for (const auto& thread : threads) {
        for (const auto index : next(thread)) {
            const Node& node = graphs_[thread.row].nodes[index];
            ++count;
            if (!node.argument) {
                if (word.quoted || !begins_with(node.word, word.text)) continue;
                const bool exact = node.word.size() == word.text.size();
                if (!exact) prefixes.insert(node.word);
                options.push_back({&thread, &node, exact ? Rank::exact : Rank::prefix, {}});
            } else if (auto value = node.argument->read(word.text)) {
                options.push_back({&thread, &node, Rank::form, std::move(*value)});
            } else {
                misread.insert(value.error().what);
            }
        }
    }
    Rank best = Rank::none;
    for (auto& option : options) {
        if (option.rank == Rank::form && !prefixes.empty() && exists(*option.node->argument, word.text, live))
            option.rank = Rank::named;
        best = std::min(best, option.rank);
    }
    if (best == Rank::prefix && prefixes.size() > 1) {
        std::vector<std::string> which(prefixes.begin(), prefixes.end());
        auto what = fmt::format("\"{}\" is ambiguous: {}", word.text, any_of(which));
        return Complaint{std::move(what), word.at, word.size, std::move(which)};
    }
    if (best == Rank::none) {
        auto wanted = expected(threads);
        std::string what;
        if (count == 0)
            what = fmt::format("\"{}\" is one word too many; the command ends before it", word.text);
        else if (misread.size() == 1 && wanted.size() == 1)
            what = fmt::format("\"{}\" does not fit: {}", word.text, *misread.begin());
        else if (wanted.size() > 12)
            what = fmt::format("\"{}\" is no command; help lists them all", word.text);
        else
            what = fmt::format("\"{}\" is not known here; expected {}", word.text, any_of(wanted));
        return Complaint{std::move(what), word.at, word.size, std::move(wanted)};
    }
    Threads out;
    for (auto& option : options) {
        if (option.rank != best) continue;
        Thread thread = *option.thread;
        if (!option.node->argument) {
            thread.words.push_back(option.node->word);
        } else if (option.node->argument->repeats && thread.node == option.node) {
            auto& said = thread.arguments.back().value.text;
            said += " " + word.text;
            thread.arguments.back().text = said;
            thread.arguments.back().size = word.at + word.size - thread.arguments.back().at;
        } else {
            thread.arguments.push_back({option.node->argument, std::move(option.value), word.text, word.at, word.size});
        }
        thread.node = option.node;
        out.push_back(std::move(thread));
    }
    return out;
}

std::variant<Grammar::Threads, Complaint> Grammar::walk(std::span<const Word> words, const LiveNames& live) const {
    Threads threads = begin();
    for (const auto& word : words) {
        auto stepped = step(threads, word, live);
        if (auto* complaint = std::get_if<Complaint>(&stepped)) return std::move(*complaint);
        threads = std::move(std::get<Threads>(stepped));
    }
    return threads;
}

std::variant<Match, Complaint> Grammar::match(std::span<const Word> words, std::size_t end,
                                              const LiveNames& live) const {
    auto walked = walk(words, live);
    if (auto* complaint = std::get_if<Complaint>(&walked)) return std::move(*complaint);
    auto& threads = std::get<Threads>(walked);
    for (auto& thread : threads)
        if (thread.node && thread.node->last)
            return Match{thread.row, std::move(thread.arguments), std::move(thread.words)};
    auto wanted = expected(threads);
    auto what = wanted.size() > 12 ? std::string("the command is not complete; ? shows what may follow")
                                   : fmt::format("the command is not complete; expected {}", any_of(wanted));
    return Complaint{std::move(what), end, 1, std::move(wanted)};
}

std::variant<std::vector<Hint>, Complaint> Grammar::hints(std::span<const Word> before, const Word& partial,
                                                          const LiveNames& live) const {
    auto walked = walk(before, live);
    if (auto* complaint = std::get_if<Complaint>(&walked)) return std::move(*complaint);
    std::map<std::string, Hint> keywords;
    std::set<const ArgumentType*> kinds;
    bool may_end = false;
    for (const auto& thread : std::get<Threads>(walked)) {
        may_end = may_end || (thread.node && thread.node->last);
        for (const auto index : next(thread)) {
            const Node& node = graphs_[thread.row].nodes[index];
            if (node.argument) {
                kinds.insert(node.argument);
            } else if (!partial.quoted && begins_with(node.word, partial.text)) {
                auto [at, fresh] = keywords.try_emplace(node.word, Hint{node.word, nullptr, false, false, thread.row});
                if (!fresh && at->second.row != thread.row) at->second.shared = true;
            }
        }
    }
    std::vector<Hint> out;
    for (auto& [word, hint] : keywords) out.push_back(std::move(hint));
    for (const auto* kind : kinds) {
        out.push_back({fmt::format("<{}>", kind->name), kind, true, false, 0});
        if (kind->live == Live::none || !live) continue;
        const auto fixed = kind->live == Live::ports ? list_begin(partial.text) : 0;
        std::size_t count = 0;
        for (const auto& name : live(kind->live)) {
            if (!begins_with(name, std::string_view(partial.text).substr(fixed))) continue;
            if (++count > live_hints) break;
            out.push_back({as_typed(partial.text.substr(0, fixed) + name), kind, false, false, 0});
        }
    }
    if (may_end && partial.text.empty()) {
        out.push_back({"|", nullptr, true, false, 0});
        out.push_back({"<cr>", nullptr, true, false, 0});
    }
    return out;
}

}  // namespace baton::commands
