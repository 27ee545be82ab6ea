// SPDX-License-Identifier: Apache-2.0
// How each kind is opened: the start-up halves of the ports. Each throws StartupError with a sentence naming the port.
#pragma once

#include "dataplane/port/port.h"
#include "pmd-config/profile.h"

namespace baton {

std::unique_ptr<Port> open_wire(const PortPlan& plan, PortAbout about, KeptFds& kept, const PortSetting& setting);
std::unique_ptr<Port> open_tap(const PortPlan& plan, PortAbout about, KeptFds& kept, const PortSetting& setting);
std::unique_ptr<Port> open_xsk(const PortPlan& plan, PortAbout about, KeptFds& kept, const PortSetting& setting);
std::unique_ptr<Port> open_ethdev(const PortPlan& plan, PortAbout about, const PortSetting& setting);

}  // namespace baton
