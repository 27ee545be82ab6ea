// SPDX-License-Identifier: Apache-2.0
// A port as the configuration names it: "1:3 net_tap,iface=bt3" - name, kind, options. Pure text: no DPDK, no file is
// read. Which kinds and options there are is in the profiles (profile.h), which check what is parsed here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sync/base/ids.h"
#include "sync/base/result.h"

namespace baton {

struct PortSpec {
    PortName name;
    std::string kind;
    std::vector<std::pair<std::string, std::string>> options;  // as written, in order

    /// The value as written; nothing when the option was not given.
    std::optional<std::string_view> option(std::string_view key) const;

    /// "1:3 net_tap,iface=bt3"
    std::string text() const;
};

/// One port; the error is a sentence that names it and says what was expected.
Result<PortSpec> parse_port(std::string_view text);

/// All ports. Faults of single lines, and ports named twice, are in `faults`, each a sentence.
struct PortList {
    std::vector<PortSpec> ports;
    std::vector<std::string> faults;
};

PortList parse_ports(const std::vector<std::string>& texts);

}  // namespace baton
