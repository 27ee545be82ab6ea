// SPDX-License-Identifier: Apache-2.0
// Profiles: all that are built in, the text DPDK is handed, and the faults of a profile's own file.
#include "pmd-config/profile.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace baton {
namespace {

PortPlan plan_of(const std::string& text, std::uint32_t max_frame = 9216) {
    std::vector<std::string> faults;
    auto plan = plan_port(parse_port(text).value(), Profiles::built_in(), max_frame, faults);
    EXPECT_TRUE(plan && faults.empty()) << text << ": " << (faults.empty() ? "" : faults.front());
    return plan ? *plan : PortPlan{};
}

std::string first_fault(const std::string& text) {
    std::vector<std::string> faults;
    const auto plan = plan_port(parse_port(text).value(), Profiles::built_in(), 9216, faults);
    EXPECT_EQ(plan.has_value(), faults.empty());
    return faults.empty() ? "" : faults.front();
}

TEST(Profile, every_kind_that_the_switch_knows_is_built_in) {
    for (const char* kind : {"wire",      "tap",           "xsk",
                             "net_tap",   "net_af_packet", "net_af_xdp",
                             "net_memif", "net_vhost",     "net_virtio_user",
                             "net_ring",  "net_null",      "net_pcap",
                             "pci",       "ixgbe",         "i40e",
                             "ice",       "mlx5",          "virtio",
                             "ena",       "vmxnet3"}) {
        const auto* profile = Profiles::built_in().find(kind);
        ASSERT_NE(profile, nullptr) << kind;
        EXPECT_FALSE(profile->summary.empty()) << kind;
        for (const auto& option : profile->options) EXPECT_FALSE(option.help.empty()) << kind << " " << option.name;
    }
    EXPECT_EQ(Profiles::built_in().all().size(), 20u);
}

TEST(Profile, built_in_profiles_are_those_of_the_folder) {
    const auto read = Profiles::read(PROFILES);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(read->kinds(), Profiles::built_in().kinds());
}

TEST(Profile, devargs_are_the_template_with_values_and_without_empty_parts) {
    const std::pair<const char*, const char*> pairs[] = {
        {"1:3 net_tap,iface=bt3", "net_tap1_3,iface=bt3"},
        {"1:3 net_tap,iface=bt3,mac=02:00:00:00:00:01", "net_tap1_3,iface=bt3,mac=02:00:00:00:00:01"},
        {"2:1 net_ring", "net_ring2_1"},
        {"1:1 net_null", "net_null1_1,size=64,copy=0,no-rx=1"},
        {"1:1 net_pcap,rx=/in.pcap", "net_pcap1_1,rx_pcap=/in.pcap"},
        {"1:1 net_pcap,tx=/out.pcap,rx=/in.pcap", "net_pcap1_1,rx_pcap=/in.pcap,tx_pcap=/out.pcap"},
        {"1:1 net_vhost,path=/run/v", "net_vhost1_1,iface=/run/v,queues=1,client=1"},
        {"1:1 net_memif,socket=/run/m,role=client",
         "net_memif1_1,role=client,id=0,socket=/run/m,socket-abstract=no,rsize=11,bsize=2048,zero-copy=no"},
        {"1:1 i40e,address=01:00.1", "0000:01:00.1,support-multi-driver=1"},
        {"1:1 wire", ""},
    };
    for (const auto& [text, devargs] : pairs) EXPECT_EQ(plan_of(text).devargs, devargs);
    EXPECT_EQ(plan_of("1:3 net_tap,iface=bt3").device(), "net_tap1_3");
}

// What the kernel asks of a packet ring: a frame holds the largest frame and its own 66 bytes, a block is whole pages
// and whole frames, and the ring is whole blocks. What the driver asks: a frame less 32 fits the mbuf.
TEST(Profile, packet_rings_suit_kernel_and_driver_at_every_largest_frame) {
    for (std::uint32_t max_frame = 1514; max_frame <= 16000; max_frame += 7) {
        const std::string devargs = plan_of("1:4 net_af_packet,iface=v", max_frame).devargs;
        const auto number = [&](const std::string& key) {
            return std::stoul(devargs.substr(devargs.find(key) + key.size()));
        };
        const auto frame = number("framesz="), block = number("blocksz="), count = number("framecnt=");
        ASSERT_GE(frame, max_frame + 66) << max_frame;
        ASSERT_LE(frame - 32, frame_room(max_frame)) << max_frame;
        ASSERT_EQ(frame % 16, 0u) << max_frame;
        ASSERT_EQ(block % 4096, 0u) << max_frame;
        ASSERT_EQ(block % frame, 0u) << max_frame;
        ASSERT_EQ(count % (block / frame), 0u) << max_frame;
    }
}

TEST(Profile, refuses_what_is_unknown_missing_or_impossible_in_a_sentence) {
    const std::pair<const char*, const char*> pairs[] = {
        {"1:2 nat_tap,iface=x", "port 1:2: there is no kind \"nat_tap\"; the kinds are ena, "},
        {"1:2 tap", "port 1:2: tap needs iface=..., the name of the interface to make"},
        {"1:2 tap,iface=x,queue=1", "port 1:2: tap has no option \"queue\"; its options are iface, txqueuelen and mtu"},
        {"1:2 net_ring,size=3", "port 1:2: net_ring has no option \"size\"; it has none"},
        {"1:2 tap,iface=abcdefghijklmnop",
         "port 1:2: iface must be the name of an interface (at most 15 characters), not \"abcdefghijklmnop\""},
        {"1:2 tap,iface=a/b", "port 1:2: iface must be the name of an interface"},
        {"1:2 tap,iface=x,txqueuelen=1", "port 1:2: txqueuelen must be a number from 64 to 1000000, not \"1\""},
        {"1:2 tap,iface=x,txqueuelen=100x", "port 1:2: txqueuelen must be a number from 64 to 1000000, not \"100x\""},
        {"1:2 wire,slots=1000", "port 1:2: slots must be a power of two from 64 to 1048576, not \"1000\""},
        {"1:2 wire,slot-size=2044", "port 1:2: slot-size must be a multiple of 8 from 128 to 16384, not \"2044\""},
        {"1:2 net_tap,iface=x,mac=1", "port 1:2: mac must be an Ethernet address as in 02:00:00:00:00:01, not \"1\""},
        {"1:2 xsk,iface=x,mode=fast", "port 1:2: mode must be auto, native or generic, not \"fast\""},
        {"1:2 net_vhost,path=run", "port 1:2: path must be a path from / on, of at most 107 characters, not \"run\""},
        {"1:2 ixgbe,address=1:0.0", "port 1:2: address must be a PCI address as in 0000:01:00.0, not \"1:0.0\""},
        {"1:2 net_pcap,repeat=1", "port 1:2: net_pcap needs at least one of rx, tx and iface"},
    };
    for (const auto& [text, sentence] : pairs)
        EXPECT_EQ(first_fault(text).rfind(sentence, 0), 0u) << text << " -> " << first_fault(text);
}

TEST(Profile, a_faulty_profile_is_named_with_its_line) {
    const std::pair<const char*, const char*> pairs[] = {
        {"kind = x\ncolour = red\n", "line 2: there is no setting \"colour\""},
        {"kind = x\nnonsense\n", "line 2: expected name = value"},
        {"kind = x\nbus = usb\n", "line 2: bus is own, vdev or pci"},
        {"kind = x\nbus = own\noption = a; number(9..1); 3; h\n", "line 3: expected \"name; type;"},
        {"kind = x\nbus = own\noption = a; number(1..9 in steps of 0); 3; h\n", "line 3: expected \"name; type;"},
        {"kind = x\nbus = own\noption = a; number(1..9); 12; h\n",
         "line 3: the preset value is not a number from 1 to 9"},
        {"kind = x\nbus = own\nrx-descriptors = 70000\n", "line 3: rx-descriptors is a number up to 65535"},
        {"kind = x\nbus = own\nclaims = b\n", "there is no option b"},
        {"kind = x\nbus = vdev\n", "devargs go with"},
        {"bus = own\n", "kind = ... is missing"},
    };
    for (const auto& [text, what] : pairs) {
        const auto profile = parse_profile("x.conf", text);
        ASSERT_FALSE(profile) << text;
        EXPECT_NE(profile.error().what.find(what), std::string::npos) << profile.error().what;
        EXPECT_EQ(profile.error().what.rfind("profile x.conf line ", 0), 0u);
    }
}

TEST(Profile, another_folder_takes_the_place_of_the_built_in_profiles) {
    const auto folder = std::filesystem::temp_directory_path() / ("baton-profiles-" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    std::ofstream(folder / "own.conf")
        << "kind = net_own\nbus = vdev\ndevargs = net_own{id}[,a={a}]\noption = a; word; optional; h\n";
    const auto read = Profiles::read(folder.string());
    std::filesystem::remove_all(folder);
    ASSERT_TRUE(read) << read.error().what;
    std::vector<std::string> faults;
    const auto plan = plan_port(parse_port("1:1 net_own,a=b").value(), *read, 9216, faults);
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->devargs, "net_own1_1,a=b");
    EXPECT_FALSE(Profiles::read("/nowhere"));
}

}  // namespace
}  // namespace baton
