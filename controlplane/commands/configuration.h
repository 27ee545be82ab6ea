// SPDX-License-Identifier: Apache-2.0
// The running configuration as the commands that make it out of the factory's, and back: what `show configuration`
// prints, what lies on the flashes and what is uploaded and downloaded. All of it is plain values: it may run on any
// thread.
//
// To add a setting: give it a Change (config.proto), say in config::changes_between() when it is needed, and in
// command_of() (configuration.cc) how it is typed. tests/unit/commands/configuration_test.cc finds what was forgotten.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/commands/switch.h"

namespace baton::commands {

/// The commands one by one, so that a long configuration can be said in slices.
class ConfigurationCommands {
  public:
    /// The accounts' hashes are for administrators only.
    explicit ConfigurationCommands(const config::Running& running, bool accounts = true);

    /// False: that was all.
    bool next(std::string& command);

  private:
    std::string command_of(const config::Change& change);

    std::vector<config::Change> changes_;
    std::size_t at_ = 0;
    std::deque<std::string> waiting_;  // where a change is several commands
    std::deque<std::string> accounts_;
    bool begun_ = false;
    std::vector<bool> taken_;  // VLAN numbers, as they will be when the commands so far have been run
    VlanId free_ = 4094;       // the highest that is not
};

std::string configuration_heading(std::string_view version);
std::string configuration_footing(std::string_view name);

/// Heading, commands, footing.
std::string configuration_text(const config::Running& running);

/// A line that is no command: blank, or a comment.
bool is_remark(std::string_view line);

/// Reads a text, line by line, into a configuration that begins as the factory's. Ports that the text names count as
/// there, because a module that is away today may be back tomorrow; `ports` are those that are there now.
class ConfigurationReader {
  public:
    explicit ConfigurationReader(const std::vector<PortName>& ports);
    ~ConfigurationReader();

    /// One line: a command that changes the configuration (anything else is an error), or a remark.
    Result<void> line(std::string_view line);

    const config::Running& running() const;

    /// A line said a password, not only its hash.
    bool heard_password() const { return heard_password_; }

  private:
    class Draft;
    std::unique_ptr<Draft> draft_;
    bool heard_password_ = false;
};

/// All of a text or none: the error names the first wrong line by its number.
Result<config::Running> read_configuration(std::string_view text, const std::vector<PortName>& ports);

/// A text that may be stored, once it is found good: itself, or, where it says a password, what it amounts to.
Result<std::string> storable(std::string text, const std::vector<PortName>& ports);

/// The transaction that a line asks for, by a switch that is as `sw` says: its changes, and the line without passwords.
/// An error when it is no configuration command.
Result<config::Transaction> transaction_of(Switch& sw, std::string_view line);

}  // namespace baton::commands
