// SPDX-License-Identifier: Apache-2.0
// Saving, selecting, uploading and downloading, as commands: against a switch made by hand.
#include <gtest/gtest.h>

#include "controlplane/commands/interpreter.h"
#include "tests/unit/commands/fake_switch.h"

namespace baton::commands {
namespace {

class storage : public ::testing::Test {
  protected:
    struct Said {
        Code code{};
        std::string text;  // without the last piece, when that is an error
        std::string last;
        int slept = 0;
    };

    Said run(std::string_view line, std::string_view attachment = {}, bool json = false) {
        Said said;
        int calls = 0;
        interpreter.run({line, json, 5, Role::privileged, "anna", attachment}, [&](Output output) {
            ++calls;
            said.code = output.code;
            said.last = std::move(output.text);
            rest_ = std::move(output.rest);
        });
        EXPECT_EQ(calls, 1) << line;
        for (bool more = rest_ != nullptr; more;) {
            said.text += std::exchange(said.last, {});
            more = rest_->next(said.last);
            bool woken = false;
            if (more && said.last.empty() && rest_->sleeps([&] { woken = true; })) {
                ++said.slept;
                sw.release_commits();
                EXPECT_TRUE(woken);
            }
            if (!more) said.code = rest_->code();
        }
        if (said.code == Code::ok) Tried::note(interpreter, line);
        return said;
    }

