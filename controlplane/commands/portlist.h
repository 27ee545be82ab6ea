// SPDX-License-Identifier: Apache-2.0
// Lists of ports as people write them: 1:1-1:4,2:*,1:7. Reading one needs no switch; turning it into ports does,
// because `2:*` and a range mean those that exist. A range may run from one module to another and skips ports that are
// not there, but its two ends must exist, so that a slip of the finger is found.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sync/base/ids.h"
#include "sync/base/result.h"

namespace baton::commands {

struct PortRange {
    PortName first, last;       // equal: one port
    bool whole_module = false;  // `2:*`: first.module is the module
};

using PortList = std::vector<PortRange>;

/// "1:1-1:4,2:*,1:7", "1:1-4"; no spaces.
Result<PortList> parse_ports(std::string_view text);

/// The ports meant, each once, in order; an error names the one that does not exist.
Result<std::vector<PortName>> resolve(const PortList& list, const std::set<PortName>& existing);

/// The shortest writing: "1:1-1:4,1:7"; ranges stay inside a module and hold no gap.
std::string text_of(std::span<const PortName> ports);

}  // namespace baton::commands
