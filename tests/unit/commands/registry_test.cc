// SPDX-License-Identifier: Apache-2.0
// What every row of the table must have. A new command that lacks help, JSON or a role's sense fails here.
#include "controlplane/commands/registry.h"

#include <gtest/gtest.h>

#include <set>

#include "controlplane/commands/filter.h"
#include "tests/unit/commands/fake_switch.h"

namespace baton::commands {
namespace {

std::vector<Node> nodes_of(std::string_view notation) {
    const auto graph = parse_notation(notation);
    return graph ? graph->nodes : std::vector<Node>{};
}

TEST(registry, every_notation_can_be_read) {
    for (const auto& row : commands()) {
        const auto graph = parse_notation(row.notation);
        EXPECT_TRUE(graph) << (graph ? "" : graph.error().what);
    }
}

TEST(registry, every_row_has_one_line_of_help_and_more) {
    for (const auto& row : commands()) {
        EXPECT_FALSE(row.help.empty()) << row.notation;
        EXPECT_LE(row.help.size(), 90u) << row.notation;
        EXPECT_EQ(row.help.find('\n'), std::string_view::npos) << row.notation;
        EXPECT_FALSE(row.help.ends_with('.')) << row.notation;
        EXPECT_TRUE(std::isupper(static_cast<unsigned char>(row.help.front()))) << row.notation;
        EXPECT_TRUE(row.more.ends_with('.')) << row.notation;
    }
}

TEST(registry, every_row_has_one_kind_of_handler) {
    for (const auto& row : commands()) {
        const auto& handler = row.handler;
        const int kinds = (handler.show != nullptr) + (handler.walk != nullptr) + (handler.plan != nullptr) +
                          (handler.act != nullptr) + (handler.perform != nullptr) + !handler.local.empty();
        EXPECT_EQ(kinds, 1) << row.notation;
        EXPECT_EQ(handler.show != nullptr, handler.text != nullptr) << row.notation << ": JSON and text go together";
    }
}

TEST(registry, what_changes_something_is_not_for_everybody) {
    for (const auto& row : commands()) {
        const bool shows = row.handler.show || row.handler.walk;
        if (row.handler.plan || row.handler.act || row.handler.perform) {
            EXPECT_NE(row.role, Role::read) << row.notation;
        }
        if (!row.handler.local.empty()) {
            EXPECT_EQ(row.role, Role::read) << row.notation;
        }
        EXPECT_TRUE(shows || !row.notation.starts_with("show ")) << row.notation << " has no JSON form";
    }
}

TEST(registry, every_shared_keyword_is_explained) {
    std::map<std::string, std::set<std::string_view>> rows;
    for (const auto& row : commands())
        for (const auto& node : nodes_of(row.notation))
            if (!node.argument) rows[node.word].insert(row.notation);
    for (const auto& [word, where] : rows)
        EXPECT_TRUE(where.size() == 1 || !word_help(word).empty() || !option_help(word).empty()) << word;
}

TEST(registry, every_kind_of_argument_is_explained_and_used) {
    std::set<const ArgumentType*> used;
    for (const auto& row : commands())
        for (const auto& node : nodes_of(row.notation))
            if (node.argument) used.insert(node.argument);
    for (const auto& row : filters())
        for (const auto& node : nodes_of(row.notation))
            if (node.argument) used.insert(node.argument);
    for (const auto* type : argument_types()) {
        EXPECT_FALSE(type->help.empty()) << type->name;
        EXPECT_TRUE(used.contains(type)) << type->name;
    }
}

TEST(registry, every_show_row_answers_in_text_and_in_json_that_can_be_read) {
    FakeSwitch sw;
    const Interpreter interpreter(sw);
    const Tried::Pause every_row_comes_by_here;
    for (const auto& row : commands()) {
        if (!row.handler.show && !row.handler.walk) continue;
        std::string line;  // the row without its options
        int depth = 0;
        for (const char c : row.notation) {
            depth += c == '{';
            if (depth == 0) line += c;
            depth -= c == '}';
        }
        const auto text = say(interpreter, line);
        EXPECT_EQ(text.code, Code::ok) << line << text.text;
        EXPECT_TRUE(text.text.ends_with('\n')) << line;
        const auto json = say(interpreter, line, true);
        EXPECT_EQ(json.code, Code::ok) << line;
        EXPECT_TRUE(Json::accept(json.text)) << line << json.text;
        EXPECT_EQ(say(interpreter, line + " | json").text.empty(), false) << line;
    }
}

TEST(registry, the_product_is_called_baton) {
    for (const auto& row : commands())
        for (const auto text : {row.notation, row.help, row.more})
            EXPECT_EQ(text.find("Extreme"), std::string_view::npos) << text;
}

/// A row that no test here has ever run to success fails the program, whoever wrote the row. Rows are counted by say();
/// that a test says them is seen, not looked for in its source.
class EveryRowHasATest final : public testing::Environment {
    void TearDown() override {
        if (testing::GTEST_FLAG(filter) != "*" || testing::UnitTest::GetInstance()->Failed()) return;
        const auto rows = commands();
        for (unsigned row = 0; row < rows.size(); ++row)
            EXPECT_TRUE(Tried::rows().contains(row))
                << "no test runs \"" << rows[row].notation << "\" to success; add one to tests/unit/commands";
    }
};

[[maybe_unused]] const auto* every_row_has_a_test = testing::AddGlobalTestEnvironment(new EveryRowHasATest);

}  // namespace
}  // namespace baton::commands
