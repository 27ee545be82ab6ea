// SPDX-License-Identifier: Apache-2.0
// baton-manual man | markdown | bash: the man page, the command reference and the shell completion, made from the table
// of commands when Baton is built, so that they cannot say anything else than the switch does. docs/commands.md is kept
// in the tree for those who read there; tests/lint looks whether it is current.
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controlplane/commands/filter.h"
#include "controlplane/commands/interpreter.h"
#include "controlplane/shell/usage.h"

namespace baton {
namespace {

using commands::Row;

std::string_view first_word(std::string_view notation) {
    return notation.substr(0, notation.find(' '));
}

/// Rows by their first word, each in the table's order.
std::map<std::string_view, std::vector<const Row*>> by_verb() {
    std::map<std::string_view, std::vector<const Row*>> out;
    for (const auto& row : commands::commands()) out[first_word(row.notation)].push_back(&row);
    return out;
}

std::string one_line(std::string_view text) {
    std::string out(text);
    std::replace(out.begin(), out.end(), '\n', ' ');
    return out;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

constexpr std::string_view notation_words[][2] = {
    {"word", "to be said; it may be shortened as long as it stays the only one, and case does not matter"},
    {"<name>", "to be replaced"},
    {"[a | b]", "one of them must be said"},
    {"{a | b}", "one of them may be said"},
};

constexpr std::string_view needs_admin = "For administrators.";

/// The kinds of argument that commands name, in the order of their names.
std::map<std::string_view, std::string_view> arguments_used() {
    std::map<std::string_view, std::string_view> out;
    const auto add = [&](std::string_view notation) {
        if (const auto graph = commands::parse_notation(notation))
            for (const auto& node : graph->nodes)
                if (node.argument) out[node.argument->name] = node.argument->help;
    };
    for (const auto& row : commands::commands()) add(row.notation);
    for (const auto& row : commands::filters()) add(row.notation);
    return out;
}

// --- the command reference ---

std::string markdown() {
    const auto code = [](std::string_view text) { return fmt::format("`{}`", text); };
    std::string out =
        "# Commands\n\n"
        "Made from the table of commands (controlplane/commands/registry.cc): `build/baton-manual markdown "
        ">docs/commands.md`\n"
        "makes it, and the man page, build/baton.1, says the same.\n\n"
        "| notation | meaning |\n|---|---|\n";
    for (const auto& [word, meaning] : notation_words)
        out += fmt::format("| {} | {} |\n", code(replaced(std::string(word), "|", "\\|")), meaning);
    out +=
        "\n`config` and `unconfig` are understood too. `?` explains what may follow at any place of a line, Tab "
        "completes, with\n"
        "the names and ports that there are. Errors begin with `%% ` and mark the place with `^`; with `-j` they are "
        "JSON with\n"
        "`error`, `code`, `position`, `length` and `expected`. Every `show` has a JSON form, and every change answers\n"
        "`{\"ok\": true, \"text\": ...}`.\n\n";
    for (const auto& [verb, rows] : by_verb()) {
        out += fmt::format("## {}\n\n", verb);
        for (const auto* row : rows)
            out += fmt::format("### `{}`\n\n{}. {}{}\n\n", row->notation, row->help, one_line(row->more),
                               row->role == commands::Role::read ? "" : fmt::format(" *{}*", needs_admin));
    }
    out +=
        "## Filters\n\nBehind a bar, at the end of a line; several may follow each other.\n\n| filter | meaning "
        "|\n|---|---|\n";
    for (const auto& row : commands::filters())
        out += fmt::format("| `\\| {}` | {} |\n", replaced(std::string(row.notation), "|", "\\|"), row.help);
    out += "\n## Arguments\n\n| argument | meaning |\n|---|---|\n";
    for (const auto& [name, help] : arguments_used())
        out += fmt::format("| `<{}>` | {} |\n", name, replaced(std::string(help), "|", "\\|"));
    return out;
}

// --- the man page ---

/// Text for troff: no request by accident, hyphens that can be copied.
std::string roff(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if ((c == '.' || c == '\'') && (i == 0 || text[i - 1] == '\n')) out += "\\&";
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else
            out += c;
    }
    return out;
}

std::string man() {
    using namespace session;
    std::string out = fmt::format(
        ".\\\" Made by baton-manual from the table of commands.\n"
        ".TH BATON 1 \"\" \"Baton {}\" \"User Commands\"\n"
        ".SH NAME\nbaton \\- the command line of the Baton switch\n"
        ".SH SYNOPSIS\n.B baton\n[\\fIoptions\\fR] [\\fIcommand\\fR]\n"
        ".SH DESCRIPTION\n",
        BATON_VERSION);
    for (const auto& [line, what] : program_uses) out += fmt::format(".TP\n.B {}\n{}\n", roff(line), roff(what));
    out += fmt::format(".PP\n{}\n.PP\n{}\n.SH OPTIONS\n", roff(about_failover), roff(about_accounts));
    for (const auto& option : program_options) {
        out += fmt::format(".TP\n\\fB\\-{}\\fR", option.letter);
        if (!option.name.empty()) out += fmt::format(", \\fB\\-\\-{}\\fR", roff(option.name));
        if (!option.value.empty()) out += fmt::format(" \\fI{}\\fR", roff(option.value));
        out += fmt::format("\n{}\n", roff(option.help));
    }
    out += ".SH NOTATION\n";
    for (const auto& [word, meaning] : notation_words)
        out += fmt::format(".TP\n.B \"{}\"\n{}\n", roff(word), roff(meaning));
    out += ".SH COMMANDS\n";
    for (const auto& [verb, rows] : by_verb()) {
        out += fmt::format(".SS {}\n", roff(verb));
        for (const auto* row : rows)
            out += fmt::format(".TP\n\\fB{}\\fR\n{}. {}{}\n", roff(row->notation), roff(row->help),
                               roff(one_line(row->more)),
                               row->role == commands::Role::read ? "" : fmt::format(" {}", needs_admin));
    }
    out += fmt::format(".SH FILTERS\n{}\n.PP\n.nf\n    baton \\(aqshow fdb | include 1:3\\(aq\n.fi\n",
                       roff(about_filters));
    for (const auto& row : commands::filters())
        out += fmt::format(".TP\n.B \"| {}\"\n{}\n", roff(row.notation), roff(row.help));
    out += ".SH ARGUMENTS\n";
    for (const auto& [name, help] : arguments_used()) {
        const auto text = replaced(roff(help), "\"", "\\(dq");
        out += fmt::format(".TP\n.I <{}>\n{}\n", roff(name), text);
    }
    out += ".SH ENVIRONMENT\n.TP\n.B BATON_SOCKET\nwhere the master listens, unless \\fB\\-\\-socket\\fR says so\n";
    out += ".SH EXIT STATUS\n";
    for (const auto& one : exit_codes) out += fmt::format(".TP\n.B {}\n{}\n", one.code, roff(one.meaning));
    return out;
}

// --- completion for bash ---

/// What may follow each beginning of a command; arguments are *.
class Beginnings {
  public:
    Beginnings() {
        for (const auto& row : commands::commands())
            if (auto graph = commands::parse_notation(row.notation)) graphs_.push_back(std::move(*graph));
        for (const auto& graph : graphs_)
            for (const auto index : graph.first) walk(graph, graph.nodes[index], "");
    }

