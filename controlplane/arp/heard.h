// SPDX-License-Identifier: Apache-2.0
// What a neighbour's frame says, in words that ARP and neighbour discovery share; the two codecs make it, the machine
// takes it.
//
//                         asks           confirms   overrides
//   ARP, any              its target     yes        yes           RFC 826: every packet tells of its sender
//   NS                    its target     no         yes           RFC 4861 7.2.3
//   RS                    any router     no         yes           RFC 4861 6.2.6
//   NA                    nobody         S flag     O flag        RFC 4861 7.2.5
#pragma once

#include <optional>

#include "sync/base/ip.h"
#include "sync/base/mac.h"

namespace baton::arp {

struct Heard {
    IpAddress address;       // whom it tells of; unspecified when of nobody (a probe for duplicates)
    std::optional<Mac> mac;  // its MAC; an advertisement may leave it out
    std::optional<IpAddress> asks = {};
    bool asks_any_router = false;
    bool confirms = false;  // it answers us: it hears us, and we hear it
    bool overrides = true;  // it replaces another MAC that was known
    friend bool operator==(const Heard&, const Heard&) = default;
};

}  // namespace baton::arp
