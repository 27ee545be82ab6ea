// SPDX-License-Identifier: Apache-2.0
#include "sync/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace baton::log {
namespace {

Level least_level = Level::info;
std::function<void(Level, std::string_view)> line_tap;

}  // namespace

std::string_view name_of(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::notice: return "notice";
        case Level::warning: return "warning";
        case Level::error: return "error";
        case Level::fatal: return "fatal";
    }
    return "?";
}

void open(std::string_view process, Level least) {
    least_level = least;
    auto logger = std::make_shared<spdlog::logger>(std::string(process), std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%f %n %v");
    logger->set_level(spdlog::level::trace);
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
}

void set_tap(std::function<void(Level, std::string_view)> tap) { line_tap = std::move(tap); }

void write(Level level, std::string_view line) {
    if (level < least_level) return;
    spdlog::default_logger_raw()->log(spdlog::level::info, "{} {}", name_of(level), line);
    if (line_tap) line_tap(level, line);
}

}  // namespace baton::log
