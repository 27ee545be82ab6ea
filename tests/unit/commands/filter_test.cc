// SPDX-License-Identifier: Apache-2.0
// The line filters: each, chained, and fed in pieces of every size.
#include "controlplane/commands/filter.h"

#include <gtest/gtest.h>

namespace baton::commands {
namespace {

constexpr std::string_view text = "alpha 1:1\nbeta 1:2\ngamma 1:1\ndelta\n";

std::variant<std::vector<FilterSpec>, Complaint> specs_of(std::string_view line) {
    return read_filters(std::get<Line>(split(line)), line.size());
}

std::string filtered(std::string_view line, std::size_t piece = 1000, std::string_view of = text) {
    auto specs = specs_of(line);
    if (auto* complaint = std::get_if<Complaint>(&specs)) return complaint->what;
    auto chain = FilterChain::make(std::get<std::vector<FilterSpec>>(specs));
    if (auto* complaint = std::get_if<Complaint>(&chain)) return complaint->what;
    std::string out;
    for (; !of.empty(); of.remove_prefix(std::min(piece, of.size())))
        std::get<FilterChain>(chain).feed(of.substr(0, piece), out);
    std::get<FilterChain>(chain).finish(out);
    return out;
}

TEST(filter, each_does_what_it_says) {
    EXPECT_EQ(filtered("x | include 1:1"), "alpha 1:1\ngamma 1:1\n");
    EXPECT_EQ(filtered("x | exclude 1:1"), "beta 1:2\ndelta\n");
    EXPECT_EQ(filtered("x | begin ^b"), "beta 1:2\ngamma 1:1\ndelta\n");
    EXPECT_EQ(filtered("x | count"), "4\n");
    EXPECT_EQ(filtered("x | include '^(alpha|delta)'"), "alpha 1:1\ndelta\n");
}

TEST(filter, chains_pass_on_and_abbreviations_work) {
    EXPECT_EQ(filtered("x | inc 1:1 | exc alpha"), "gamma 1:1\n");
    EXPECT_EQ(filtered("x | i 1:1 | c"), "2\n");
    EXPECT_EQ(filtered("x | count | include 4"), "4\n");
    EXPECT_EQ(filtered("x | json | count"), "4\n");
}

TEST(filter, pieces_of_any_size_give_the_same) {
    for (std::size_t piece = 1; piece < 40; ++piece) {
        EXPECT_EQ(filtered("x | include 1:1", piece), "alpha 1:1\ngamma 1:1\n") << piece;
        EXPECT_EQ(filtered("x | count", piece), "4\n") << piece;
        EXPECT_EQ(filtered("x", piece), text) << piece;
    }
}

TEST(filter, a_last_line_without_its_end_counts) {
    EXPECT_EQ(filtered("x | count", 3, "a\nb"), "2\n");
}

TEST(filter, wrong_ones_are_named) {
    EXPECT_EQ(filtered("x | nonsense"),
              "\"nonsense\" is not known here; expected begin, count, exclude, include or json");
    EXPECT_EQ(filtered("x | include"), "the command is not complete; expected <pattern>");
    EXPECT_EQ(filtered("x |"), "the command is not complete; expected begin, count, exclude, include or json");
    EXPECT_NE(filtered("x | include 'a['").find("is no regular expression"), std::string::npos);
    EXPECT_EQ(filtered("x | count | json"), "json must be the first filter");
    const auto wrong = specs_of("show vlan | include a | nonsense");
    EXPECT_EQ(std::get<Complaint>(wrong).at, 24u);
}

}  // namespace
}  // namespace baton::commands
