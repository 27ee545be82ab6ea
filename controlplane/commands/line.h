// SPDX-License-Identifier: Apache-2.0
// A command line cut into words: by spaces, with "..." or '...' round a word that holds spaces, and unquoted bars that
// begin filters. Printable ASCII only, so that nothing an operator types can steer another operator's terminal through
// a log line or a name. Every word keeps its place in the line, because errors point at it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace baton::commands {

struct Word {
    std::string text;
    std::size_t at = 0;    // bytes from the beginning of the line
    std::size_t size = 0;  // quotes included
    bool quoted = false;   // never a keyword
    bool closed = true;    // false: its closing quote is missing
};

struct Line {
    std::vector<Word> words;                 // of the command
    std::vector<std::vector<Word>> filters;  // what stands behind each bar
    std::vector<std::size_t> bars;           // where each bar stands
};

/// What is wrong with a line, and where.
struct Complaint {
    std::string what;
    std::size_t at = 0;
    std::size_t size = 0;
    std::vector<std::string> expected;
};

inline constexpr std::size_t longest_line = 16 * 1024;

/// `open_end`: a missing closing quote is no error (the line is still being typed).
std::variant<Line, Complaint> split(std::string_view line, bool open_end = false);

/// The word as it has to be typed: quoted when it holds a space, a bar, a quote or nothing.
std::string as_typed(std::string_view word);

/// ASCII letters only, as keywords and names are compared.
std::string lower(std::string_view text);
bool same_word(std::string_view a, std::string_view b);
bool begins_with(std::string_view word, std::string_view prefix);

}  // namespace baton::commands
