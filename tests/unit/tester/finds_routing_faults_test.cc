// SPDX-License-Identifier: Apache-2.0
// The tester is tested on routed flows: one packet is not routed as it must be - time to live, MACs, checksums, next
// hop, access list - at a random place of a random flow, many times over. It must be found every time, booked once and
// under its own name; and a run without a fault must never raise an alarm.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/tester/bench.h"

namespace baton::tester {
namespace {

constexpr int trials = 25;  // of each fault
constexpr unsigned many = 3, denied = 4, flows = 7;

struct Strike {
    Outcome outcome;
    unsigned flow;
};

class FindsEveryRoutingFault : public ::testing::TestWithParam<int> {
  protected:
    /// A run in which `fault` strikes one packet of one of the flows that are delivered, or of `flow`.
    Strike struck_by(RouterFault fault, int flow_wanted = -1) {
        std::mt19937 random(static_cast<unsigned>(GetParam()) * 131 + static_cast<unsigned>(fault));
        RoutedBench bench;
        bench.usual_flows();
        const unsigned flow = flow_wanted < 0 ? random() % 4 : static_cast<unsigned>(flow_wanted);
        const std::uint64_t packets[] = {1000, 1000, 500, 1000, 500};
        // Of the flow with many streams, only a packet that its stream's next ones follow can be found to have moved or
        // waited.
        const std::uint64_t end = flow == many ? packets[flow] / 2 : packets[flow] - 2;
        const unsigned place = random() % 6;
        const std::uint64_t sequence = place == 0 ? 0 : place == 1 ? end : random() % end;
        const unsigned elsewhere[] = {2, 0, 1, 0, 1};
        bench.fake.plan_fault(fault, flow, sequence, random(), elsewhere[flow]);
        auto outcome = bench.whole_run();
        EXPECT_TRUE(bench.fake.struck() || fault == RouterFault::leak) << "flow " << flow << " sequence " << sequence;
        return {std::move(outcome), flow};
    }

    static std::uint64_t sum_of_faults(const Counts& c) {
        return c.lost + c.duplicated + c.reordered + c.misdelivered + c.flooded + c.corrupted + c.moved;
    }

    static void bad_and_only_in(const Strike& strike, std::uint64_t faults) {
        EXPECT_EQ(strike.outcome.verdict.judgement, Judgement::bad);
        for (unsigned f = 0; f < flows; ++f)
            EXPECT_EQ(sum_of_faults(strike.outcome.windows[0].flows[f]), f == strike.flow ? faults : 0) << "flow " << f;
    }

    /// Corrupted, and so lost as well.
    void is_corrupted(RouterFault fault, std::uint64_t Counts::*also) {
        const auto strike = struck_by(fault);
        EXPECT_EQ(strike.outcome.total.corrupted, 1u);
        EXPECT_EQ(strike.outcome.total.lost, 1u);
        if (also) {
            EXPECT_EQ(strike.outcome.total.*also, 1u);
        }
        bad_and_only_in(strike, 2);
    }

