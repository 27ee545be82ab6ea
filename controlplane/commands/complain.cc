// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/complain.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace baton::commands {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t echo_size = 160;  // of a wrong line; a longer one is shown round the place

std::string dumped(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string text_of(const Complaint& complaint, std::string_view line, bool json) {
    if (json)
        return dumped({{"error", complaint.what},
                       {"code", static_cast<int>(Code::syntax)},
                       {"position", complaint.at},
                       {"length", complaint.size},
                       {"expected", complaint.expected}});
    const auto at = std::min(complaint.at, line.size());
    const std::size_t from = line.size() <= echo_size || at < echo_size / 2 ? 0 : at - echo_size / 2;
    std::string echo(line.substr(from, echo_size));
    for (auto& c : echo)
        if (c < ' ' || c > '~') c = c == '\t' ? ' ' : '?';
    const auto room = echo.size() > at - from ? echo.size() - (at - from) : 1;
    return fmt::format("%% {}\n   {}\n   {}{}\n", complaint.what, echo, std::string(at - from, ' '),
                       std::string(std::max<std::size_t>(1, std::min(complaint.size, room)), '^'));
}

std::string text_of(const Error& error, bool json) {
    if (json) return dumped({{"error", error.what}, {"code", static_cast<int>(error.code)}});
    return fmt::format("%% {}\n", error.what);
}

std::string text_of_done(std::string text, bool json) {
    if (!json) return text;
    while (text.ends_with('\n')) text.pop_back();
    return dumped({{"ok", true}, {"text", text}});
}

}  // namespace baton::commands
