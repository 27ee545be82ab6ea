// SPDX-License-Identifier: Apache-2.0
// The guide's notation read into a graph: `configure vlan <vlan> add ports <portlist> {tagged | untagged}`.
//
//   word          a keyword                     [a | b]   one of them must be said
//   <kind>        an argument (argument.h)      {a | b}   one of them may be said; {a} may be left out
//
// The graph has a node for each keyword and argument and an edge from each to all that may follow (Glushkov's
// construction), so matching is a walk with a set of nodes and needs neither recursion nor backtracking.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/commands/argument.h"
#include "sync/base/result.h"

namespace baton::commands {

struct Node {
    std::string word;  // the keyword; empty for an argument
    const ArgumentType* argument = nullptr;
    std::vector<unsigned> next;  // indices of nodes that may follow
    bool last = false;           // the command may end here
};

struct Graph {
    std::vector<Node> nodes;
    std::vector<unsigned> first;
};

/// An error says what is wrong with the notation and where.
Result<Graph> parse_notation(std::string_view notation);

}  // namespace baton::commands
