// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/columns.h"

#include <fmt/core.h>
#include <time.h>

#include <algorithm>

namespace baton::commands {

Columns::Columns(std::vector<std::string> headings) : headings_(std::move(headings)) {
    for (auto& heading : headings_) {
        right_.push_back(heading.starts_with('>'));
        if (right_.back()) heading.erase(0, 1);
    }
}

void Columns::add(std::vector<std::string> row) {
    rows_.push_back(std::move(row));
}

std::string Columns::text() const {
    std::vector<std::size_t> widths;
    for (const auto& heading : headings_) widths.push_back(heading.size());
    for (const auto& row : rows_)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string out;
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string text;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string pad(widths[i] - cells[i].size(), ' ');
            if (i) text += "  ";
            text += right_[i] ? pad + cells[i] : cells[i] + pad;
        }
        text.erase(text.find_last_not_of(' ') + 1);
        out += text + "\n";
    };
    line(headings_);
    std::size_t width = widths.empty() ? 0 : 2 * (widths.size() - 1);
    for (const auto one : widths) width += one;
    out += std::string(width, '-') + "\n";
    for (const auto& row : rows_) line(row);
    return out;
}

std::string plain(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_null()) return "-";
    if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
    return value.dump();
}

std::string labelled(std::string_view label, std::string_view value) {
    return fmt::format("{:<18}{}\n", std::string(label) + ":", value);
}

std::string joined(const Json& list, std::string_view between) {
    std::string out;
    for (const auto& item : list) {
        if (!out.empty()) out += between;
        out += plain(item);
    }
    return out;
}

Json wall_time(std::int64_t ns) {
    if (ns <= 0) return nullptr;
    const time_t seconds = ns / 1'000'000'000;
    tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[40];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    return fmt::format("{}.{:03}Z", text, ns / 1'000'000 % 1000);
}

std::string duration_text(std::uint64_t seconds) {
    return fmt::format("{}d:{}h:{}m:{}s", seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}

}  // namespace baton::commands