    FakeSwitch sw;
    Interpreter interpreter{sw};
    std::unique_ptr<Pieces> rest_;
};

TEST_F(storage, save_stores_in_the_selected_space_or_in_the_one_that_is_said) {
    (void)run("create vlan red");
    EXPECT_TRUE(sw.unsaved());
    EXPECT_EQ(run("save").last, "The configuration is saved as primary, on both boards.\n");
    EXPECT_FALSE(sw.unsaved());
    EXPECT_EQ(sw.kept_.stored[0]->text, configuration_text(sw.running_));
    EXPECT_EQ(sw.kept_.stored[0]->stamp.by, "anna");
    EXPECT_EQ(run("use configuration secondary").code, Code::ok);
    EXPECT_EQ(sw.storage_.selected, config::Space::secondary);
    EXPECT_EQ(run("save configuration").last, "The configuration is saved as secondary, on both boards.\n");
    EXPECT_EQ(run("save conf prim").last, "The configuration is saved as primary, on both boards.\n");
    EXPECT_EQ(run("save secondary").code, Code::ok);
    EXPECT_TRUE(interpreter.nature("save").journalled);
    EXPECT_TRUE(interpreter.nature("use configuration primary").journalled);
}

TEST_F(storage, show_switch_tells_what_is_stored_and_whether_it_is_the_running_one) {
    EXPECT_NE(run("show switch")
                  .last.find("Config Modified:  no\nConfig Selected:  primary\nConfig Booted:    factory\n"
                             "Primary Config:   empty\n"),
              std::string::npos)
        << run("show switch").last;
    (void)run("create vlan red");
    (void)run("save secondary");
    (void)run("create vlan blue");
    const auto text = run("show switch").last;
    EXPECT_NE(text.find("Config Modified:  yes, 1 not saved\n"), std::string::npos) << text;
    EXPECT_NE(text.find("Secondary Config: Created by Baton Version " BATON_VERSION ", "), std::string::npos) << text;
    sw.storage_.complaint[0] = "/f/primary.cfg is damaged: its checksum is wrong";
    EXPECT_NE(run("show switch").last.find("Primary Config:   UNUSABLE: /f/primary.cfg is damaged"), std::string::npos);
}

TEST_F(storage, a_path_is_the_clients_and_a_host_the_switchs) {
    const auto up = interpreter.nature("upload configuration ./x.cfg");
    EXPECT_EQ(up.file, ClientFile::write);
    EXPECT_EQ(up.path, "./x.cfg");
    const auto down = interpreter.nature("download configuration /tmp/x.cfg incremental");
    EXPECT_EQ(down.file, ClientFile::read);
    EXPECT_EQ(down.path, "/tmp/x.cfg");
    EXPECT_GT(down.patience, 60u);
    EXPECT_EQ(interpreter.nature("download configuration host.example x.cfg").file, ClientFile::none);
    EXPECT_EQ(run("download configuration 10.0.0.1").code, Code::syntax);
    EXPECT_EQ(run("download configuration x.cfg").code, Code::syntax);
    for (const char* host : {"10.0.0.1", "10.0.0.1:6969", "[2001:db8::1]", "[2001:db8::1]:69", "a-b.example.net"})
        EXPECT_EQ(run(std::string("upload configuration ") + host + " x.cfg").code, Code::ok) << host;
    for (const char* host : {"2001:db8::1", "user@host", "-host", "[::1", "a/b", "[::1]x"})
        EXPECT_EQ(run(std::string("upload configuration ") + host + " x.cfg").code, Code::syntax) << host;
}

TEST_F(storage, upload_says_the_configuration_to_the_client_and_never_as_json) {
    (void)run("create vlan red");
    const auto said = run("upload configuration ./x.cfg", {}, true);
    EXPECT_EQ(said.text + said.last, configuration_text(sw.running_));
    EXPECT_EQ(run("upload configuration 10.0.0.1 x.cfg").last, "The configuration was sent to 'x.cfg' on 10.0.0.1.\n");
    ASSERT_EQ(sw.transfers_.size(), 1u);
    EXPECT_TRUE(sw.transfers_[0].upload);
    sw.transferred_ = Error{Code::timeout, "10.0.0.1 does not answer TFTP"};
    const auto lost = run("upload configuration 10.0.0.1 x.cfg");
    EXPECT_EQ(lost.code, Code::timeout);
    EXPECT_EQ(lost.last, "%% 10.0.0.1 does not answer TFTP\n");
}

TEST_F(storage, download_replaces_the_selected_stored_one_and_leaves_the_running_one) {
    const auto before = sw.running_;
    const auto said = run("download configuration ./x.cfg", "create vlan red\n");
    EXPECT_EQ(said.code, Code::ok);
    EXPECT_TRUE(said.last.starts_with("The downloaded configuration is stored as primary")) << said.last;
    EXPECT_NE(said.last.find("when the switch boots next"), std::string::npos);
    EXPECT_EQ(sw.running_, before);
    EXPECT_EQ(sw.kept_.stored[0]->text, "create vlan red\n");
    const auto bad = run("download configuration ./x.cfg", "create vlan red\ncreate vlan red\n");
    EXPECT_EQ(bad.code, Code::failed);
    EXPECT_NE(bad.last.find("line 2: VLAN red exists already"), std::string::npos) << bad.last;
    EXPECT_EQ(sw.kept_.stored[0]->text, "create vlan red\n");
    sw.transferred_ = std::string("create vlan blue\n");
    EXPECT_EQ(run("download configuration 10.0.0.1 x.cfg").code, Code::ok);
    EXPECT_EQ(sw.kept_.stored[0]->text, "create vlan blue\n");
}

TEST_F(storage, a_password_in_a_text_is_stored_and_journalled_as_its_hash_only) {
    const std::string text = "# mine\ncreate account user noc \"s3cret one\"\n";
    EXPECT_EQ(run("download configuration ./x.cfg", text).code, Code::ok);
    const auto& stored = sw.kept_.stored[0]->text;
    EXPECT_EQ(stored.find("s3cret"), std::string::npos) << stored;
    EXPECT_NE(stored.find("create account user \"noc\" encrypted \"$y$"), std::string::npos) << stored;
    EXPECT_EQ(run("download configuration ./x.cfg incremental", text).code, Code::ok);
    ASSERT_EQ(sw.committed_.size(), 1u);
    EXPECT_EQ(sw.committed_[0].line(), "create account user noc ***");
    const std::string hashed = "# mine\ncreate account user noc encrypted $y$x\n";
    EXPECT_EQ(run("download configuration ./x.cfg", hashed).code, Code::ok);
    EXPECT_EQ(sw.kept_.stored[0]->text, hashed) << "nothing to hide: kept as it came";
}

constexpr const char* mixed =
    "create vlan red\n# remark\nconfigure vlan red tag 5000\n\nconfigure vlan red tag 50\n"
    "configure vlan red add ports 1:1,1:9 tagged\nshow vlan\ncreate vlan blue";

TEST_F(storage, incremental_applies_line_by_line_names_each_and_goes_on) {
    const auto said = run("download configuration ./x.cfg incremental", mixed);
    EXPECT_EQ(said.code, Code::failed);
    EXPECT_EQ(said.last, "%% 3 of 6 lines failed and changed nothing; the others are applied\n");
    EXPECT_TRUE(said.text.starts_with("line 1: done\nline 3: ")) << said.text;
    EXPECT_NE(said.text.find("\nline 5: done\nline 6: port 1:9 does not exist"), std::string::npos) << said.text;
    EXPECT_NE(said.text.find("\nline 7: \"show vlan \" does not change"), std::string::npos) << said.text;
    EXPECT_TRUE(said.text.ends_with("line 8: done\n")) << said.text;
    EXPECT_EQ(sw.running_.vlan("red")->id, 50);
    EXPECT_TRUE(sw.running_.vlan("red")->tagged.empty()) << "nothing of line 6";
    EXPECT_NE(sw.running_.vlan("blue"), nullptr);
    const auto fine = run("download configuration ./x.cfg incremental", "delete vlan red\ndelete vlan blue\n");
    EXPECT_EQ(fine.code, Code::ok);
    EXPECT_TRUE((fine.text + fine.last).ends_with("2 lines applied\n"));
    EXPECT_EQ(run("download configuration ./x.cfg incremental", "# nothing\n").code, Code::failed);
}

TEST_F(storage, incremental_says_the_same_as_json) {
    const auto said = run("download configuration ./x.cfg incremental", mixed, true);
    const auto json = Json::parse(said.text + said.last);
    EXPECT_EQ(said.code, Code::failed);
    ASSERT_EQ(json["lines"].size(), 6u);
    EXPECT_EQ(json["lines"][0]["line"], 1);
    EXPECT_EQ(json["lines"][0]["ok"], true);
    EXPECT_EQ(json["lines"][1]["line"], 3);
    EXPECT_TRUE(json["lines"][1].contains("error"));
    EXPECT_EQ(json["applied"], 3);
    EXPECT_EQ(json["failed"], 3);
    EXPECT_EQ(Json::parse(run("download configuration ./x incremental", "", true).last)["failed"], 0);
}

TEST_F(storage, incremental_sleeps_while_the_data_plane_is_asked) {
    sw.hold_ = true;
    const auto said = run("download configuration ./x.cfg incremental", "create vlan red\ncreate vlan blue\n");
    EXPECT_EQ(said.code, Code::ok);
    EXPECT_EQ(said.slept, 2);
    EXPECT_NE(sw.running_.vlan("blue"), nullptr);
}

TEST_F(storage, incremental_whose_client_went_away_leaves_its_last_line_to_the_switch) {
    sw.hold_ = true;
    interpreter.run({"download configuration ./x.cfg incremental", false, 5, Role::privileged, "anna",
                     "create vlan red\ncreate vlan blue\n"},
                    [&](Output output) {
                        std::string text;
                        EXPECT_TRUE(output.rest->next(text));
                        EXPECT_TRUE(output.rest->sleeps([] {}));
                    });
    sw.release_commits();
    EXPECT_NE(sw.running_.vlan("red"), nullptr);
    EXPECT_EQ(sw.running_.vlan("blue"), nullptr);
}

TEST_F(storage, the_factorys_configuration_comes_back) {
    const auto factory = sw.running_;
    for (const char* line : {"create vlan red", "configure vlan red tag 9", "configure vlan Default delete ports all",
                             "configure vlan red add ports all", "disable ports 1:2", "configure sys-name Core",
                             "configure fdb agingtime 0", "create fdbentry 02:00:00:00:00:01 vlan red blackhole"})
        (void)run(line);
    EXPECT_NE(sw.running_, factory);
    EXPECT_EQ(run("unconfigure switch").code, Code::ok);
    EXPECT_EQ(sw.running_, factory);
    EXPECT_FALSE(interpreter.nature("unconfigure switch").confirm.empty());
    EXPECT_EQ(run("unconfigure switch").last, "The switch has the factory's configuration already.\n");
}

}  // namespace
}  // namespace baton::commands