    const std::map<std::string, std::set<std::string>>& next() const { return next_; }

  private:
    void walk(const commands::Graph& graph, const commands::Node& node, const std::string& before) {
        const std::string word = node.argument ? "*" : node.word;
        next_[before].insert(word);
        if (node.argument && node.argument->repeats) return;
        for (const auto index : node.next) walk(graph, graph.nodes[index], before.empty() ? word : before + " " + word);
    }

    std::vector<commands::Graph> graphs_;
    std::map<std::string, std::set<std::string>> next_;
};

// clang-format off
constexpr std::string_view completion_script = R"bash('

_baton_words() { # the words that may follow "$@"
    local path=- word next candidate found
    for word in "$@"; do
        found=
        for next in $(set -f; echo ${_baton_next[$path]}); do
            [ "$next" = "$word" ] && { found=$next; break; }
            case $next in "$word"*) found=$next ;; esac
        done
        if [ -z "$found" ]; then
            case " ${_baton_next[$path]} " in *' * '*) found='*' ;; *) return ;; esac
        fi
        if [ "$path" = - ]; then path=$found; else path="$path $found"; fi
    done
    (set -f; for candidate in ${_baton_next[$path]}; do [ "$candidate" = '*' ] || echo "$candidate"; done)
}

_baton() {
    local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} words options=() current lower prefix candidate live typed
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    words=("${words[@]:1}")
    while [[ ${#words[@]} -gt 1 && ${words[0]} == -* ]]; do
        case "$_baton_valued|" in
            *"|${words[0]}|"*)
                case ${words[0]} in -s | --socket) options+=(--socket "${words[1]}") ;; esac
                words=("${words[@]:2}")
                ;;
            *) words=("${words[@]:1}") ;;
        esac
    done
    [ ${#words[@]} -gt 0 ] || return 0
    current=${words[-1]} lower=${words[-1],,}
    COMPREPLY=()
    if [[ ${#words[@]} -eq 1 && $current == -* ]]; then
        COMPREPLY=($(compgen -W "$_baton_options" -- "$current"))
        return 0
    fi
    typed="${words[*]}"
    mapfile -t live < <("${COMP_WORDS[0]}" "${options[@]}" --timeout 2 --complete "$typed" 2>/dev/null)
    [ ${#live[@]} -gt 0 ] || mapfile -t live < <(_baton_words "${words[@]:0:${#words[@]}-1}")
    prefix=${current%"${current##*:}"} # bash takes what stands before a colon for another word
    for candidate in "${live[@]}"; do
        case ${candidate,,} in "$lower"*) COMPREPLY+=("${candidate:${#prefix}}") ;; esac
    done
}
complete -F _baton baton
)bash";

// clang-format on

std::string bash() {
    std::string out =
        "# Completion for baton(1), made by baton-manual from the table of commands. The running switch is asked "
        "first: it\n"
        "# knows names and ports. Without a master the words of the commands are completed.\n"
        "declare -gA _baton_next=(\n";
    const Beginnings beginnings;
    for (const auto& [before, words] : beginnings.next()) {
        std::string list;
        for (const auto& word : words) list += (list.empty() ? "" : " ") + word;
        out += fmt::format("    ['{}']='{}'\n", before.empty() ? "-" : before, list);
    }
    out += ")\n_baton_options='";
    for (const auto& option : session::program_options)
        out += fmt::format("-{}{}{} ", option.letter, option.name.empty() ? "" : " --", option.name);
    out += "'\n_baton_valued='";
    for (const auto& option : session::program_options)
        if (!option.value.empty())
            out += fmt::format("|-{}{}{}", option.letter, option.name.empty() ? "" : "|--", option.name);
    out += completion_script;
    return out;
}

}  // namespace
}  // namespace baton

int main(int argc, char* argv[]) {
    const std::string_view what = argc == 2 ? argv[1] : "";
    const auto text = what == "man"        ? baton::man()
                      : what == "markdown" ? baton::markdown()
                      : what == "bash"     ? baton::bash()
                                           : std::string();
    if (text.empty()) {
        std::fputs("baton-manual man | markdown | bash\n", stderr);
        return 2;
    }
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