    void is_misdelivered(RouterFault fault, std::uint64_t Counts::*also) {
        const auto strike = struck_by(fault);
        EXPECT_EQ(strike.outcome.total.misdelivered, 1u);
        EXPECT_EQ(strike.outcome.total.lost, 1u);
        if (also) {
            EXPECT_EQ(strike.outcome.total.*also, 1u);
        }
        bad_and_only_in(strike, 2);
    }
};

TEST_P(FindsEveryRoutingFault, raises_no_alarm_on_a_clean_run) {
    std::mt19937 random(static_cast<unsigned>(GetParam()));
    RoutedBench bench;
    bench.usual_flows();
    bench.plan.duration_s = 0.02 + static_cast<double>(random() % 1000) / 20000;
    const auto outcome = bench.whole_run();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::good) << as_text(*bench.runner, outcome);
    EXPECT_EQ(sum_of_faults(outcome.total), 0u);
    EXPECT_GT(outcome.total.offered, 1000u);
    EXPECT_EQ(outcome.total.delivered, outcome.total.expected);
    EXPECT_EQ(outcome.total.denied, outcome.windows[0].flows[denied].offered);
    for (const auto& host : outcome.hosts) {
        EXPECT_GT(host.asked, 2u);
        EXPECT_EQ(host.asked, host.answered);
        EXPECT_EQ(host.gateway, FakeRouter::mac);
    }
}

TEST_P(FindsEveryRoutingFault, finds_one_packet_dropped) {
    const auto strike = struck_by(RouterFault::drop);
    EXPECT_EQ(strike.outcome.total.lost, 1u);
    bad_and_only_in(strike, 1);
}

TEST_P(FindsEveryRoutingFault, finds_one_packet_doubled) {
    const auto strike = struck_by(RouterFault::twice);
    EXPECT_EQ(strike.outcome.total.duplicated, 1u);
    bad_and_only_in(strike, 1);
}

TEST_P(FindsEveryRoutingFault, finds_two_packets_swapped) {
    const auto strike = struck_by(RouterFault::swap);
    EXPECT_EQ(strike.outcome.total.reordered, 1u);
    bad_and_only_in(strike, 1);
}

TEST_P(FindsEveryRoutingFault, finds_one_packet_flooded) {
    const auto strike = struck_by(RouterFault::flood);
    EXPECT_EQ(strike.outcome.total.flooded, 1u);
    bad_and_only_in(strike, 1);
}

TEST_P(FindsEveryRoutingFault, finds_one_packet_out_of_the_wrong_port) {
    is_misdelivered(RouterFault::misdeliver, nullptr);
}

TEST_P(FindsEveryRoutingFault, finds_one_packet_with_the_wrong_tag) {
    is_misdelivered(RouterFault::retag, &Counts::mistagged);
}

TEST_P(FindsEveryRoutingFault, finds_one_packet_to_the_wrong_next_hop) {
    is_misdelivered(RouterFault::wrong_hop, &Counts::wrong_hop);
}

TEST_P(FindsEveryRoutingFault, finds_one_packet_that_does_not_come_from_the_router) {
    is_misdelivered(RouterFault::wrong_source, &Counts::wrong_hop);
}

TEST_P(FindsEveryRoutingFault, finds_one_time_to_live_not_decremented) {
    is_corrupted(RouterFault::ttl_kept, &Counts::wrong_ttl);
}

TEST_P(FindsEveryRoutingFault, finds_one_time_to_live_decremented_twice) {
    is_corrupted(RouterFault::ttl_twice, &Counts::wrong_ttl);
}

TEST_P(FindsEveryRoutingFault, finds_one_packet_that_was_not_touched_at_all) {
    is_corrupted(RouterFault::not_routed, &Counts::wrong_ttl);
}

TEST_P(FindsEveryRoutingFault, finds_one_header_checksum_wrong) {
    is_corrupted(RouterFault::wrong_ip_checksum, &Counts::wrong_checksum);
}

TEST_P(FindsEveryRoutingFault, finds_one_udp_checksum_wrong) {
    is_corrupted(RouterFault::wrong_udp_checksum, &Counts::wrong_checksum);
}

TEST_P(FindsEveryRoutingFault, finds_one_bit_of_the_payload_damaged) {
    const auto strike = struck_by(RouterFault::corrupt);  // in the flow's number, too: then it is booked to another
    EXPECT_EQ(strike.outcome.verdict.judgement, Judgement::bad);
    EXPECT_EQ(strike.outcome.total.corrupted, 1u);
    EXPECT_EQ(strike.outcome.total.lost, 1u);
    EXPECT_EQ(sum_of_faults(strike.outcome.total), 2u);
}

TEST_P(FindsEveryRoutingFault, finds_one_destination_rewritten_with_all_checksums_right) {
    is_corrupted(RouterFault::rewritten, nullptr);
}

TEST_P(FindsEveryRoutingFault, finds_one_packet_that_was_delivered_though_denied) {
    const auto strike = struck_by(RouterFault::leak, denied);
    EXPECT_EQ(strike.outcome.total.misdelivered, 1u);
    EXPECT_EQ(strike.outcome.total.denied, strike.outcome.windows[0].flows[denied].offered - 1);
    EXPECT_EQ(strike.outcome.total.lost, 0u);
    bad_and_only_in(strike, 1);
}

TEST_P(FindsEveryRoutingFault, finds_one_packet_that_took_another_of_several_next_hops) {
    const auto strike = struck_by(RouterFault::other_member, many);
    const auto moved = strike.outcome.total.moved;  // there, and back; of a stream's first packet only back
    EXPECT_TRUE(moved == 1 || moved == 2) << moved;
    EXPECT_EQ(strike.outcome.total.lost, 0u);
    bad_and_only_in(strike, moved);
}

INSTANTIATE_TEST_SUITE_P(many_times, FindsEveryRoutingFault, ::testing::Range(0, trials));

TEST(RoutedFlows, may_move_between_next_hops_when_the_plan_says_so) {
    RoutedBench bench;
    bench.flow("name=many,from=ha,to=hb+hc+hd,expect=one,moves=yes,dst-ip=198.51.100.0,dst-ips=16,rate=20000" +
               RoutedBench::router());
    bench.fake.plan_fault(RouterFault::other_member, 0, 300);
    const auto outcome = bench.whole_run();
    EXPECT_TRUE(bench.fake.struck());
    EXPECT_EQ(outcome.verdict.judgement, Judgement::good) << as_text(*bench.runner, outcome);
}

TEST(RoutedFlows, start_only_when_the_probe_was_routed) {
    RoutedBench bench;
    bench.flow("name=nowhere,from=ha,to=hb,dst-ip=192.0.2.1,rate=1000" + RoutedBench::router());
    const auto outcome = bench.whole_run();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::bad);
    EXPECT_EQ(outcome.total.offered, 0u);
    EXPECT_NE(outcome.verdict.reasons.at(0).find("show iproute"), std::string::npos) << outcome.verdict.reasons.at(0);
}

