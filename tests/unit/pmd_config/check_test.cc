// SPDX-License-Identifier: Apache-2.0
// The checker: sets of ports, and configuration files with their line numbers.
#include "pmd-config/check.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace baton {
namespace {

std::vector<PortSpec> ports(const std::vector<std::string>& texts) {
    auto list = parse_ports(texts);
    EXPECT_TRUE(list.faults.empty());
    return list.ports;
}

struct Checked {
    bool good;
    std::string text;

    bool has(const std::string& what) const { return text.find(what) != std::string::npos; }
};

Checked check(const std::string& configuration) {
    const auto path = std::filesystem::temp_directory_path() / ("baton-check-" + std::to_string(::getpid()));
    std::ofstream(path) << configuration;
    std::ostringstream out;
    const bool good = check_file(path.string(), Profiles::built_in(), out);
    std::filesystem::remove(path);
    return {good, out.str()};
}

TEST(Check, ports_without_fault_give_none) {
    EXPECT_TRUE(check_ports(ports({"1:1 wire", "1:2 tap,iface=a", "1:3 net_tap,iface=b", "1:4 xsk,iface=c"})).empty());
}

TEST(Check, one_interface_belongs_to_one_port_whatever_the_kinds) {
    const auto faults = check_ports(ports({"1:1 xsk,iface=v0", "1:2 net_af_packet,iface=v0", "1:3 tap,iface=v1"}));
    ASSERT_EQ(faults.size(), 1u);
    EXPECT_EQ(faults[0], "port 1:2: interface v0 is port 1:1's already; give each port its own");
}

TEST(Check, one_nic_belongs_to_one_port_however_its_address_is_written) {
    EXPECT_EQ(check_ports(ports({"1:1 ixgbe,address=0000:01:00.0", "1:2 pci,address=01:00.0"})).size(), 1u);
}

TEST(Check, eal_is_given_the_nics_and_no_other_or_no_pci_at_all) {
    EXPECT_EQ(eal_arguments(ports({"1:1 wire"})), (std::vector<std::string>{"--no-pci"}));
    EXPECT_EQ(eal_arguments(ports({"1:1 wire", "1:2 i40e,address=01:00.0"})),
              (std::vector<std::string>{"-a", "0000:01:00.0,support-multi-driver=1"}));
}

TEST(Check, a_good_file_is_told_port_by_port) {
    const auto checked = check(
        "# a comment\nrun-dir = /run/baton\nport = 1:1 wire,slot-size=2048\n"
        "port = 1:2 net_tap,iface=b\nmax-frame = 9216\neal = --log-level=8\n");
    EXPECT_TRUE(checked.good) << checked.text;
    EXPECT_TRUE(checked.has("port 1:1: wire")) << checked.text;
    EXPECT_TRUE(checked.has("frames up to 2040")) << checked.text;
    EXPECT_TRUE(checked.has("DPDK is given \"net_tap1_2,iface=b\"")) << checked.text;
    EXPECT_TRUE(checked.has("EAL is given: --no-pci --log-level=8")) << checked.text;
}

TEST(Check, every_fault_of_a_file_has_its_line) {
    const auto checked = check(
        "port = 1:1 wire\n"
        "port = 1:2 tap\n"
        "\n"
        "port = 1:1 wire\n"
        "port = 1:5 xsk,iface=a\n"
        "port = 1:6 tap,iface=a\n"
        "nonsense\n"
        "port = 1 wire\n"
        "max-frame = 99999\n"
        "eal = --no-pci\n"
        "port = 1:9 ice,address=01:00.0\n");
    EXPECT_FALSE(checked.good);
    for (const char* fault :
         {":2: port 1:2: tap needs iface", ":4: port 1:1 is configured twice, first in line 1",
          ":6: port 1:6: interface a is port 1:5's already", ":7: expected name = value",
          ":8: port \"1\": expected module:port", ":9: max-frame must be a number from 1514 to 16000",
          ":11: port 1:9: a physical NIC is not seen under eal = --no-pci"})
        EXPECT_TRUE(checked.has(fault)) << fault << "\n" << checked.text;
    EXPECT_FALSE(checked.has(":5: port")) << checked.text;
}

TEST(Check, a_file_that_is_not_there_is_a_fault) {
    std::ostringstream out;
    EXPECT_FALSE(check_file("/nowhere/baton.conf", Profiles::built_in(), out));
}

}  // namespace
}  // namespace baton
