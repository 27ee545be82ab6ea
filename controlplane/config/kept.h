// SPDX-License-Identifier: Apache-2.0
// What became of the configuration at rest since the switch booted: what was saved, which one is selected, and whether
// the running one was changed since. Journalled, so the asterisk in the prompt and both boards' flashes survive any
// failover. What lay on a flash before the switch booted is that board's own affair and not in here.
#pragma once

#include "controlplane/config/flash.h"

namespace baton::config {

struct Selection {
    Space space{};
    std::int64_t at = 0;
    std::string by;
    friend bool operator==(const Selection&, const Selection&) = default;
};

struct KeptState {
    std::optional<Stored> stored[std::size(spaces)];
    std::optional<Selection> selection;
    std::uint64_t changes = 0;        // to the running configuration; a change that was taken back counts twice
    std::uint64_t saved_changes = 0;  // as many had been made when it was saved
    std::string booted = "factory";   // or a space's name

    bool unsaved() const { return changes != saved_changes; }

    friend bool operator==(const KeptState&, const KeptState&) = default;
};

inline std::size_t index_of(Space space) {
    return static_cast<std::size_t>(space);
}

}  // namespace baton::config