TEST(Hosts, one_that_is_silent_is_never_found_and_one_that_answers_again_is) {
    RoutedBench bench;
    bench.plan.duration_s = 0;
    bench.host("name=later,at=b,ip=10.0.2.9,answers=no");
    bench.flow("name=ab,from=ha,to=hb,rate=1000" + RoutedBench::router());
    bench.flow("name=to-later,from=ha,to=later,rate=1000,start=no" + RoutedBench::router());
    bench.begin();
    bench.until_running();
    EXPECT_NE(do_command("start to-later", *bench.runner).find("done"), std::string::npos);
    bench.go_on(milliseconds(200));
    EXPECT_EQ(bench.runner->ledger().next(1), 0u) << "nobody answered for it";
    EXPECT_NE(do_command("answer later", *bench.runner).find("done"), std::string::npos);
    bench.go_on(milliseconds(300));
    EXPECT_GT(bench.runner->ledger().next(1), 0u);
    EXPECT_NE(do_command("answer nobody", *bench.runner).find("no host called nobody"), std::string::npos);
    do_command("stop", *bench.runner);
    const auto outcome = bench.finish();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::good) << as_text(*bench.runner, outcome);
    EXPECT_GT(outcome.hosts.back().requests, 0u);
}

TEST(Hosts, questions_that_the_router_does_not_answer_are_found) {
    RoutedBench bench;
    bench.plan.duration_s = 1.5;
    bench.flow("name=ab,from=ha,to=hb,rate=100" + RoutedBench::router());
    bench.begin();
    bench.until_running();
    bench.go_on(milliseconds(100));
    bench.fake.stop_answering(true);
    const auto outcome = bench.finish();
    EXPECT_EQ(outcome.verdict.judgement, Judgement::bad);
    EXPECT_NE(outcome.verdict.reasons.at(0).find("questions of host ha for its gateway were not answered"),
              std::string::npos)
        << outcome.verdict.reasons.at(0);
    EXPECT_EQ(outcome.total.lost, 0u);
}

/// A packet as it must come out of the router.
std::vector<std::uint8_t> routed(const FlowPlan& flow, std::size_t size, VlanId tag, const Stamp& stamp) {
    const PacketMould mould(*flow.packet, size, tag);
    std::vector<std::uint8_t> frame(mould.size());
    mould.cast(frame.data(), flow.source, 0, 0, stamp);
    std::copy(flow.hops[0].bytes.begin(), flow.hops[0].bytes.end(), frame.begin());
    std::copy(flow.packet->router.bytes.begin(), flow.packet->router.bytes.end(), frame.begin() + 6);
    auto* ip = frame.data() + (tag ? 18 : 14);
    if (flow.packet->source.v6()) {
        --ip[7];
    } else {
        --ip[8];
        ip[10] = ip[11] = 0;
        const auto sum = internet_checksum({ip, 20});
        std::memcpy(ip + 10, &sum, 2);
    }
    return frame;
}

