// SPDX-License-Identifier: Apache-2.0
// The commands, one table. Parser, abbreviations, `?`, Tab, `help`, JSON and (later) man page and web are all read from
// it.
#pragma once

#include <span>
#include <string_view>

#include "controlplane/commands/call.h"

namespace baton::commands {

struct Row {
    std::string_view notation;
    std::string_view help;  // one line, begins with a verb
    std::string_view more;  // for `help <command>`: what to know before using it
    Role role{};
    Handler handler;
    std::string_view confirm;  // asked of a person before it is done; empty: nothing
};

/// All of them.
std::span<const Row> commands();

/// Parts of it that have a file of their own.
std::span<const Row> routing_commands();  // registry_routing.cc
std::span<const Row> access_list_commands();  // registry_access_list.cc

/// What `?` says of a keyword that several commands share; empty for one that is not in the glossary.
std::string_view word_help(std::string_view keyword);

/// What `?` says of a keyword that is an option, wherever it stands; empty for one that is not.
std::string_view option_help(std::string_view keyword);

}  // namespace baton::commands
