// SPDX-License-Identifier: Apache-2.0
// The line filters behind a bar: include, exclude, begin, count. The client runs them, never the master: a pattern that
// an operator wrote may take arbitrarily long, and the master's loop also answers the keepalive. Patterns are extended
// regular expressions (POSIX, as grep -E). Text comes in pieces of any size; lines are put together here.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "controlplane/commands/grammar.h"

namespace baton::commands {

/// The filters in the notation of the commands, in FilterSpec::Kind's order.
struct FilterRow {
    std::string_view notation;
    std::string_view help;
};

std::span<const FilterRow> filters();

struct FilterSpec {
    enum class Kind { json, include, exclude, begin, count } kind{};
    std::string pattern;
    std::size_t at = 0;  // of the pattern, or of the word, in the line
    std::size_t size = 0;
};

/// Reads all filters of a line; a json that is not the first is a complaint.
std::variant<std::vector<FilterSpec>, Complaint> read_filters(const Line& line, std::size_t end);

/// The grammar of the filter rows, for `?` and Tab.
const Grammar& filter_grammar();

class FilterChain {
  public:
    FilterChain();
    FilterChain(FilterChain&&) noexcept;
    FilterChain& operator=(FilterChain&&) noexcept;
    ~FilterChain();

    /// An error names the pattern that is no regular expression.
    static std::variant<FilterChain, Complaint> make(const std::vector<FilterSpec>& specs);

    bool empty() const { return stages_.empty(); }

    /// Gives to `out` what passes.
    void feed(std::string_view text, std::string& out);
    /// The end: the last line if it had no newline, and counts.
    void finish(std::string& out);

  private:
    struct Stage;
    void pass(std::size_t stage, std::string_view line, std::string& out);

    std::vector<std::unique_ptr<Stage>> stages_;
    std::string partial_;
};

}  // namespace baton::commands
