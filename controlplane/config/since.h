// SPDX-License-Identifier: Apache-2.0
// With which release each kind of change, and each kind of journal record, came. Two boards of different releases need
// it twice: a slave knows which records it may not pretend to understand, and a newer master knows whether the slave
// could hold its configuration. Numbers are only ever added, so the table names the first number of each release.
//
//   the slave's release   the master's   a record that the slave does not know             reason
//   2                     2              critical                                          invalid subtype
//   1                     2              in a snapshot, or no transaction                  rev(M) > rev(S)
//   1                     2              a change made later, after a conservative upgrade config command
#pragma once

#include <string>

#include "controlplane/config/running.h"

namespace baton::config {

/// major << 16 | minor << 8 | patch, as in BoardPage::release.
using Release = std::uint32_t;

Release own_release();
void pretend_release(Release release);         // once, in main: to try boards of two releases together
Release parse_release(std::string_view text);  // "0.2.0"; 0 for anything else
std::string text_of(Release release);

Release since(const Change& change);
Release since(std::uint16_t subtype);  // of a journal record, whatever its subsystem

/// The oldest release that can hold this configuration.
Release needed_for(const Running& running);

}  // namespace baton::config
