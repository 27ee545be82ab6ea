// SPDX-License-Identifier: Apache-2.0
#include "pmd-config/check.h"

#include <algorithm>
#include <boost/program_options/value_semantic.hpp>
#include <fstream>
#include <map>
#include <ostream>

#include "pmd-config/lines.h"

namespace baton {
namespace {

namespace po = boost::program_options;

/// Only these settings are looked into here; which others there are, and whether they are right, is the chassis's to
/// say.
const po::options_description& looked_into() {
    static const auto known = [] {
        po::options_description all;
        for (const char* name : {"port", "max-frame", "eal", "*"})
            all.add_options()(name, po::value<std::vector<std::string>>(), "");
        return all;
    }();
    return known;
}

/// What one port needs for itself: an interface is the same thing whatever kind of port takes it.
std::vector<std::string> claimed(const PortPlan& plan) {
    std::vector<std::string> things;
    for (const auto& name : plan.profile->claims)
        if (const auto value = plan.value(name); !value.empty())
            things.push_back((name == "iface" ? "interface " : name == "address" ? "PCI device " : "file ") + value);
    return things;
}

/// Remembers who claimed what, and says who came too late.
class Claims {
  public:
    std::vector<std::string> add(const PortPlan& plan) {
        std::vector<std::string> faults;
        for (const auto& thing : claimed(plan)) {
            const auto [entry, added] = holders_.emplace(thing, plan.spec.name.text());
            if (!added)
                faults.push_back("port " + plan.spec.name.text() + ": " + thing + " is port " + entry->second +
                                 "'s already; give each port its own");
        }
        return faults;
    }

  private:
    std::map<std::string, std::string> holders_;
};

std::string described(const PortPlan& plan, std::uint32_t max_frame) {
    const Profile& profile = *plan.profile;
    std::string text = "port " + plan.spec.name.text() + ": " + profile.kind;
    if (profile.bus != Bus::own) {
        text += ", DPDK is given \"" + plan.devargs + "\", 1+1 queues";
        if (profile.rx_descriptors && profile.tx_descriptors)
            text += ", " + std::to_string(profile.rx_descriptors) + "+" + std::to_string(profile.tx_descriptors) +
                    " descriptors";
    } else {
        for (const auto& [name, value] : plan.values) text += ", " + name + " " + value;
    }
    std::uint32_t longest = profile.max_frame ? std::min(profile.max_frame, max_frame) : max_frame;
    if (const auto slot = plan.number("slot-size"); slot) longest = std::min(longest, slot - 8);
    return text + ", frames up to " + std::to_string(longest);
}

}  // namespace

std::vector<std::string> check_ports(const std::vector<PortSpec>& specs, std::uint32_t max_frame,
                                     const Profiles& profiles) {
    std::vector<std::string> faults;
    Claims claims;
    for (const auto& spec : specs)
        if (const auto plan = plan_port(spec, profiles, max_frame, faults))
            for (auto& fault : claims.add(*plan)) faults.push_back(std::move(fault));
    return faults;
}

std::vector<std::string> eal_arguments(const std::vector<PortSpec>& specs, const Profiles& profiles) {
    std::vector<std::string> arguments, ignored;
    for (const auto& spec : specs) {
        const auto plan = plan_port(spec, profiles, default_max_frame, ignored);
        if (!plan || plan->profile->bus != Bus::pci) continue;
        arguments.push_back("-a");
        arguments.push_back(plan->devargs);
    }
    if (arguments.empty()) arguments.push_back("--no-pci");
    return arguments;
}

bool check_file(const std::string& path, const Profiles& profiles, std::ostream& out) {
    std::ifstream in(path);
    if (!in) {
        out << "cannot read " << path << "; name a chassis configuration file\n";
        return false;
    }
    const auto read = read_lines(in, looked_into());
    std::multimap<unsigned, std::string> faults;
    for (const auto& fault : read.faults) faults.emplace(fault.number, fault.what);

    std::uint32_t max_frame = default_max_frame;
    bool pci_off = false;
    for (const auto& line : read.lines) {
        if (line.name == "eal" && line.value == "--no-pci") pci_off = true;
        if (line.name != "max-frame") continue;
        const bool digits = !line.value.empty() && line.value.size() < 6 &&
                            line.value.find_first_not_of("0123456789") == std::string::npos;
        const unsigned long value = digits ? std::stoul(line.value) : 0;
        if (value < 1514 || value > 16000)
            faults.emplace(line.number, "max-frame must be a number from 1514 to 16000, not \"" + line.value + "\"");
        else
            max_frame = static_cast<std::uint32_t>(value);
    }

    Claims claims;
    std::map<PortName, unsigned> named;
    std::vector<PortSpec> specs;
    for (const auto& line : read.lines) {
        if (line.name != "port") continue;
        const auto spec = parse_port(line.value);
        if (!spec) {
            faults.emplace(line.number, spec.error().what);
            continue;
        }
        const auto [first, added] = named.emplace(spec->name, line.number);
        if (!added)
            faults.emplace(line.number, "port " + spec->name.text() + " is configured twice, first in line " +
                                            std::to_string(first->second) + "; leave one of them out");
        std::vector<std::string> wrong;
        const auto plan = plan_port(*spec, profiles, max_frame, wrong);
        if (plan && added) {
            specs.push_back(*spec);
            wrong = claims.add(*plan);
            if (plan->profile->bus == Bus::pci && pci_off)
                wrong.push_back("port " + spec->name.text() +
                                ": a physical NIC is not seen under eal = --no-pci; take that line out");
            if (wrong.empty()) out << described(*plan, max_frame) << "\n";
        }
        for (auto& fault : wrong) faults.emplace(line.number, std::move(fault));
    }
    out << "EAL is given:";
    for (const auto& argument : eal_arguments(specs, profiles)) out << " " << argument;
    for (const auto& line : read.lines)
        if (line.name == "eal" && line.value != "--no-pci") out << " " << line.value;
    out << "\n";
    for (const auto& [number, what] : faults) out << path << ":" << number << ": " << what << "\n";
    if (named.empty() && faults.empty()) out << path << ": no port is configured; the switch would have none\n";
    return faults.empty();
}

void list_profiles(const Profiles& profiles, std::ostream& out) {
    for (const auto& profile : profiles.all()) {
        out << profile.kind << ": " << profile.summary << "\n";
        for (const auto& option : profile.options)
            out << "    " << option.name << "="
                << (option.preset     ? *option.preset
                    : option.required ? "..."
                                      : "")
                << "  " << option.help << " (" << option.expected() << (option.required ? ", required" : "") << ")\n";
    }
}

}  // namespace baton
