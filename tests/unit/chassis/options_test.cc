// SPDX-License-Identifier: Apache-2.0
// What the chassis accepts as configuration, and what it says when it does not.
#include "sync/chassis/options.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "sync/chassis/port_check.h"

namespace baton::chassis {
namespace {

class Configuration : public ::testing::Test {
  protected:
    Configuration() { path_ = ::testing::TempDir() + "baton-options-" + std::to_string(::getpid()) + ".conf"; }

    ~Configuration() override { ::unlink(path_.c_str()); }

    /// Reads `text` as the file, with the programs that any machine has in place of the real ones.
    Options read(const std::string& text, std::vector<std::string> more = {}) {
        std::ofstream(path_) << text;
        std::vector<std::string> words{"baton-chassis", "--config",        path_,      "--dataplane-program",
                                       "/bin/true",     "--board-program", "/bin/true"};
        words.insert(words.end(), more.begin(), more.end());
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        return *read_options(static_cast<int>(arguments.size()), arguments.data());
    }

    /// The fault, without the folder that the file lies in.
    std::string fault(const std::string& text, std::vector<std::string> more = {}) {
        try {
            read(text, std::move(more));
        } catch (const StartupError& error) {
            EXPECT_EQ(error.exit_code, 2);
            std::string what = error.what;
            for (auto at = what.find(path_); at != std::string::npos; at = what.find(path_))
                what.replace(at, path_.size(), "f");
            return what;
        }
        return "accepted";
    }

