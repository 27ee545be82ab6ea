// SPDX-License-Identifier: Apache-2.0
// From a line to its answer. Used by the session server, and later by the web page: neither knows a command. Everything
// happens on the board's loop; an answer that is long comes in pieces, each taking some milliseconds at most.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/commands/registry.h"

namespace baton::commands {

/// What a line would do, before it is run.
struct Nature {
    bool change = false;      // must not be run twice
    bool journalled = false;  // its outcome can be looked up by its token
    std::string confirm;      // to be asked of a person first
    ClientFile file{};        // what the command does with `path`
    std::string path;
    std::uint32_t patience = 0;  // seconds
    bool lacks_secret = false;   // a password could follow; a person is asked for it, so that it is not seen
    bool has_secret = false;     // a password is in the line; it is kept nowhere
};

/// The names that this switch has now.
LiveNames live_names(const Switch& sw);

class Interpreter {
  public:
    explicit Interpreter(Switch& sw);

    Nature nature(std::string_view line) const;

    /// `answer` is called once, perhaps before run returns.
    void run(const Ask& ask, std::function<void(Output)> answer) const;

    /// Whole words that could stand where `cursor` is.
    std::vector<std::string> complete(std::string_view line, std::size_t cursor) const;

    /// "word\texplanation" for all that could stand there; an error when the line is wrong before it.
    Result<std::vector<std::string>> help(std::string_view line, std::size_t cursor) const;

    /// "* Baton.7 # ": a star while there is something to save, # for administrators, > for others.
    std::string prompt(std::uint32_t count, Role role = Role::privileged) const;

    const Grammar& grammar() const { return grammar_; }

  private:
    std::variant<std::vector<Hint>, Complaint> hints(std::string_view line, std::size_t cursor) const;
    void carry_out(const Row& row, const Match& match, const Ask& ask, bool json,
                   std::function<void(Output)> answer) const;

    Switch& sw_;
    const Grammar& grammar_;
};

/// The table of commands (registry.h), read once.
const Grammar& command_grammar();

/// A password is in the line.
bool has_secret(const Match& match);

/// The line as it may be kept: stars for passwords.
std::string without_secrets(std::string_view line, const Match& match);

/// Indented, and never throws: bytes that are no UTF-8 are replaced.
std::string dump(const Json& json);

}  // namespace baton::commands
