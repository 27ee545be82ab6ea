// SPDX-License-Identifier: Apache-2.0
// Lines, lists of ports, notations: the words that commands are made of.
#include <gtest/gtest.h>

#include "controlplane/commands/grammar.h"
#include "controlplane/commands/line.h"
#include "controlplane/commands/notation.h"
#include "controlplane/commands/portlist.h"

namespace baton::commands {
namespace {

Line good(std::string_view text) {
    auto cut = split(text);
    EXPECT_TRUE(std::holds_alternative<Line>(cut)) << text;
    return std::get<Line>(cut);
}

TEST(line, words_know_where_they_stand) {
    const auto line = good("  show  vlan");
    ASSERT_EQ(line.words.size(), 2u);
    EXPECT_EQ(line.words[1].text, "vlan");
    EXPECT_EQ(line.words[1].at, 8u);
    EXPECT_EQ(line.words[1].size, 4u);
}

TEST(line, quotes_hold_spaces_and_bars_together) {
    const auto line = good(R"(show vlan "a | b" 'c "d"')");
    ASSERT_EQ(line.words.size(), 4u);
    EXPECT_EQ(line.words[2].text, "a | b");
    EXPECT_TRUE(line.words[2].quoted);
    EXPECT_EQ(line.words[3].text, "c \"d\"");
    EXPECT_TRUE(line.filters.empty());
}

TEST(line, bars_begin_filters_with_or_without_spaces) {
    const auto line = good("show fdb|include 1:3 | count");
    ASSERT_EQ(line.filters.size(), 2u);
    EXPECT_EQ(line.filters[0][1].text, "1:3");
    EXPECT_EQ(line.bars[0], 8u);
    EXPECT_EQ(line.filters[1][0].text, "count");
}

TEST(line, an_open_quotation_is_an_error_only_when_the_line_is_whole) {
    const auto cut = split("show vlan \"de");
    ASSERT_TRUE(std::holds_alternative<Complaint>(cut));
    EXPECT_EQ(std::get<Complaint>(cut).at, 10u);
    EXPECT_TRUE(std::holds_alternative<Line>(split("show vlan \"de", true)));
}

TEST(line, bytes_that_steer_terminals_are_refused_where_they_stand) {
    for (const std::string bad : {"show \x1b[2J", "show \"\x1b\"", "show \x80", "show \x07"}) {
        const auto cut = split(bad);
        ASSERT_TRUE(std::holds_alternative<Complaint>(cut)) << bad;
        EXPECT_GE(std::get<Complaint>(cut).at, 5u);
    }
}

TEST(line, quoted_words_are_read_back_as_they_were) {
    for (const std::string word : {"plain", "two words", "a|b", "it's", "say \"x\"", "", "why?"}) {
        const auto line = good(as_typed(word));
        ASSERT_EQ(line.words.size(), 1u) << word;
        EXPECT_EQ(line.words[0].text, word);
    }
}

const std::set<PortName> ports{{1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 7}, {2, 1}, {2, 2}, {3, 5}};

std::string resolved(std::string_view text) {
    const auto list = parse_ports(text);
    if (!list) return "syntax";
    const auto out = resolve(*list, ports);
    return out ? text_of(*out) : out.error().what;
}

TEST(portlist, resolves_singles_ranges_and_modules) {
    EXPECT_EQ(resolved("1:1"), "1:1");
    EXPECT_EQ(resolved("1:1-1:4"), "1:1-1:4");
    EXPECT_EQ(resolved("1:1-4"), "1:1-1:4");
    EXPECT_EQ(resolved("1:1-1:4,2:*,1:7"), "1:1-1:4,1:7,2:1,2:2");
    EXPECT_EQ(resolved("1:4-3:5"), "1:4,1:7,2:1,2:2,3:5");
    EXPECT_EQ(resolved("1:2,1:1,1:2"), "1:1,1:2");
}

TEST(portlist, names_what_does_not_exist) {
    EXPECT_EQ(resolved("1:1-1:9"), "port 1:9 does not exist; show ports lists those that do");
    EXPECT_EQ(resolved("9:*"), "module 9 has no ports; show ports lists those that exist");
}

TEST(portlist, refuses_other_forms) {
    for (const auto* bad : {"", ",", "1", "1:", ":1", "1:0", "0:1", "1:256", "1:1,", "1:1-", "1:4-1:1", "1:*-1:2", "*",
                            "1:1;1:2", "1 :1"})
        EXPECT_FALSE(parse_ports(bad)) << bad;
}

TEST(notation, says_what_is_wrong_with_it) {
    for (const auto* bad :
         {"", "{a}", "a [b", "a b]", "a <unknown>", "a <vlan", "a [b | ]", "a [{b}]", "a | {b}", "a $b", "a }{"})
        EXPECT_FALSE(parse_notation(bad)) << bad;
}

/// Whether `line` is a saying of `notation`.
bool fits(std::string_view notation, std::string_view text) {
    const auto grammar = Grammar::make({{notation}});
    EXPECT_TRUE(grammar) << notation;
    const auto line = good(text);
    return std::holds_alternative<Match>(grammar->match(line.words, text.size(), {}));
}

TEST(notation, choices_must_and_options_may_be_said) {
    EXPECT_TRUE(fits("a [b | c] d", "a b d"));
    EXPECT_TRUE(fits("a [b | c] d", "a c d"));
    EXPECT_FALSE(fits("a [b | c] d", "a d"));
    EXPECT_FALSE(fits("a [b | c] d", "a b c d"));
    EXPECT_TRUE(fits("a {b | c} d", "a d"));
    EXPECT_TRUE(fits("a {b | c} d", "a c d"));
    EXPECT_FALSE(fits("a {b} {c}", "a c b"));
    EXPECT_TRUE(fits("a {b} {c}", "a c"));
    EXPECT_TRUE(fits("a {b} {c}", "a b c"));
    EXPECT_TRUE(fits("a {b {c}}", "a b"));
    EXPECT_TRUE(fits("a {b {c}}", "a b c"));
    EXPECT_FALSE(fits("a {b {c}}", "a c"));
    EXPECT_TRUE(fits("a {<mac> vlan <vlan> | vlan <vlan> | ports <portlist>}", "a 00:01:30:4d:2a:00 vlan x"));
    EXPECT_TRUE(fits("a {<mac> vlan <vlan> | vlan <vlan> | ports <portlist>}", "a ports 1:1"));
    EXPECT_FALSE(fits("a {<mac> vlan <vlan> | vlan <vlan> | ports <portlist>}", "a 00:01:30:4d:2a:00"));
}

}  // namespace
}  // namespace baton::commands
