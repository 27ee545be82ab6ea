// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/filter.h"

#include <fmt/core.h>
#include <regex.h>

namespace baton::commands {
namespace {

constexpr FilterRow filter_rows[] = {
    {"json", "Answers in JSON"},
    {"include <pattern>", "Only lines that match"},
    {"exclude <pattern>", "Only lines that do not match"},
    {"begin <pattern>", "From the first line that matches"},
    {"count", "How many lines there are"},
};

}  // namespace

std::span<const FilterRow> filters() {
    return filter_rows;
}

struct FilterChain::Stage {
    FilterSpec::Kind kind{};
    regex_t regex{};
    bool compiled = false;
    bool begun = false;
    std::uint64_t lines = 0;

    ~Stage() {
        if (compiled) ::regfree(&regex);
    }

    bool matches(const std::string& line) const { return ::regexec(&regex, line.c_str(), 0, nullptr, 0) == 0; }
};

FilterChain::FilterChain() = default;
FilterChain::FilterChain(FilterChain&&) noexcept = default;
FilterChain& FilterChain::operator=(FilterChain&&) noexcept = default;
FilterChain::~FilterChain() = default;

const Grammar& filter_grammar() {
    static const Grammar grammar = [] {
        std::vector<std::string_view> notations;
        for (const auto& row : filters()) notations.push_back(row.notation);
        return std::move(Grammar::make(notations).value());
    }();
    return grammar;
}

std::variant<std::vector<FilterSpec>, Complaint> read_filters(const Line& line, std::size_t end) {
    std::vector<FilterSpec> out;
    for (std::size_t i = 0; i < line.filters.size(); ++i) {
        const auto& words = line.filters[i];
        const auto stop = i + 1 < line.bars.size() ? line.bars[i + 1] : end;
        auto matched = filter_grammar().match(words, stop, {});
        if (auto* complaint = std::get_if<Complaint>(&matched)) return std::move(*complaint);
        const auto& match = std::get<Match>(matched);
        FilterSpec spec;
        spec.kind = static_cast<FilterSpec::Kind>(match.row);  // the rows stand in Kind's order
        spec.at = words.back().at;
        spec.size = words.back().size;
        if (const auto* pattern = match.get<std::string>("pattern")) spec.pattern = *pattern;
        if (spec.kind == FilterSpec::Kind::json && i > 0)
            return Complaint{"json must be the first filter", spec.at, spec.size, {}};
        out.push_back(std::move(spec));
    }
    return out;
}

std::variant<FilterChain, Complaint> FilterChain::make(const std::vector<FilterSpec>& specs) {
    FilterChain out;
    for (const auto& spec : specs) {
        if (spec.kind == FilterSpec::Kind::json) continue;
        auto stage = std::make_unique<Stage>();
        stage->kind = spec.kind;
        if (spec.kind != FilterSpec::Kind::count) {
            if (const int error = ::regcomp(&stage->regex, spec.pattern.c_str(), REG_EXTENDED | REG_NOSUB)) {
                char why[128];
                ::regerror(error, &stage->regex, why, sizeof why);
                return Complaint{
                    fmt::format("\"{}\" is no regular expression: {}", spec.pattern, why), spec.at, spec.size, {}};
            }
            stage->compiled = true;
        }
        out.stages_.push_back(std::move(stage));
    }
    return out;
}

void FilterChain::pass(std::size_t at, std::string_view line, std::string& out) {
    for (; at < stages_.size(); ++at) {
        auto& stage = *stages_[at];
        ++stage.lines;
        switch (stage.kind) {
            case FilterSpec::Kind::json: break;
            case FilterSpec::Kind::include:
                if (!stage.matches(std::string(line))) return;
                break;
            case FilterSpec::Kind::exclude:
                if (stage.matches(std::string(line))) return;
                break;
            case FilterSpec::Kind::begin:
                stage.begun = stage.begun || stage.matches(std::string(line));
                if (!stage.begun) return;
                break;
            case FilterSpec::Kind::count: return;
        }
    }
    out.append(line).append("\n");
}

void FilterChain::feed(std::string_view text, std::string& out) {
    if (empty()) {
        out.append(text);
        return;
    }
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        if (partial_.empty()) {
            pass(0, text.substr(0, end), out);
        } else {
            partial_.append(text.substr(0, end));
            pass(0, partial_, out);
            partial_.clear();
        }
        text.remove_prefix(end + 1);
    }
    partial_.append(text);
}

void FilterChain::finish(std::string& out) {
    if (!partial_.empty()) pass(0, partial_, out);
    partial_.clear();
    for (std::size_t i = 0; i < stages_.size(); ++i)
        if (stages_[i]->kind == FilterSpec::Kind::count) pass(i + 1, fmt::format("{}", stages_[i]->lines), out);
}

}  // namespace baton::commands
