// SPDX-License-Identifier: Apache-2.0
#include "controlplane/shell/interactive.h"

#include <fmt/core.h>
#include <histedit.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "controlplane/commands/line.h"

namespace baton::session {
namespace {

constexpr int history_lines = 500;

Client& client_of(EditLine* editor) {
    void* client = nullptr;
    el_get(editor, EL_CLIENTDATA, &client);
    return *static_cast<Client*>(client);
}

char* prompt_of(EditLine* editor) {
    return const_cast<char*>(client_of(editor).prompt().c_str());
}

struct Place {
    std::string line;
    std::size_t cursor = 0;
};

Place place_in(EditLine* editor) {
    const auto* info = el_line(editor);
    return {std::string(info->buffer, info->lastchar), static_cast<std::size_t>(info->cursor - info->buffer)};
}

void print(std::string_view text) {
    write_all(STDOUT_FILENO, text);
}

/// Candidates side by side, as wide as the terminal is.
void print_words(const std::vector<std::string>& words) {
    std::size_t widest = 0;
    for (const auto& word : words) widest = std::max(widest, word.size());
    const auto per_row = std::max<std::size_t>(1, 80 / (widest + 2));
    std::string out = "\n";
    for (std::size_t i = 0; i < words.size(); ++i)
        out += i + 1 == words.size() || (i + 1) % per_row == 0 ? words[i] + "\n"
                                                               : fmt::format("{:<{}}", words[i], widest + 2);
    print(out);
}

unsigned char complete(EditLine* editor, int) {
    auto [line, cursor] = place_in(editor);
    const auto words = client_of(editor).complete(line, cursor);
    if (words.empty()) return CC_ERROR;
    std::string typed;  // what a candidate replaces
    const auto cut = commands::split(std::string_view(line).substr(0, cursor), true);
    if (const auto* good = std::get_if<commands::Line>(&cut)) {
        const auto& list = good->filters.empty() ? good->words : good->filters.back();
        if (!list.empty() && list.back().at + list.back().size == cursor)
            typed = line.substr(list.back().at, cursor - list.back().at);
    }
    std::string common = words.front();
    for (const auto& word : words) {
        std::size_t same = 0;
        while (same < std::min(common.size(), word.size()) &&
               commands::same_word(common.substr(same, 1), word.substr(same, 1)))
            ++same;
        common.resize(same);
    }
    if (words.size() == 1) common += ' ';
    if (common.size() > typed.size() || words.size() == 1) {
        if (!typed.empty()) el_deletestr(editor, static_cast<int>(typed.size()));
        el_insertstr(editor, common.c_str());
        return CC_REFRESH;
    }
    print_words(words);
    return CC_REDISPLAY;
}

unsigned char explain(EditLine* editor, int key) {
    auto [line, cursor] = place_in(editor);
    const auto head = std::string_view(line).substr(0, cursor);
    if (std::count(head.begin(), head.end(), '"') % 2 == 1) {  // in a quotation it is a character like others
        const char text[2] = {static_cast<char>(key), 0};
        el_insertstr(editor, text);
        return CC_REFRESH;
    }
    std::string out = "?\n";
    std::size_t widest = 0;
    const auto words = client_of(editor).help(line, cursor);
    for (const auto& word : words)
        widest = std::max(widest, word.find('\t') == std::string::npos ? 0 : word.find('\t'));
    for (const auto& word : words) {
        const auto tab = word.find('\t');
        out += tab == std::string::npos
                   ? word
                   : fmt::format("  {:<{}}  {}\n", word.substr(0, tab), widest, word.substr(tab + 1));
    }
    if (words.empty()) out += "%% nothing may follow here\n";
    print(out);
    return CC_REDISPLAY;
}

unsigned char clear_line(EditLine* editor, int) {
    print("^C\n");
    el_cursor(editor, 1 << 16);
    const auto [line, cursor] = place_in(editor);
    if (cursor > 0) el_deletestr(editor, static_cast<int>(cursor));
    return CC_REDISPLAY;
}

void on_interrupt(int) {
    interrupted = 1;
}

std::size_t rows_of_terminal() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 2 ? size.ws_row - 1u : 0u;
}

void print_history(History* history) {
    HistEvent event;
    std::string out;
    int number = 1;
    for (int more = ::history(history, &event, H_LAST); more >= 0; more = ::history(history, &event, H_PREV))
        out += fmt::format("{:>5}  {}", number++, event.str);
    print(out);
}

}  // namespace

bool ask_at_terminal(const std::string& question) {
    print(question);
    char answer[64] = {};
    const auto size = ::read(STDIN_FILENO, answer, sizeof answer - 1);
    return size > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

int interactive(Client& client) {
    client.options().notice = [](const std::string& line) { print(line + "\n"); };
    bool paging = ::isatty(STDOUT_FILENO);
    const auto greeting = client.hello();
    if (greeting.code != Code::ok) {
        print(greeting.complaint);
        return static_cast<int>(greeting.code);
    }

    struct sigaction action {};

    action.sa_handler = on_interrupt;  // without SA_RESTART: it ends a wait
    ::sigaction(SIGINT, &action, nullptr);

    History* history = history_init();
    HistEvent event;
    ::history(history, &event, H_SETSIZE, history_lines);
    ::history(history, &event, H_SETUNIQUE, 1);
    EditLine* editor = el_init("baton", stdin, stdout, stderr);
    el_set(editor, EL_CLIENTDATA, &client);
    el_set(editor, EL_PROMPT, prompt_of);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_HIST, ::history, history);
    el_set(editor, EL_ADDFN, "baton-complete", "Completes the word", complete);
    el_set(editor, EL_ADDFN, "baton-explain", "Explains what may follow", explain);
    el_set(editor, EL_ADDFN, "baton-clear", "Clears the line", clear_line);
    el_set(editor, EL_BIND, "\t", "baton-complete", nullptr);
    el_set(editor, EL_BIND, "?", "baton-explain", nullptr);
    el_set(editor, EL_BIND, "^C", "baton-clear", nullptr);
    el_set(editor, EL_SETTY, "-d", "-isig", nullptr);  // while a line is edited ^C is a key, not a signal

    while (true) {
        int size = 0;
        interrupted = 0;
        el_set(editor, EL_PREP_TERM, 1);  // before the prompt is seen: libedit does it after, and loses a quick Ctrl-D
        const char* typed = el_gets(editor, &size);
        if (!typed || size <= 0) {
            if (interrupted) continue;
            print("\n");
            break;
        }
        std::string line(typed, static_cast<std::size_t>(size));
        while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
        if (line.find_first_not_of(" \t") == std::string::npos) continue;
        ::history(history, &event, H_ENTER, typed);
        client.options().page_rows = paging ? rows_of_terminal() : 0;
        const auto answer = client.run(line, STDOUT_FILENO);
        print(answer.complaint);
        if (answer.local == "exit" || client.output_gone()) break;
        if (answer.local == "history") print_history(history);
        if (answer.local == "paging on") paging = true;
        if (answer.local == "paging off") paging = false;
    }
    el_end(editor);
    history_end(history);
    return 0;
}

}  // namespace baton::session