    std::string path_;
};

TEST_F(Configuration, a_whole_file_is_read) {
    const Options options = read(R"(
# a comment
run-dir = /tmp/somewhere        # another
board-user = root
hugepages = no
worker-cores = 0
housekeeping-cores = 0
port = 1:1 wire,slots=1024
port = 1:2   tap,iface=bt2
fdb-max-entries = 1000
max-frame = 2000
mbufs = 4096
keepalive-ms = 500
eal = --no-pci
eal = --log-level 3
)");
    EXPECT_EQ(options.run_dir, "/tmp/somewhere");
    EXPECT_EQ(options.hugepages, HugePages::no);
    ASSERT_EQ(options.ports.size(), 2u);
    EXPECT_EQ(options.ports[1].text, "1:2 tap,iface=bt2");
    EXPECT_EQ(options.ports[1].where, path_ + ":9");
    EXPECT_EQ(options.keepalive, milliseconds(500));
    EXPECT_EQ(options.eal, (std::vector<std::string>{"--no-pci", "--log-level", "3"}));
}

TEST_F(Configuration, the_command_line_outranks_the_file_and_adds_ports) {
    const Options options = read("mbufs = 4096\nport = 1:1 wire\n", {"--mbufs", "8192", "--port", "1:2 wire"});
    EXPECT_EQ(options.mbufs, 8192u);
    EXPECT_EQ(options.ports.size(), 2u);
}

TEST_F(Configuration, every_wrong_line_is_named_with_its_number) {
    EXPECT_EQ(fault("mbufs = 4096\n\nmbufs = many\n"), "f:3: mbufs is set twice; the first time at f:1");
    EXPECT_EQ(fault("mbufs = many\nkeepalive-ms = 1\n"),
              "f:1: mbufs is a whole number from 1024 to 16777216, not \"many\"\n"
              "f:2: keepalive-ms is a whole number from 100 to 60000, not \"1\"");
    EXPECT_EQ(fault("wire\n"), "f:1: this is not a line of the form `name = value`");
    EXPECT_EQ(fault("[ports]\n"), "f:1: there are no sections here: write `name = value`");
    EXPECT_EQ(fault("run-dir = run\n"), "f:1: run-dir is an absolute path, not \"run\"");
    EXPECT_EQ(fault("hugepages = maybe\n"), "f:1: hugepages is one of auto, yes, no, not \"maybe\"");
    EXPECT_EQ(fault("board-user = no-such-user-here\n"),
              "f:1: board-user: there is no user \"no-such-user-here\" on this machine");
    EXPECT_EQ(fault("worker-cores = a\n"), "f:1: worker-cores is a list of cores such as 1 or 1,3 or 2-4, not \"a\"");
    EXPECT_EQ(fault("mbufs = 99999999999999999999\n"),
              "f:1: mbufs is a whole number from 1024 to 16777216, not \"99999999999999999999\"");
}

TEST_F(Configuration, an_unknown_name_comes_with_the_nearest_known_one) {
    EXPECT_EQ(fault("keepalive-msec = 3\n"),
              "f:1: there is no setting \"keepalive-msec\"; did you mean \"keepalive-ms\"?");
    EXPECT_EQ(fault("colour = blue\n"), "f:1: there is no setting \"colour\"; baton-chassis --help lists them");
    EXPECT_EQ(fault("", {"--prot", "1:1 wire"}), "--prot: there is no setting \"prot\"; did you mean \"port\"?");
}

TEST_F(Configuration, a_wrong_port_is_refused) {
    EXPECT_EQ(fault("port = 1.1 wire\n"),
              "f:1: a port begins with module:port, each from 1 to 255, such as 1:3, not \"1.1\"");
    EXPECT_EQ(fault("port = 1:1\n"),
              "f:1: port 1:1 has no kind: write `port = 1:1 wire`, or tap, xsk or a DPDK driver");
    EXPECT_EQ(fault("port = 1:1 wire\nport = 1:1 tap,iface=x\n"),
              "f:2: port 1:1 is there twice; the first time at f:1");
    EXPECT_EQ(fault("port = 1:1 wire, slots=3\n"),
              "f:1: port 1:1: no spaces between kind and options: `kind,key=value,key=value`");
}

TEST_F(Configuration, a_module_line_is_read_and_a_wrong_one_is_refused) {
    const Options options = read("module = 2   worker-cores=0\nmodule = 1 worker-cores=0\n");
    ASSERT_EQ(options.modules.size(), 2u);
    EXPECT_EQ(options.modules[0].text, "2 worker-cores=0");
    EXPECT_EQ(options.modules[1].where, path_ + ":2");
    for (const char* wrong : {"2", "0 worker-cores=0", "256 worker-cores=0", "x worker-cores=0", "2 cores=0"})
        EXPECT_EQ(fault(std::string("module = ") + wrong + "\n"),
                  std::string("f:1: a module line is `number worker-cores=LIST`, such as 2 worker-cores=3, not \"") +
                      wrong + "\"");
    EXPECT_EQ(fault("module = 2 worker-cores=a\n"),
              "f:1: worker-cores is a list of cores such as 1 or 1,3 or 2-4, not \"a\"");
    EXPECT_EQ(fault("module = 2 worker-cores=0\nmodule = 2 worker-cores=0\n"),
              "f:2: module 2 is there twice; the first time at f:1");
}

TEST_F(Configuration, a_wrong_value_on_the_command_line_is_named_with_its_option) {
    EXPECT_EQ(fault("", {"--log-level", "loud"}),
              "--log-level: log-level is one of debug, info, notice, warning, error, not \"loud\"");
}

TEST_F(Configuration, a_program_that_is_not_there_is_named) {
    std::vector<std::string> words{"baton-chassis", "--dataplane-program", "/no/such"};
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    try {
        (void)read_options(static_cast<int>(arguments.size()), arguments.data());
        FAIL() << "accepted";
    } catch (const StartupError& error) {
        EXPECT_EQ(error.what, "there is no program /no/such: build it, or name another with dataplane-program");
    }
}

TEST(cores, are_read_in_every_form) {
    EXPECT_EQ(parse_cores("0"), (std::vector<unsigned>{0}));
    EXPECT_EQ(parse_cores("1,3,1"), (std::vector<unsigned>{1, 3}));
    EXPECT_EQ(parse_cores("2-4,7"), (std::vector<unsigned>{2, 3, 4, 7}));
    for (const char* wrong : {"", ",", "1,", "4-2", "-", "1-", "x", "1 2", "99999"})
        EXPECT_FALSE(parse_cores(wrong)) << wrong;
}

TEST(fdb, is_sized_for_a_load_of_seven_tenths) {
    EXPECT_EQ(fdb_bits_for(1), 17u);
    EXPECT_EQ(fdb_bits_for(734'003), 17u);
    EXPECT_EQ(fdb_bits_for(734'004), 18u);
    EXPECT_EQ(fdb_bits_for(16'000'000), 22u);
    EXPECT_FALSE(fdb_bits_for(24'000'000));
}

TEST(port_check, gives_each_sentence_the_place_of_the_port_that_it_names) {
    Options options;
    options.ports = {{*PortName::parse("1:1"), "1:1 wire", "b.conf:4"},
                     {*PortName::parse("1:11"), "1:11 tap", "b.conf:5"}};
    EXPECT_EQ(with_place(options, "port 1:11: no iface"), "b.conf:5: port 1:11: no iface");
    EXPECT_EQ(with_place(options, "1:1 has no such kind"), "b.conf:4: 1:1 has no such kind");
    options.modules = {{2, "2 worker-cores=5", "b.conf:6"}};
    EXPECT_EQ(with_place(options, "module 2: core 5 is none of worker-cores 1"),
              "b.conf:6: module 2: core 5 is none of worker-cores 1");
    EXPECT_EQ(with_place(options, "EAL does not know --nopci"), "EAL does not know --nopci");
}

TEST(dataplane_arguments, are_those_of_the_configuration) {
    Options options;
    options.ports = {{*PortName::parse("1:1"), "1:1 wire", ""}};
    options.modules = {{1, "1 worker-cores=1", ""}};
    options.system_mac = *Mac::parse("02:00:00:00:00:07");
    options.eal = {"--no-pci"};
    EXPECT_EQ(
        dataplane_arguments(options, true, true),
        (std::vector<std::string>{"--port", "1:1 wire", "--module", "1 worker-cores=1", "--worker-cores", "1",
                                  "--housekeeping-cores", "0", "--hugepages", "yes", "--fdb-max-entries", "16000000",
                                  "--system-mac", "02:00:00:00:00:07", "--max-frame", "9216", "--mbufs", "16384", "--check", "--", "--no-pci"}));
}

TEST_F(Configuration, gives_the_switch_an_address_of_its_own_that_stays_the_same) {
    const auto made = [this](const char* run_dir) { return read("port = 1:1 wire\n", {"--run-dir", run_dir}).system_mac; };
    EXPECT_EQ(made("/run/one").bytes[0], 0x02);
    EXPECT_EQ(made("/run/one"), made("/run/one"));
    EXPECT_NE(made("/run/one"), made("/run/two"));
    EXPECT_EQ(read("port = 1:1 wire\nsystem-mac = 02:00:00:00:00:09\n").system_mac.text(), "02:00:00:00:00:09");
    EXPECT_EQ(fault("port = 1:1 wire\nsystem-mac = 01:00:5e:00:00:09\n"),
              "f:2: system-mac is the address of one host, like 02:00:00:00:00:01, not \"01:00:5e:00:00:09\"");
}

}  // namespace
}  // namespace baton::chassis
