// SPDX-License-Identifier: Apache-2.0
// Says what is wrong with a set of ports before anything is opened: unknown kinds and options, missing and impossible
// values, one interface or file in two ports. No EAL and no system call, so it may be asked anywhere: by
// `baton-dataplane --check`, by the ports' factory and by `baton-pmd-config check`.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "pmd-config/port_spec.h"
#include "pmd-config/profile.h"

namespace baton {

inline constexpr std::uint32_t default_max_frame = 9216;

/// The faults, each a sentence that names the port and the next step; none when all is well.
std::vector<std::string> check_ports(const std::vector<PortSpec>& specs, std::uint32_t max_frame = default_max_frame,
                                     const Profiles& profiles = Profiles::built_in());

/// What EAL must be told about these ports' buses: "--no-pci" when no port is a physical NIC, otherwise "-a",
/// "ADDRESS,..." for each of them, so that EAL takes those and no other.
std::vector<std::string> eal_arguments(const std::vector<PortSpec>& specs,
                                       const Profiles& profiles = Profiles::built_in());

/// Reads a chassis configuration and writes what each port would be given, and every fault with its line number, for
/// people. True when there is no fault.
bool check_file(const std::string& path, const Profiles& profiles, std::ostream& out);

/// All kinds, with their options, for people.
void list_profiles(const Profiles& profiles, std::ostream& out);

}  // namespace baton
