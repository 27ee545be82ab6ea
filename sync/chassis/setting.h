// SPDX-License-Identifier: Apache-2.0
// The table of settings: one row for each, read by the parser, by --help and by the suggestions for a wrong name.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "sync/chassis/options.h"

namespace baton::chassis {

struct Setting {
    const char* name;
    const char* value;  // what --help calls its value
    const char* help;
    bool repeats;
    /// Stores the value; a sentence when it is wrong.
    std::function<std::optional<std::string>(Options&, const std::string& value, const std::string& where)> set;
};

std::span<const Setting> settings();

}  // namespace baton::chassis
