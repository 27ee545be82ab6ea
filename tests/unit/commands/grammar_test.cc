// SPDX-License-Identifier: Apache-2.0
// Matching: tables of lines, and random lines built from the real notations.
#include "controlplane/commands/grammar.h"

#include <gtest/gtest.h>

#include <random>

#include "controlplane/commands/registry.h"

namespace baton::commands {
namespace {

constexpr std::string_view notations[] = {"show vlan {<vlan> | detail}",
                                          "show version",
                                          "show ports {<portlist>} {info | statistics}",
                                          "configure vlan <vlan> tag <tag>",
                                          "create vlan <name>",
                                          "run",
                                          "running",
                                          "help {<command>}"};

/// A Match's words are views of its grammar's, which must therefore outlive it.
const Grammar& small() {
    static const Grammar grammar = std::move(Grammar::make(notations).value());
    return grammar;
}

std::vector<std::string> live(Live kind) {
    if (kind == Live::vlans) return {"Default", "de", "blue"};
    if (kind == Live::ports) return {"1:1", "1:2", "2:1"};
    return {};
}

std::variant<Match, Complaint> match(const Grammar& grammar, std::string_view text) {
    return grammar.match(std::get<Line>(split(text)).words, text.size(), live);
}

Match matched(std::string_view text) {
    auto out = match(small(), text);
    if (auto* complaint = std::get_if<Complaint>(&out)) ADD_FAILURE() << text << ": " << complaint->what;
    return std::holds_alternative<Match>(out) ? std::get<Match>(out) : Match{99, {}, {}};
}

Complaint refused(std::string_view text) {
    auto out = match(small(), text);
    EXPECT_TRUE(std::holds_alternative<Complaint>(out)) << text;
    return std::holds_alternative<Complaint>(out) ? std::get<Complaint>(out) : Complaint{};
}

TEST(grammar, takes_unique_prefixes_in_any_case) {
    EXPECT_EQ(matched("sh vl").row, 0u);
    EXPECT_EQ(matched("SHOW Version").row, 1u);
    EXPECT_EQ(matched("s p 1:1 st").row, 2u);
    EXPECT_TRUE(matched("s p 1:1 st").says("statistics"));
    EXPECT_EQ(matched("config vlan blue tag 7").row, 3u);
    EXPECT_EQ(*matched("config vlan blue tag 7").get<std::uint64_t>("tag"), 7u);
}

TEST(grammar, lists_what_an_ambiguous_word_could_be) {
    const auto complaint = refused("show v");
    EXPECT_EQ(complaint.at, 5u);
    EXPECT_EQ(complaint.what, "\"v\" is ambiguous: version or vlan");
    EXPECT_EQ(complaint.expected, (std::vector<std::string>{"version", "vlan"}));
    EXPECT_EQ(refused("c vlan x tag 1").expected, (std::vector<std::string>{"configure", "create"}));
}

TEST(grammar, exact_beats_prefix) {
    EXPECT_EQ(matched("run").row, 5u);
    EXPECT_EQ(matched("runn").row, 6u);
}

TEST(grammar, a_name_that_exists_beats_the_keyword_it_begins) {
    EXPECT_FALSE(matched("show vlan de").says("detail"));
    EXPECT_TRUE(matched("show vlan det").says("detail"));
    EXPECT_TRUE(matched("show vlan detail").says("detail"));
    EXPECT_FALSE(matched("show vlan \"detail\"").says("detail"));  // quoted: never a keyword
    EXPECT_EQ(*matched("show vlan \"detail\"").get<std::string>("vlan"), "detail");
}

TEST(grammar, points_at_what_is_wrong) {
    struct Case {
        const char *line, *what;
        std::size_t at;
    };

    for (const auto& [line, what, at] : std::initializer_list<Case>{
             {"show nothing", "\"nothing\" is not known here; expected ports, version or vlan", 5},
             {"configure vlan blue tga 5", "\"tga\" is not known here; expected tag", 20},
             {"configure vlan blue tag 4095", "\"4095\" does not fit: a tag is a number from 1 to 4094", 24},
             {"configure vlan 7up tag 5",
              "\"7up\" does not fit: a name begins with a letter and has at most 32 characters", 15},
             {"show version now", "\"now\" is one word too many; the command ends before it", 13},
             {"show", "the command is not complete; expected ports, version or vlan", 4},
             {"configure vlan blue tag", "the command is not complete; expected <tag>", 23}}) {
        const auto complaint = refused(line);
        EXPECT_EQ(complaint.what, what) << line;
        EXPECT_EQ(complaint.at, at) << line;
        EXPECT_FALSE(complaint.what.find("too many") == std::string::npos && complaint.expected.empty()) << line;
    }
}

TEST(grammar, an_argument_that_repeats_takes_the_rest) {
    EXPECT_EQ(*matched("help show vlan detail").get<std::string>("command"), "show vlan detail");
}

std::vector<std::string> hinted(std::string_view before, std::string_view partial) {
    const auto found = small().hints(std::get<Line>(split(before)).words,
                                     Word{std::string(partial), before.size(), partial.size()}, live);
    std::vector<std::string> out;
    if (const auto* hints = std::get_if<std::vector<Hint>>(&found))
        for (const auto& hint : *hints) out.push_back(hint.text);
    return out;
}

TEST(grammar, hints_are_keywords_names_and_placeholders) {
    using Words = std::vector<std::string>;
    EXPECT_EQ(hinted("show", "v"), (Words{"version", "vlan"}));
    EXPECT_EQ(hinted("show vlan", "de"), (Words{"detail", "<vlan>", "Default", "de"}));
    EXPECT_EQ(hinted("show vlan", ""), (Words{"detail", "<vlan>", "Default", "de", "blue", "|", "<cr>"}));
    EXPECT_EQ(hinted("show ports", "1:1,1:"), (Words{"<portlist>", "1:1,1:1", "1:1,1:2"}));
    EXPECT_EQ(hinted("show ports", "1:1-"), (Words{"<portlist>", "1:1-1:1", "1:1-1:2", "1:1-2:1"}));
    EXPECT_EQ(hinted("nonsense", ""), Words{});
}

// --- the real table ---

Grammar real() {
    std::vector<std::string_view> all;
    for (const auto& row : commands()) all.push_back(row.notation);
    return std::move(Grammar::make(all).value());
}

std::string sample(const ArgumentType& type, std::mt19937& random) {
    const auto pick = [&](std::initializer_list<const char*> list) {
        return std::string(list.begin()[random() % list.size()]);
    };
    if (type.name == "tag") return std::to_string(1 + random() % 4094);
    if (type.name == "portlist") return pick({"1:1", "1:1-1:4", "2:*", "1:1-3,2:1"});
    if (type.name == "mac") return pick({"00:01:30:4d:2a:00", "AA-bb-CC-dd-EE-ff"});
    if (type.name == "seconds") return pick({"0", "15", "300", "1000000"});
    if (type.name == "count") return std::to_string(1 + random() % 1000);
    if (type.name == "time") return std::to_string(30 + random() % 271);
    if (type.name == "reelect-timeout") return std::to_string(15 + random() % 166);
    if (type.name == "severity") return pick({"warning", "error", "debug"});
    if (type.name == "host") return pick({"10.0.0.1", "[2001:db8::1]:5514", "local"});
    if (type.name == "path") return pick({"/tmp/blue.cfg", "./red.cfg", "\"/tmp/a b\""});
    if (type.name == "server") return pick({"10.0.0.1", "tftp.example:6969"});
    if (type.name == "filename") return pick({"blue.cfg", "\"a b\""});
    if (type.name == "session") return std::to_string(1 + random() % 64);
    if (type.name == "columns") return pick({"80", "256"});
    if (type.name == "hash") return pick({"$y$j9T$ab.C/d$e", "\"$6$salt$hash\""});
    if (type.name == "password") return pick({"s3cret", "\"two words\"", "\"\""});
    if (type.name == "ipaddress") return pick({"10.0.0.1", "2001:db8::1"});
    if (type.name == "netmask") return pick({"255.255.255.0", "255.0.0.0"});
    if (type.name == "ipnetmask") return pick({"10.0.0.0/8", "2001:db8::/32"});
    if (type.name == "gateway") return pick({"10.0.0.254", "fe80::1%blue"});
    if (type.name == "metric") return std::to_string(1 + random() % 65535);
    if (type.name == "mtu") return std::to_string(68 + random() % 9000);
    if (type.name == "minutes") return std::to_string(random() % 32768);
    if (type.name == "entries") return std::to_string(1 + random() % 65536);
    if (type.name == "destination" || type.name == "source") return pick({"10.0.0.0/8", "192.0.2.7/32"});
    if (type.name.find("-port") != type.name.npos || type.name.find("-first") != type.name.npos ||
        type.name.find("-last") != type.name.npos)
        return std::to_string(random() % 65536);
    if (type.name == "icmp-type" || type.name == "icmp-code") return std::to_string(random() % 256);
    if (type.name == "precedence") return std::to_string(1 + random() % 25600);
    if (type.name == "qosprofile") return pick({"qp1"});
    if (type.name == "command") return pick({"show", "\"a b\"", "x"});
    return pick({"blue", "Red-2", "\"green\"", "V.x_1"});
}

struct Spoken {
    std::string text;
    bool keyword = false;
};

std::vector<Spoken> random_saying(const Graph& graph, std::mt19937& random) {
    std::vector<Spoken> out;
    const std::vector<unsigned>* next = &graph.first;
    const Node* node = nullptr;
    while (!next->empty()) {
        if (node && node->last && (random() % 3 == 0 || out.size() > 12)) break;
        node = &graph.nodes[(*next)[random() % next->size()]];
        out.push_back({node->argument ? sample(*node->argument, random) : node->word, !node->argument});
        next = &node->next;
    }
    return out;
}

std::string joined(const std::vector<Spoken>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : " ") + word.text;
    return out;
}

bool same(const Match& a, const Match& b) {
    if (a.row != b.row || a.words != b.words || a.arguments.size() != b.arguments.size()) return false;
    for (std::size_t i = 0; i < a.arguments.size(); ++i)
        if (a.arguments[i].text != b.arguments[i].text || a.arguments[i].type != b.arguments[i].type) return false;
    return true;
}

TEST(grammar, every_random_saying_of_every_row_is_that_row_and_so_is_its_shortest_writing) {
    const auto grammar = real();
    std::mt19937 random(20231114);
    for (int round = 0; round < 200; ++round) {
        for (unsigned row = 0; row < grammar.size(); ++row) {
            auto words = random_saying(grammar.graph(row), random);
            const auto full_line = joined(words);
            const auto full = match(grammar, full_line);
            ASSERT_TRUE(std::holds_alternative<Match>(full)) << full_line << ": " << std::get<Complaint>(full).what;
            ASSERT_EQ(std::get<Match>(full).row, row) << full_line;

            std::vector<Word> before;
            for (auto& word : words) {
                if (word.keyword) {
                    for (std::size_t size = 1; size <= word.text.size(); ++size) {
                        const auto found = grammar.hints(before, Word{word.text.substr(0, size)}, {});
                        ASSERT_TRUE(std::holds_alternative<std::vector<Hint>>(found)) << full_line;
                        int keywords = 0;
                        for (const auto& hint : std::get<std::vector<Hint>>(found)) keywords += !hint.placeholder;
                        if (keywords != 1) continue;
                        word.text.resize(size);
                        break;
                    }
                    if (random() % 2)
                        for (auto& c : word.text) c = static_cast<char>(std::toupper(c));
                }
                auto line = std::get<Line>(split(word.text));
                before.insert(before.end(), line.words.begin(), line.words.end());
            }
            const auto short_line = joined(words);
            const auto brief = match(grammar, short_line);
            ASSERT_TRUE(std::holds_alternative<Match>(brief))
                << full_line << " as " << short_line << ": " << std::get<Complaint>(brief).what;
            ASSERT_TRUE(same(std::get<Match>(full), std::get<Match>(brief))) << full_line << " as " << short_line;
        }
    }
}

TEST(grammar, cutting_a_random_saying_anywhere_never_gives_another_row_in_full_words) {
    const auto grammar = real();
    std::mt19937 random(42);
    for (int round = 0; round < 2000; ++round) {
        const auto row = static_cast<unsigned>(random() % grammar.size());
        auto words = random_saying(grammar.graph(row), random);
        words.resize(1 + random() % words.size());
        const auto line = joined(words);
        const auto result = match(grammar, line);
        if (const auto* complaint = std::get_if<Complaint>(&result)) {
            ASSERT_EQ(complaint->at, line.size()) << line << ": " << complaint->what;
            ASSERT_FALSE(complaint->expected.empty()) << line;
        }
    }
}

}  // namespace
}  // namespace baton::commands
