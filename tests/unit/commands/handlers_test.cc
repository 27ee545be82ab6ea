// SPDX-License-Identifier: Apache-2.0
// Every family against a switch made by hand: what is asked of it, and the shapes of what is shown.
#include <gtest/gtest.h>

#include "tests/unit/commands/fake_switch.h"

namespace baton::commands {
namespace {

class handlers : public testing::Test {
  protected:
    FakeSwitch sw;
    Interpreter interpreter{sw};

    std::string text(std::string_view line) { return say(interpreter, line).text; }

    Json json(std::string_view line) { return json_of(interpreter, line); }

    void change(std::string_view line) {
        const auto said = say(interpreter, line, false, 77);
        EXPECT_EQ(said.code, Code::ok) << line << "\n" << said.text;
    }

    std::string refused(std::string_view line, Code code = Code::failed) {
        const auto said = say(interpreter, line);
        EXPECT_EQ(said.code, code) << line << "\n" << said.text;
        EXPECT_TRUE(said.text.starts_with("%% ")) << said.text;
        return said.text;
    }
};

TEST_F(handlers, a_change_is_one_transaction_with_token_line_and_text) {
    const auto said = say(interpreter, "cr vl blue", false, 4711);
    EXPECT_EQ(said.text, "VLAN \"blue\" created.\n");
    ASSERT_EQ(sw.committed_.size(), 1u);
    EXPECT_EQ(sw.committed_[0].token(), 4711u);
    EXPECT_EQ(sw.committed_[0].line(), "cr vl blue");
    EXPECT_EQ(sw.committed_[0].text(), said.text);
    EXPECT_EQ(sw.outcome(4711), said.text);
    EXPECT_NE(sw.running().vlan("BLUE"), nullptr);
}

TEST_F(handlers, a_change_is_answered_with_what_was_journalled) {
    sw.journalled_besides_ = "It is programmed later.\n";
    EXPECT_EQ(say(interpreter, "create vlan blue", false, 4712).text,
              "VLAN \"blue\" created.\nIt is programmed later.\n");
}

TEST_F(handlers, an_answer_to_a_change_waits_for_its_commit) {
    sw.hold_ = true;
    int answers = 0;
    interpreter.run({"create vlan blue", false, 1, Role::privileged}, [&](Output output) {
        ++answers;
        EXPECT_EQ(output.code, Code::ok);
    });
    EXPECT_EQ(answers, 0);
    sw.release_commits();
    EXPECT_EQ(answers, 1);
}

TEST_F(handlers, vlans_are_made_filled_and_emptied) {
    change("create vlan Blue");
    change("configure vlan blue tag 10");
    change("configure vlan default delete ports 1:2,2:1");
    change("configure vlan BLUE add ports 1:2 untagged");
    change("configure vlan blue add ports 1:1,1:3 tagged");
    change("configure vlan blue add ports 2:*");
    EXPECT_EQ(text("show vlan"),
              "Name     VID  Tag     Ports  Untagged  Tagged\n"
              "----------------------------------------------\n"
              "Blue      10  802.1Q    3/4  1:2,2:1   1:1,1:3\n"
              "Default    1  802.1Q    1/2  1:1,1:3   -\n"
              "\nTotal number of VLANs: 2\n");
    change("disable ports 1:3");
    sw.tables_->ports[3].enabled = 0;  // as the data plane would
    sw.tables_->workers[0].vlan[10].rx_frames = 5;
    sw.tables_->workers[1].vlan[10].rx_frames = 2;
    EXPECT_EQ(text("show vlan blue"),
              "VLAN Interface with name \"Blue\" created by user\n"
              "    Tagging:    802.1Q Tag 10\n"
              "    Received:   7 frames, 0 bytes\n"
              "    Sent:       0 frames, 0 bytes\n"
              "    Ports:      4.  (Number of active ports=3)\n"
              "       Flags:   (*) Active, (!) Disabled\n"
              "       Untag:   *1:2 *2:1\n"
              "       Tag:     *1:1 !1:3\n"
              "\nTotal number of VLANs: 1\n");
    const auto shown = json("show vlan blue")["vlans"][0];
    EXPECT_EQ(shown["tag"], 10);
    EXPECT_EQ(shown["tagged"], Json({"1:1", "1:3"}));
    EXPECT_EQ(shown["disabled"], Json({"1:3"}));
    change("configure vlan blue delete ports all");
    EXPECT_EQ(json("show vlan blue")["vlans"][0]["untagged"], Json::array());
    EXPECT_EQ(text("configure vlan blue delete ports all"), "VLAN \"Blue\" has no ports.\n");
    change("delete vlan blue");
    EXPECT_EQ(json("show vlan")["vlans"].size(), 1u);
    EXPECT_EQ(refused("show vlan blue"), "%% there is no VLAN \"blue\"; show vlan lists them\n");
}

TEST_F(handlers, what_the_transaction_refuses_is_said_as_it_says_it) {
    change("create vlan blue");
    EXPECT_NE(refused("configure vlan blue add ports 1:1").find("Default"), std::string::npos);
    EXPECT_NE(refused("create vlan blue").find("exists"), std::string::npos);
    EXPECT_EQ(refused("configure vlan blue add ports 1:9"),
              "%% port 1:9 does not exist; show ports lists those that do\n");
}

TEST_F(handlers, the_fabric_is_shown_by_plane_module_and_pair) {
    sw.tables_->fabric.module[0] = 1;
    sw.tables_->fabric.module[1] = 2;
    sw.tables_->ports[4].worker = 1;
    sw.baton_->plane[0] = PlaneState::working;
    sw.baton_->plane_changed_ns[1] = 1'000'000'000;  // msm-b's went
    sw.tables_->fabric.usable = 1;
    sw.tables_->fabric.changes = 1;
    sw.tables_->fabric.changed_ns = 1'000'700'000;
    auto& sent = sw.tables_->crossed[0].crossed;
    auto& taken = sw.tables_->crossed[1].crossed;
    taken[0][0][1].frames = 10;
    taken[0][0][1].bytes = 640;
    taken[0][0][1].most_waiting = 3;
    sent[1][0][1].lost = 4;   // where it was to go in
    taken[1][0][1].lost = 2;  // what lay there
    sent[0][0][1].full = 1;
    taken[0][1][0].frames = 5;
    EXPECT_EQ(text("show fabric"),
              "2 planes, 2 modules, reprogrammed 1 times, last 700 us after the planes had changed\n"
              "\n"
              "Plane  Board  State    Usable  Frames  Bytes  Lost  Full\n"
              "--------------------------------------------------------\n"
              "A      msm-a  working  yes         15    640     0     1\n"
              "B      msm-b  absent   no           0      0     6     0\n"
              "\n"
              "Module  Workers  Ports\n"
              "----------------------------\n"
              "     1  0        1:1,1:2,1:3\n"
              "     2  1        2:1\n"
              "\n"
              "From  To  Plane  Frames  Bytes  Lost  Full  Most waiting\n"
              "--------------------------------------------------------\n"
              "   1   2  A          10    640     0     1     3 of 2048\n"
              "   2   1  A           5      0     0     0     0 of 2048\n"
              "   1   2  B           0      0     6     0     0 of 2048\n"
              "   2   1  B           0      0     0     0     0 of 2048\n");
    const auto shown = json("show fabric");
    EXPECT_EQ(shown["planes"][1]["lost"], 6);
    EXPECT_EQ(shown["planes"][1]["usable"], false);
    EXPECT_EQ(shown["crossings"][0]["frames"], 10);
    EXPECT_EQ(shown["modules"][1]["ports"], Json({"2:1"}));
    sw.baton_->plane_changed_ns[0] = 2'000'000'000;
    EXPECT_TRUE(json("show fabric")["reprogrammed_after_us"].is_null()) << "the modules do not know of it yet";
    sw.tables_->fabric.module[1] = 0;
    EXPECT_NE(text("show fabric").find("With one module no frame crosses the fabric.\n"), std::string::npos);
}

TEST_F(handlers, permanent_entries_have_one_port_or_none) {
    change("create fdbentry 00:01:30:4D:2A:01 vlan default ports 1:2");
    change("create fdbentry 00:01:30:4d:2a:02 vlan default blackhole");
    EXPECT_EQ(sw.committed_[0].changes(0).fdb_entry_create().mac(), "00:01:30:4d:2a:01");
    EXPECT_EQ(sw.committed_[0].changes(0).fdb_entry_create().vlan(), "Default");
    EXPECT_TRUE(sw.committed_[1].changes(0).fdb_entry_create().blackhole());
    EXPECT_EQ(refused("create fdbentry 00:01:30:4d:2a:03 vlan default ports 1:1-1:2"),
              "%% an entry leads to one port, and 1:1,1:2 are 2 ports; name one of them\n");
    refused("create fdbentry 00:01:30:4d:2a:03 vlan default", Code::syntax);
    change("delete fdbentry 00:01:30:4d:2a:02 vlan default");
    EXPECT_EQ(sw.running().statics().size(), 1u);
}

TEST_F(handlers, flushes_say_exactly_what_is_meant) {
    change("clear fdb");
    change("clear fdb vlan default");
    change("clear fdb 00:01:30:4d:2a:01 vlan default");
    change("clear fdb ports 1:2,2:1");
    ASSERT_EQ(sw.flushes_.size(), 5u);
    EXPECT_EQ(sw.flushes_[0].vlan | sw.flushes_[0].port | sw.flushes_[0].mac, 0u);
    EXPECT_EQ(sw.flushes_[1].vlan, 1);
    EXPECT_EQ(sw.flushes_[2].mac, 0x0001304d2a01u);
    EXPECT_EQ(sw.flushes_[3].port, 2);
    EXPECT_EQ(sw.flushes_[4].port, 4);
    refused("clear fdb vlan nowhere");
}

TEST_F(handlers, the_aging_time_has_its_range) {
    change("configure fdb agingtime 0");
    change("configure fdb agingtime 15");
    EXPECT_EQ(sw.running().aging_seconds(), 15u);
    EXPECT_EQ(refused("configure fdb agingtime 14", Code::syntax),
              "%% \"14\" does not fit: the time is 0 (never) or 15 to 1000000 seconds\n"
              "   configure fdb agingtime 14\n"
              "                           ^^\n");
}

TEST_F(handlers, errors_point_in_text_and_in_json) {
    EXPECT_EQ(refused("configure vlan default tga 5", Code::syntax),
              "%% \"tga\" is not known here; expected add, delete, ipaddress or tag\n"
              "   configure vlan default tga 5\n"
              "                          ^^^\n");
    const auto said = say(interpreter, "configure vlan default tga 5 | json", true);
    const auto error = Json::parse(said.text);
    EXPECT_EQ(error["position"], 23);
    EXPECT_EQ(error["length"], 3);
    EXPECT_EQ(error["code"], 2);
    EXPECT_EQ(error["expected"], Json({"add", "delete", "ipaddress", "tag"}));
    EXPECT_EQ(Json::parse(say(interpreter, "show vlan x", true).text)["code"], 1);
}

TEST_F(handlers, fdb_is_shown_sorted_with_flags_age_and_sums) {
    change("create vlan blue");
    const auto blue = sw.running().vlan("blue")->id;
    sw.put_mac(1, 0x0001304d2a02, 2, false, 2);
    sw.put_mac(1, 0x0001304d2a01, 1, false, 0);
    sw.put_mac(blue, 0x0001304d2a09, 4, true);
    sw.put_mac(1, 0x0001304d2a03, fdb_dest_blackhole, true);
    sw.tables_->workers[0].learn_full = 3;
    EXPECT_EQ(
        text("show fdb"),
        "MAC                VLAN Name( Tag)                     Age Flags  Port\n"
        "------------------------------------------------------------------------\n"
        "00:01:30:4d:2a:01  Default(   1)                         0 d m    1:1\n"
        "00:01:30:4d:2a:02  Default(   1)                       120 d m    1:2\n"
        "00:01:30:4d:2a:03  Default(   1)                         0 spmbB  -\n"
        "00:01:30:4d:2a:09  blue(4094)                            0 spm    2:1\n"
        "\nFlags : d - Dynamic, s - Static, p - Permanent, m - MAC, b - dropped when from it, B - dropped when to it\n"
        "\nTotal: 4 Static: 2 Perm: 2 Dyn: 2 Dropped: 3\nFDB Aging time: 300\n");
    const auto shown = json("show fdb");
    EXPECT_EQ(shown["total"], 4);
    EXPECT_EQ(
        shown["entries"][1],
        Json::parse(
            R"({"mac":"00:01:30:4d:2a:02","vlan":"Default","tag":1,"age":120,"flags":"d m","port":"1:2","static":false,"blackhole":false})"));
    EXPECT_EQ(shown["entries"][2]["port"], nullptr);
    EXPECT_EQ(json("show fdb permanent")["total"], 2);
    EXPECT_EQ(json("show fdb vlan BLUE")["total"], 1);
    EXPECT_EQ(json("show fdb ports 1:1,2:1")["total"], 2);
    EXPECT_EQ(json("show fdb 00:01:30:4d:2a:02")["entries"][0]["port"], "1:2");
    EXPECT_EQ(json("show fdb 00:01:30:4d:2a:ff")["entries"], Json::array());
    EXPECT_EQ(json("show fdb 00:01:30:4d:2a:ff")["total"], 0);
}

TEST_F(handlers, a_table_too_large_to_sort_is_shown_whole_in_slices) {
    constexpr std::uint64_t count = 100'000;
    for (std::uint64_t mac = 1; mac <= count; ++mac) sw.put_mac(1, 0x020000000000 + mac, 1);
    std::string all;
    std::size_t slices = 0, largest = 0;
    std::int64_t longest = 0;
    interpreter.run({"show fdb", true, 0, Role::privileged}, [&](Output output) {
        ASSERT_TRUE(output.rest);
        for (bool more = true; more; ++slices) {
            const auto before = all.size();
            const auto at = monotonic_now();
            more = output.rest->next(all);
            longest = std::max(longest, (monotonic_now() - at).ns);
            largest = std::max(largest, all.size() - before);
        }
    });
    EXPECT_GT(slices, 100u);
    EXPECT_LT(largest, 40'000u);
    RecordProperty("longest_slice_us", static_cast<int>(longest / 1000));
    const auto shown = Json::parse(all);
    EXPECT_EQ(shown["total"], count);
    std::set<std::string> macs;
    for (const auto& entry : shown["entries"]) macs.insert(entry["mac"]);
    EXPECT_EQ(macs.size(), count);
}

TEST_F(handlers, ports_show_state_counters_and_drops) {
    change("configure vlan default tag 1");
    sw.tables_->ports[2].enabled = 0;
    EXPECT_EQ(text("show ports 1:*"),
              "Port  State     Link  Changes  Speed  Untagged  Tagged  Worker  Kind  Device\n"
              "----------------------------------------------------------------------------\n"
              "1:1   active    up          0      -  Default   -            0  wire  wire 1\n"
              "1:2   disabled  up          0      -  Default   -            0  wire  wire 2\n"
              "1:3   ready     down        0      -  Default   -            0  wire  wire 3\n");
    sw.tables_->workers[0].port[1].rx_frames = 10;
    sw.tables_->workers[1].port[1].rx_frames = 1;
    sw.tables_->workers[0].port[1].tx_bytes = 640;
    sw.tables_->workers[1].drops[1][static_cast<std::size_t>(Drop::runt)] = 4;
    EXPECT_EQ(text("show ports 1:1 stat"),
              "Port  State   Rx frames  Rx bytes  Tx frames  Tx bytes  Dropped\n"
              "---------------------------------------------------------------\n"
              "1:1   active         11         0          0       640        4\n");
    EXPECT_EQ(text("show drops"),
              "Port  Reason  Frames  Meaning\n"
              "-------------------------------------------------------\n"
              "1:1   runt         4  shorter than 60 bytes without FCS\n"
              "\nTotal: 4\n");
    const auto drops = json("show drops");
    EXPECT_EQ(drops["reasons"]["runt"], 4);
    EXPECT_EQ(drops["reasons"].size(), drop_count);
    EXPECT_EQ(text("show drops ports 1:2"), "No frame was dropped.\n");
    sw.tables_->workers[0].drops[no_port][static_cast<std::size_t>(Drop::no_route)] = 2;
    EXPECT_EQ(text("show drops"),
              "Port    Reason    Frames  Meaning\n"
              "-----------------------------------------------------------\n"
              "1:1     runt           4  shorter than 60 bytes without FCS\n"
              "switch  no_route       2  no route leads to its destination\n"
              "\nTotal: 6\n");
    EXPECT_EQ(json("show workers")["workers"][0]["ports"].size(), 4u);
    change("disable ports all");
    EXPECT_EQ(sw.running().disabled().size(), 4u);
    change("enable ports 1:1-1:2");
    EXPECT_EQ(sw.running().disabled().size(), 2u);
}

TEST_F(handlers, before_the_first_failover_the_cause_is_never) {
    const auto shown = json("show msm-failover");
    EXPECT_EQ(shown["term"], 1);
    EXPECT_EQ(shown["hitless_ready"], true);
    EXPECT_FALSE(shown.contains("why_not"));
    EXPECT_EQ(shown["boards"][0]["slot"], "msm-a");
    EXPECT_EQ(shown["boards"][0]["role"], "master");
    EXPECT_EQ(shown["boards"][1]["role"], "slave");
    EXPECT_EQ(shown["boards"][1]["pid"], 102);
    EXPECT_EQ(shown["boards"][1]["subsystems"].size(), subsystem_count);
    EXPECT_EQ(shown["boards"][1]["subsystems"][0],
              Json::parse(
                  R"({"name":"configuration","state":"ready","reason":"none","old_state":"xfr","old_reason":"none"})"));
    EXPECT_EQ(shown["last_failover"],
              Json::parse(R"({"cause":"never","duration_us":0,"at":null,"frames_dropped":null})"));
}

TEST_F(handlers, a_failover_is_shown_with_cause_and_duration) {
    sw.board_runs(Slot::msm_b, 102, BoardRole::master);
    sw.board_runs(Slot::msm_a, 103, BoardRole::slave);
    sw.grant(2, Slot::msm_b, Slot::msm_a, Cause::exception, 345'678);
    sw.journal_->head = 1000;
    sw.journal_->sequence = 10;
    sw.page(Slot::msm_a).journal_position = 900;
    sw.page(Slot::msm_a).journal_sequence = 8;
    const auto shown = json("show msm-failover");
    EXPECT_EQ(shown["last_failover"]["cause"], "exception");
    EXPECT_EQ(shown["last_failover"]["duration_us"], 345);
    EXPECT_EQ(shown["last_failover"]["frames_dropped"], nullptr) << "the data plane is still counting";
    sw.tables_->applier.terms[2].drops_at_open = 101;
    sw.tables_->applier.terms[2].drops_at_end = 108;
    EXPECT_EQ(json("show msm-failover")["last_failover"]["frames_dropped"], 7);
    EXPECT_NE(text("show msm-failover").find("frames dropped by the switch meanwhile: 7\n"), std::string::npos);
    EXPECT_EQ(shown["last_failover"]["at"], "2023-11-14T22:13:20.123Z");
    EXPECT_EQ(shown["boards"][0]["role"], "slave");
    EXPECT_EQ(shown["boards"][0]["journal_lag_records"], 2);
    EXPECT_EQ(shown["boards"][0]["journal_lag_bytes"], 100);
    EXPECT_EQ(shown["history"].size(), 2u);
    const auto said = text("show msm-failover");
    EXPECT_NE(
        said.find(
            "Cause of last MSM failover: exception\n    msm-a to msm-b, at 2023-11-14T22:13:20.123Z, took 345 us\n"),
        std::string::npos)
        << said;
    EXPECT_NE(said.find("MSM-B:            MASTER  active, release 0.1.0, pid 102, starts 1\n"), std::string::npos)
        << said;
}

TEST_F(handlers, an_absent_slave_is_not_available_and_says_why_failover_would_hurt) {
    sw.board_is_gone(Slot::msm_b);
    sw.why_not_ = "the slave is absent; look at the chassis's log";
    const auto shown = json("show msm-failover");
    EXPECT_EQ(shown["hitless_ready"], false);
    EXPECT_EQ(shown["why_not"], sw.why_not_);
    EXPECT_EQ(shown["boards"][1]["role"], "absent");
    EXPECT_EQ(shown["boards"][1]["pid"], 0);
    EXPECT_EQ(shown["boards"][1]["subsystems"][0]["state"], "<not available>");
    EXPECT_NE(text("show msm-failover").find("MSM-B:            ABSENT  <not available>\n"), std::string::npos);
    sw.baton_->board_pid[1] = 205;  // started anew, has not said a word yet: its page is that of the dead one
    EXPECT_EQ(json("show msm-failover")["boards"][1]["role"], "absent");
    EXPECT_EQ(json("show msm-failover")["boards"][1]["state"], "starting");
    EXPECT_NE(refused("run msm-failover", Code::not_ready).find("absent"), std::string::npos);
    EXPECT_EQ(sw.hand_overs_, 0);
}

TEST_F(handlers, the_baton_goes_and_boards_restart_when_told) {
    EXPECT_EQ(text("run msm"), "The baton goes to msm-b.\n");
    EXPECT_EQ(sw.hand_overs_, 1);
    change("reboot slot msm-b");
    change("reboot slot msm-a hard-reset");
    EXPECT_EQ(sw.reboots_, (std::vector<std::pair<Slot, bool>>{{Slot::msm_b, false}, {Slot::msm_a, true}}));
    EXPECT_FALSE(interpreter.nature("reboot slot msm-a").confirm.empty());
    refused("reboot slot msm-c", Code::syntax);
}

TEST_F(handlers, failover_settings_are_said_in_the_guides_words_and_shown) {
    EXPECT_EQ(json("show msm-failover")["configuration"], Json::parse(R"({
        "slave_config":"flash","link_action":"take-links-down","preserve_state":"none","timeout":60,
        "esrp_failover_mode":"none","esrp_reelect_timeout":30,"hang_action":"discard",
        "sys_recovery_level":"none","sys_recovery_action":null})"));
    change("configure sys-recovery-level critical msm-failover");
    change("configure msm-failover slave-config inherited");
    change("configure msm-failover link-action keep-links-up preserve-state l2_l3");
    change("configure msm-failover timeout 30");
    change("configure msm-failover esrp-failover-mode remain-esrp-master-in-l2-domains");
    change("configure msm-failover hang-action hitless");
    EXPECT_EQ(json("show msm-failover")["configuration"], Json::parse(R"({
        "slave_config":"inherited","link_action":"keep-links-up","preserve_state":"l2_l3","timeout":30,
        "esrp_failover_mode":"remain-esrp-master-in-l2-domains","esrp_reelect_timeout":30,"hang_action":"hitless",
        "sys_recovery_level":"critical","sys_recovery_action":"msm-failover"})"));
    const auto shown = text("show msm-failover");
    for (const auto* line : {"Preserve state:", "l2_l3", "critical msm-failover", "30 s", "re-elect timeout 30 s"})
        EXPECT_NE(shown.find(line), std::string::npos) << line << "\n" << shown;
    change("configure msm-failover esrp-failover-mode rapid-reelection");
    change("configure msm-failover link-action keep-links-up");
    EXPECT_EQ(sw.running().msm_failover().preserve, config::Preserve::none) << "as the guide has it";
    change("configure msm-failover link-action keep-links-up preserve-state l2");
    change("configure msm-failover link-action take-links-down");
    EXPECT_EQ(sw.running().msm_failover().preserve, config::Preserve::none);
    change("unconfigure msm-failover");
    EXPECT_EQ(sw.running().msm_failover(), config::MsmFailover{});
    EXPECT_EQ(sw.running().recovery_level().level, config::Recovery::critical);
    change("configure sys-recovery-level none");
    EXPECT_EQ(sw.running().recovery_level(), config::RecoveryLevel{});
}

TEST_F(handlers, failover_settings_that_make_no_sense_are_refused_with_what_to_do) {
    EXPECT_NE(
        refused("configure msm-failover link-action keep-links-up preserve-state l2").find("slave-config inherited"),
        std::string::npos);
    change("configure msm-failover slave-config inherited");
    change("configure msm-failover link-action keep-links-up preserve-state l2");
    EXPECT_NE(refused("configure msm-failover slave-config flash").find("link-action keep-links-up"),
              std::string::npos);
    refused("configure msm-failover timeout 29", Code::syntax);
    refused("configure msm-failover timeout 301", Code::syntax);
    refused("configure msm-failover esrp-failover-mode remain-esrp-master-in-l2-domains 14", Code::syntax);
    EXPECT_NE(refused("configure sys-recovery-level all shutdown").find("msm-failover"), std::string::npos);
    EXPECT_NE(refused("configure sys-recovery-level all system-dump msm-failover").find("leave system-dump out"),
              std::string::npos);
    refused("configure sys-recovery-level all system-dump maintenance-mode");
    refused("configure sys-recovery-level all", Code::syntax);
}

TEST_F(handlers, check_names_what_stands_in_the_way_and_its_remedies_mend_it) {
    const auto verdict = [&] {
        Output out;
        interpreter.run({"check msm-failover", false, 0, Role::read}, [&](Output output) { out = std::move(output); });
        EXPECT_EQ(out.code, Code::ok) << "it is an answer, not an error";
        return out.verdict;
    };
    EXPECT_EQ(verdict(), Code::not_ready);
    auto checked = json("check msm-failover");
    EXPECT_EQ(checked["hitless"], false);
    std::vector<std::string> named;
    for (const auto& finding : checked["findings"]) named.push_back(finding["what"]);
    EXPECT_EQ(named, (std::vector<std::string>{"slave-config", "link-action", "sys-recovery-level"}));
    EXPECT_EQ(checked["notes"][0]["what"], "hang-action");
    for (const auto& finding : checked["findings"]) change(finding["remedy"].get<std::string>());
    checked = json("check msm-failover");
    EXPECT_EQ(checked["hitless"], true) << checked;
    EXPECT_EQ(verdict(), Code::ok);
    EXPECT_EQ(checked["causes"][0],
              Json::parse(R"({"cause":"admin","hitless":"yes","consequences":"nothing is lost"})"));
    EXPECT_EQ(checked["causes"][2]["cause"], "watchdog");
    EXPECT_EQ(checked["causes"][2]["hitless"], "no");
    EXPECT_EQ(checked["causes"][5]["hitless"], "partial");
    change(checked["notes"][0]["remedy"].get<std::string>());
    EXPECT_EQ(json("check msm-failover")["causes"][2]["hitless"], "yes");
    EXPECT_TRUE(json("check msm-failover")["notes"].empty());

    sw.why_not_ = "msm-b cannot take over hitless: subsystem log is failed, reason invalid brkt; reboot the slave";
    EXPECT_EQ(verdict(), Code::not_ready);
    const auto finding = json("check msm-failover")["findings"][0];
    EXPECT_EQ(finding["what"], "msm-b");
    EXPECT_EQ(finding["remedy"], "reboot the slave");
    EXPECT_NE(text("check msm-failover").find("reason invalid brkt\n      reboot the slave\n"), std::string::npos);
}

TEST_F(handlers, a_failover_that_costs_something_asks_first_and_says_what) {
    EXPECT_NE(interpreter.nature("run msm-failover").confirm.find("all links go down"), std::string::npos);
    change("configure msm-failover slave-config inherited");
    change("configure msm-failover link-action keep-links-up");
    const auto question = interpreter.nature("run msm").confirm;
    EXPECT_NE(question.find("learned addresses are forgotten"), std::string::npos) << question;
    EXPECT_EQ(question.find("links go down"), std::string::npos) << question;
    change("configure msm-failover link-action keep-links-up preserve-state l2");
    EXPECT_EQ(interpreter.nature("run msm-failover").confirm, "");
    change("unconfigure msm-failover");
    sw.why_not_ = "the slave is absent; insert it";
    EXPECT_EQ(interpreter.nature("run msm-failover").confirm, "") << "it is refused in any case";
}

TEST_F(handlers, diagnostics_are_run_on_the_board_that_is_named) {
    EXPECT_EQ(text("run diagnostics slot msm-b"), "msm-b passed its diagnostics.\n");
    EXPECT_EQ(text("run diagnostics slot msm-a extended"), "msm-a passed its extended diagnostics.\n");
    text("run diagnostics slot msm-a normal");
    EXPECT_EQ(sw.diagnoses_,
              (std::vector<std::pair<Slot, bool>>{{Slot::msm_b, false}, {Slot::msm_a, true}, {Slot::msm_a, false}}));
    sw.diagnosis_ = failure("diagnostics: the configuration in memory was damaged");
    EXPECT_NE(refused("run diagnostics slot msm-b").find("damaged"), std::string::npos);
}

TEST_F(handlers, natures_tell_changes_from_reads) {
    EXPECT_FALSE(interpreter.nature("show vlan").change);
    EXPECT_FALSE(interpreter.nature("no such thing").change);
    EXPECT_FALSE(interpreter.nature("create vlan ?").change);
    EXPECT_TRUE(interpreter.nature("create vlan x").change);
    EXPECT_TRUE(interpreter.nature("create vlan x").journalled);
    EXPECT_TRUE(interpreter.nature("clear fdb | count").change);
    EXPECT_FALSE(interpreter.nature("clear fdb").journalled);
}

TEST_F(handlers, roles_bound_what_an_account_may_do) {
    for (const auto& [line, role, allowed] :
         std::initializer_list<std::tuple<const char*, Role, bool>>{{"show vlan", Role::read, true},
                                                                    {"create vlan x", Role::read, false},
                                                                    {"create vlan x", Role::change, true},
                                                                    {"run msm-failover", Role::change, false},
                                                                    {"run msm-failover", Role::privileged, true}})
        interpreter.run({line, false, 0, role},
                        [&](Output output) { EXPECT_EQ(output.code == Code::ok, allowed) << line; });
}

TEST_F(handlers, the_switch_is_shown_and_named) {
    change("configure snmp sysName Core-1");
    EXPECT_EQ(json("show switch")["name"], "Core-1");
    EXPECT_EQ(interpreter.prompt(7), "* Core-1.7 # ");
    change("configure sys-name Core-2");
    const auto said = text("show switch");
    EXPECT_TRUE(said.starts_with("SysName:          Core-2\n")) << said;
    EXPECT_NE(said.find("Master:           msm-a, term 1\n"), std::string::npos) << said;
    EXPECT_EQ(json("show version")["boards"][1]["release"], "0.1.0");
}

TEST_F(handlers, the_log_is_shown_cut_and_cleared) {
    sw.log_ = {{FakeSwitch::wall, log::Level::notice, "msm-a", "role=master term=1"},
               {FakeSwitch::wall + 1'000'000, log::Level::warning, "msm-b", "bell \a and \x1b[2J"}};
    EXPECT_EQ(text("show log"),
              "2023-11-14T22:13:20.123Z notice  msm-a: role=master term=1\n"
              "2023-11-14T22:13:20.124Z warning msm-b: bell ? and ?[2J\n");
    EXPECT_EQ(json("show log 1")["lines"].size(), 1u);
    EXPECT_EQ(json("show log 1")["lines"][0]["slot"], "msm-b");
    change("clear log");
    EXPECT_EQ(text("show log"), "The log is empty.\n");
}

TEST_F(handlers, the_shown_configuration_makes_the_same_switch_out_of_the_factorys) {
    for (const auto* line :
         {"create vlan blue", "configure vlan blue tag 10", "create vlan red",
          "configure vlan default delete ports 1:1,1:2", "configure vlan blue add ports 1:1 untagged",
          "configure vlan red add ports 1:2", "configure vlan blue add ports 1:2-2:1 tagged",
          "create fdbentry 00:01:30:4d:2a:01 vlan blue ports 2:1",
          "create fdbentry 00:01:30:4d:2a:02 vlan red blackhole", "disable ports 1:3", "configure fdb agingtime 1234",
          "configure sys-name Core", "configure msm-failover slave-config inherited",
          "configure msm-failover link-action keep-links-up preserve-state l2", "configure msm-failover timeout 299",
          "configure msm-failover esrp-failover-mode remain-esrp-master-in-l2-domains 44",
          "configure msm-failover hang-action hitless", "configure sys-recovery-level critical reboot"})
        change(line);
    FakeSwitch other;
    const Interpreter again(other);
    const auto shown = text("show configuration");
    std::istringstream lines(shown);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) continue;
        const auto said = say(again, line);
        EXPECT_EQ(said.code, Code::ok) << line << "\n" << said.text;
    }
    EXPECT_EQ(other.running(), sw.running()) << shown;
    EXPECT_EQ(say(again, "show configuration").text, shown);
}

TEST_F(handlers, help_lists_and_explains) {
    const auto all = json("help")["commands"];
    EXPECT_EQ(all.size(), commands().size());
    EXPECT_EQ(json("help sh fdb")["commands"].size(), 1u);
    EXPECT_TRUE(text("help sh fdb").starts_with("show fdb {<mac>"));
    EXPECT_EQ(json("help agingtime")["commands"].size(), 2u);
    refused("help nonsense", Code::syntax);
    const auto words = interpreter.help("configure vlan ", 15);
    ASSERT_TRUE(words);
    EXPECT_EQ(*words, (std::vector<std::string>{"<vlan>\tName of a VLAN that exists", "Default\t"}));
    EXPECT_EQ(interpreter.help("show vl", 7)->front(), "vlan\tShows VLANs, their tags and their ports");
    EXPECT_EQ(interpreter.help("cr", 2)->front(), "create\tMake a new VLAN or entry");
    EXPECT_FALSE(interpreter.help("nonsense x", 10));
    EXPECT_EQ(interpreter.complete("show vlan D", 11), (std::vector<std::string>{"detail", "Default"}));
    EXPECT_EQ(interpreter.complete("disable ports 1:1,2", 19), (std::vector<std::string>{"1:1,2:1"}));
    EXPECT_EQ(interpreter.complete("show fdb | in", 13), (std::vector<std::string>{"include"}));
    EXPECT_EQ(interpreter.help("show fdb | ", 11)->size(), 5u);
    EXPECT_NE(text("show vlan ?").find("detail"), std::string::npos);
    EXPECT_EQ(say(interpreter, "exit").local, "exit");
    EXPECT_EQ(say(interpreter, "dis clip").local, "paging off");
    EXPECT_EQ(say(interpreter, "").code, Code::ok);
}

}  // namespace
}  // namespace baton::commands
