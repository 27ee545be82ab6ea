// SPDX-License-Identifier: Apache-2.0
// One line per event, key=value, six levels; every change of role, gate or term is a notice. spdlog does the work
// (log.cc); this header shows only fmt, to keep the build short. Workers never log: they count.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <functional>
#include <string_view>

namespace baton::log {

enum class Level : std::uint8_t { debug, info, notice, warning, error, fatal };

std::string_view name_of(Level level);

/// Names the process in every line and sets the least level shown. Lines go to standard error. Call once, in main.
void open(std::string_view process, Level least = Level::info);

/// Every line is also given to `tap` (a board keeps the ring behind `show log` with it). One tap; call from one thread.
void set_tap(std::function<void(Level, std::string_view)> tap);

void write(Level level, std::string_view line);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
    write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
    write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void notice(fmt::format_string<Args...> format, Args&&... args) {
    write(Level::notice, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
    write(Level::warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
    write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace baton::log
