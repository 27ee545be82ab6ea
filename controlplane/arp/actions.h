// SPDX-License-Identifier: Apache-2.0
// What the engine wants done. Whoever runs it journals `changed` and `own_changed` first, as the values that the
// database then holds (or that they are gone), and only then does the rest.
#pragma once

#include <set>
#include <vector>

#include "controlplane/arp/state.h"

namespace baton::arp {

/// The data plane shall know (or forget) a neighbour.
struct Program {
    Key key;
    Mac mac;  // all zero: forget
    friend bool operator==(const Program&, const Program&) = default;
};

struct Frame {
    VlanId vlan = 0;
    std::vector<std::uint8_t> bytes;  // whole, without tag and FCS
    friend bool operator==(const Frame&, const Frame&) = default;
};

/// For the log; whoever writes it sees to it that these are not too many.
struct Note {
    enum class What : std::uint8_t {
        moved,      // `mac` is what it was before
        duplicate,  // another station, `mac`, uses one of our own addresses
        disputed,   // another station, `mac`, uses the address of a permanent entry
        full,       // no room for one more
    };
    What what{};
    Key key;
    Mac mac;
    PortId port = no_port;
    friend bool operator==(const Note&, const Note&) = default;
};

struct Actions {
    std::set<Key> changed;      // of Database::neighbors
    std::set<Key> own_changed;  // of Database::own
    std::vector<Program> programs;
    std::vector<Frame> frames;
    std::vector<Note> notes;

    bool empty() const {
        return changed.empty() && own_changed.empty() && programs.empty() && frames.empty() && notes.empty();
    }

    friend bool operator==(const Actions&, const Actions&) = default;
};

}  // namespace baton::arp
