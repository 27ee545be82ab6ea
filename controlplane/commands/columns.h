// SPDX-License-Identifier: Apache-2.0
// Text of JSON values, and tables whose columns are as wide as what stands in them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/commands/call.h"

namespace baton::commands {

class Columns {
  public:
    /// A heading that begins with '>' makes its column right-aligned (numbers).
    explicit Columns(std::vector<std::string> headings);
    void add(std::vector<std::string> row);
    std::string text() const;  // headings, a line of dashes, rows; no trailing spaces

  private:
    std::vector<std::string> headings_;
    std::vector<bool> right_;
    std::vector<std::vector<std::string>> rows_;
};

/// A value as people read it: strings bare, null as "-", true and false as yes and no.
std::string plain(const Json& value);

/// "SysName:          Baton": labels padded to column 18.
std::string labelled(std::string_view label, std::string_view value);

std::string joined(const Json& list, std::string_view between);

/// CLOCK_REALTIME nanoseconds as "2026-11-22T17:30:00.123Z"; null for 0.
Json wall_time(std::int64_t ns);

/// "2d:21h:16m:50s"
std::string duration_text(std::uint64_t seconds);

}  // namespace baton::commands
