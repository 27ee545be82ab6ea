// SPDX-License-Identifier: Apache-2.0
// The port's line: what is read from it, and the sentence for each way to get it wrong.
#include "pmd-config/port_spec.h"

#include <gtest/gtest.h>

namespace baton {
namespace {

std::string fault_of(std::string_view text) {
    const auto spec = parse_port(text);
    return spec ? "" : spec.error().what;
}

TEST(PortSpec, reads_name_kind_and_options_in_order) {
    const auto spec = parse_port("  1:3 \t net_tap,iface=bt3,mac=02:00:00:00:00:01 ");
    ASSERT_TRUE(spec);
    EXPECT_EQ(spec->name, (PortName{1, 3}));
    EXPECT_EQ(spec->kind, "net_tap");
    ASSERT_EQ(spec->options.size(), 2u);
    EXPECT_EQ(spec->options[0], (std::pair<std::string, std::string>{"iface", "bt3"}));
    EXPECT_EQ(spec->option("mac"), "02:00:00:00:00:01");
    EXPECT_FALSE(spec->option("queue"));
    EXPECT_EQ(spec->text(), "1:3 net_tap,iface=bt3,mac=02:00:00:00:00:01");
}

TEST(PortSpec, text_of_a_spec_reads_back_as_the_same_spec) {
    for (const char* text : {"1:1 wire", "255:255 wire,slots=64", "2:9 net_pcap,rx=/a=b,tx=/c"}) {
        const auto spec = parse_port(text);
        ASSERT_TRUE(spec) << text;
        EXPECT_EQ(spec->text(), text);
    }
}

TEST(PortSpec, says_what_was_expected_and_names_the_port) {
    const std::pair<const char*, const char*> faults[] = {
        {"", "port \"\": expected module:port"},
        {"wire", "port \"wire\": expected module:port"},
        {"1:0 wire", "port \"1:0\": expected module:port"},
        {"256:1 wire", "port \"256:1\": expected module:port"},
        {"1:x wire", "port \"1:x\": expected module:port"},
        {"1:1:1 wire", "port \"1:1:1\": expected module:port"},
        {"1:3", "port 1:3: expected a kind behind the name"},
        {"1:3 tap, iface=x", "port 1:3: expected kind,option=value,... without blanks"},
        {"1:3 ,iface=x", "port 1:3: expected a kind, not \"\""},
        {"1:3 tap,iface", "port 1:3: expected option=value, not \"iface\""},
        {"1:3 tap,iface=", "port 1:3: expected option=value, not \"iface=\""},
        {"1:3 tap,=x", "port 1:3: expected option=value, not \"=x\""},
        {"1:3 tap,", "port 1:3: expected option=value, not \"\""},
        {"1:3 tap,iface=a,iface=b", "port 1:3: option iface is given twice"},
    };
    for (const auto& [text, sentence] : faults)
        EXPECT_EQ(fault_of(text).rfind(sentence, 0), 0u) << text << " -> " << fault_of(text);
}

TEST(PortSpec, a_list_keeps_the_good_ports_and_names_every_fault) {
    const auto list = parse_ports({"1:1 wire", "1:2", "1:1 tap,iface=x", "1:4 tap,iface=y"});
    ASSERT_EQ(list.ports.size(), 2u);
    EXPECT_EQ(list.ports[1].name, (PortName{1, 4}));
    ASSERT_EQ(list.faults.size(), 2u);
    EXPECT_NE(list.faults[0].find("port 1:2"), std::string::npos);
    EXPECT_NE(list.faults[1].find("port 1:1 is configured twice"), std::string::npos);
}

TEST(PortSpec, no_byte_of_a_line_makes_the_reader_fail) {
    const std::string line = "12:34 net_tap,iface=bt3,mac=02:00:00:00:00:01";
    for (std::size_t at = 0; at <= line.size(); ++at) {
        (void)parse_port(std::string_view(line).substr(0, at));
        for (int byte = 0; byte < 256; ++byte) {
            std::string changed = line;
            if (at < line.size()) changed[at] = static_cast<char>(byte);
            if (const auto spec = parse_port(changed)) {
                EXPECT_TRUE(parse_port(spec->text())) << changed;
            }
        }
    }
}

}  // namespace
}  // namespace baton
