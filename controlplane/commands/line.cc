// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/line.h"

namespace baton::commands {
namespace {

char small(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::variant<Line, Complaint> split(std::string_view line, bool open_end) {
    if (line.size() > longest_line)
        return Complaint{"the line is longer than 16 KB; split it into several commands", longest_line, 1, {}};
    Line out;
    std::vector<Word>* words = &out.words;
    std::size_t at = 0;
    const auto fits = [](char c) { return c >= ' ' && c <= '~'; };
    while (at < line.size()) {
        const char c = line[at];
        if (c == ' ' || c == '\t') {
            ++at;
        } else if (!fits(c)) {
            return Complaint{"this byte is not a printable ASCII character; retype the line", at, 1, {}};
        } else if (c == '|') {
            out.bars.push_back(at++);
            words = &out.filters.emplace_back();
        } else if (c == '"' || c == '\'') {
            const auto end = line.find(c, at + 1);
            if (end == std::string_view::npos && !open_end)
                return Complaint{std::string("the quotation has no end; add a closing ") + c, at, line.size() - at, {}};
            const auto inside = line.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
            for (std::size_t i = 0; i < inside.size(); ++i)
                if (!fits(inside[i]))
                    return Complaint{
                        "this byte is not a printable ASCII character; retype the line", at + 1 + i, 1, {}};
            const bool closed = end != std::string_view::npos;
            words->push_back({std::string(inside), at, inside.size() + (closed ? 2 : 1), true, closed});
            at += words->back().size;
        } else {
            const auto begin = at;
            while (at < line.size() && line[at] > ' ' && line[at] <= '~' && line[at] != '|') ++at;
            words->push_back({std::string(line.substr(begin, at - begin)), begin, at - begin, false, true});
        }
    }
    return out;
}

std::string as_typed(std::string_view word) {
    if (!word.empty() && word.find_first_of(" \t|\"'?#") == std::string_view::npos) return std::string(word);
    const char mark = word.find('"') == std::string_view::npos ? '"' : '\'';
    return mark + std::string(word) + mark;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out) c = small(c);
    return out;
}

bool same_word(std::string_view a, std::string_view b) {
    return a.size() == b.size() && begins_with(a, b);
}

bool begins_with(std::string_view word, std::string_view prefix) {
    if (prefix.size() > word.size()) return false;
    for (std::size_t i = 0; i < prefix.size(); ++i)
        if (small(word[i]) != small(prefix[i])) return false;
    return true;
}

}  // namespace baton::commands
