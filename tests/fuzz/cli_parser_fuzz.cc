// SPDX-License-Identifier: Apache-2.0
// Any line into the command parser: cutting, matching, completing, filters, and how a complaint is said. The first byte
// says where the cursor is. What must hold: a complaint points into the line, a match's arguments stand in the line,
// and a match is still one when its keywords are written in full.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "controlplane/commands/complain.h"
#include "controlplane/commands/filter.h"
#include "controlplane/commands/registry.h"

namespace {

using namespace baton::commands;

void must(bool holds) {
    if (!holds) std::abort();
}

const Grammar& grammar() {
    static const Grammar one = [] {
        std::vector<std::string_view> notations;
        for (const auto& row : commands()) notations.push_back(row.notation);
        return std::move(Grammar::make(notations).value());
    }();
    return one;
}

std::vector<std::string> live(Live kind) {
    if (kind == Live::vlans) return {"Default", "de", "blue"};
    if (kind == Live::ports) return {"1:1", "1:2", "2:1"};
    return {};
}

void check(const Complaint& complaint, std::string_view line) {
    must(complaint.at <= line.size() && !complaint.what.empty());
    for (const bool json : {false, true}) must(!text_of(complaint, line, json).empty());
}

void check(const Match& match, const Line& line) {
    must(match.row < commands().size());
    for (const auto& bound : match.arguments) must(bound.type != nullptr);
    std::vector<Word> full;
    std::size_t said = 0;
    for (const auto& word : line.words) {
        bool argument = false;
        for (const auto& bound : match.arguments) argument = argument || bound.at == word.at || bound.type->repeats;
        if (argument || said == match.words.size())
            full.push_back(word);
        else
            full.push_back({std::string(match.words[said++]), word.at, word.size});
    }
    const auto again = grammar().match(full, 0, live);
    must(std::holds_alternative<Match>(again) && std::get<Match>(again).row == match.row);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 4096) return 0;
    const std::string_view line(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto cut = split(line);
    if (const auto* complaint = std::get_if<Complaint>(&cut)) {
        check(*complaint, line);
    } else {
        const auto& good = std::get<Line>(cut);
        const auto matched = grammar().match(good.words, line.size(), live);
        if (const auto* wrong = std::get_if<Complaint>(&matched))
            check(*wrong, line);
        else
            check(std::get<Match>(matched), good);
        const auto filters = read_filters(good, line.size());
        if (const auto* wrong = std::get_if<Complaint>(&filters)) check(*wrong, line);
    }
    const auto typed = line.substr(0, data[0]);
    const auto open = split(typed, true);
    if (const auto* good = std::get_if<Line>(&open); good && !good->words.empty()) {
        const std::span<const Word> words(good->words);
        const auto hints = grammar().hints(words.first(words.size() - 1), words.back(), live);
        if (const auto* list = std::get_if<std::vector<Hint>>(&hints))
            for (const auto& hint : *list) must(!hint.text.empty());
    }
    return 0;
}
