// SPDX-License-Identifier: Apache-2.0
// How access lists are written: what create and show have in common.
#pragma once

#include <set>
#include <string>

#include "controlplane/config/running.h"

namespace baton::commands {

std::string prefix_text(const config::AclPrefix& prefix);       // "any" of all addresses
std::string icmp_text(const config::AclRange& range);           // "type 8 code any"
std::string ports_text(const std::set<PortName>& ports);        // "any", "1:1-1:4"
std::string create_command(const config::AccessList& list);     // the command that makes it
std::string access_list_command(const config::Change& change);  // of a change that is about one

}  // namespace baton::commands