TEST(FindsDamage, in_every_byte_of_a_routed_packet_of_either_family_tagged_or_not) {
    RoutedBench bench;
    for (const std::string text : {"name=v4,from=ha,to=hb", "name=v6,from=ha6,to=hb6", "name=v4-tagged,from=ha,to=hc",
                                   "name=v6-tagged,from=ha6,to=hc6"})
        bench.flow(text + RoutedBench::router());
    ASSERT_TRUE(bench.plan.complete());
    const Eye eye(bench.plan, RoutedBench::run);
    for (unsigned f = 0; f < 4; ++f) {
        const auto& flow = bench.plan.flows[f];
        const auto tag = flow.to[0].tag;
        const auto frame = routed(flow, 103, tag, {RoutedBench::run, static_cast<std::uint16_t>(f), 0x123456789a, 77});
        const auto whole = eye.look(flow.to[0].end, frame, std::nullopt);
        ASSERT_EQ(whole.look, Look::ours) << flow.name;
        EXPECT_FALSE(whole.wrong_hop);
        EXPECT_EQ(whole.tag, tag);
        EXPECT_EQ(whole.stamp.sequence, 0x123456789au);
        for (std::size_t byte = 0; byte < frame.size(); ++byte)
            for (int bit = 0; bit < 8; ++bit) {
                auto damaged = frame;
                damaged[byte] ^= static_cast<std::uint8_t>(1 << bit);
                const auto seen = eye.look(flow.to[0].end, damaged, std::nullopt);
                const bool tag_only = tag && byte >= 14 && byte < 16;  // a switch may change a tag's priority
                const bool found = seen.look == Look::corrupted || (byte < 12 && seen.wrong_hop);
                EXPECT_NE(found, tag_only) << flow.name << " byte " << byte << " bit " << bit;
            }
    }
}

TEST(PlanGrammar, of_hosts_and_routed_flows_refuses_what_cannot_be_with_a_sentence) {
    const std::pair<const char*, const char*> hosts[] = {{"name=h,at=a", "a host is written"},
                                                         {"name=h,at=z,ip=10.0.0.1", "no end called 'z'"},
                                                         {"name=h,at=a,ip=10.0.0", "ip=10.0.0"},
                                                         {"name=a,at=a,ip=10.0.0.1", "name=a"},
                                                         {"name=h,at=a,ip=10.0.0.1,ask=2", "no gateway"},
                                                         {"name=h,at=a,ip=10.0.0.1,gateway=fd00::1", "two families"}};
    for (const auto& [text, says] : hosts) {
        Plan plan;
        ASSERT_TRUE(add_end(plan, "a=packet:x"));
        const auto added = add_host(plan, text);
        ASSERT_FALSE(added) << text;
        EXPECT_NE(added.error().what.find(says), std::string::npos) << added.error().what;
    }
    const std::pair<const char*, const char*> flows[] = {
        {"name=x,from=h,to=b", "say the router's address"},
        {"name=x,from=a,to=b,router=02:00:00:00:00:01", "needs src-ip= and dst-ip="},
        {"name=x,from=h,to=b,router=02:00:00:00:00:01,dst-ip=fd00::1", "of one family"},
        {"name=x,from=h,to=b,router=02:00:00:00:00:01,dst-ip=10.0.0.9,expect=flood", "no router floods"},
        {"name=x,from=h,to=b,router=02:00:00:00:00:01,dst-ip=10.0.0.9,expect=one", "two or more"},
        {"name=x,from=h,to=b,router=02:00:00:00:00:01,dst-ip=10.0.0.9,expect=echo", "no to="},
        {"name=x,from=a,expect=echo", "only a router does"}};
    for (const auto& [text, says] : flows) {
        Plan plan;
        ASSERT_TRUE(add_end(plan, "a=packet:x") && add_end(plan, "b=packet:y") &&
                    add_host(plan, "name=h,at=a,ip=10.0.0.1"));
        ASSERT_TRUE(add_flow(plan, text)) << text;
        const auto complete = plan.complete();
        ASSERT_FALSE(complete) << text;
        EXPECT_NE(complete.error().what.find(says), std::string::npos) << complete.error().what;
    }
}

TEST(Ip, counts_and_measures_within_a_range) {
    const auto v4 = *Ip::parse("10.0.0.250"), v6 = *Ip::parse("2001:db8::ffff");
    EXPECT_EQ(v4.plus(10).text(), "10.0.1.4");
    EXPECT_EQ(v6.plus(1).text(), "2001:db8::1:0");
    EXPECT_EQ(v4.distance(v4.plus(9), 10), 9u);
    EXPECT_FALSE(v4.distance(v4.plus(10), 10));
    EXPECT_FALSE(v4.distance(*Ip::parse("10.0.0.249"), 10));
    EXPECT_FALSE(v6.distance(*Ip::parse("2001:db9::1:0"), 10));
    EXPECT_FALSE(Ip::parse("10.0.0.256"));
    EXPECT_FALSE(Ip::parse(""));
}

}  // namespace
}  // namespace baton::tester
