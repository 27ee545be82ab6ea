// SPDX-License-Identifier: Apache-2.0
#include "controlplane/shell/interactive.h"

#include <fmt/core.h>
#include <histedit.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "controlplane/commands/line.h"

namespace baton::session {
namespace {

constexpr int history_lines = 500;
constexpr const char* save_question = "Do you wish to save your configuration changes? (y or n) ";

struct Desk;

Desk& desk_of(EditLine* editor) {
    void* desk = nullptr;
    el_get(editor, EL_CLIENTDATA, &desk);
    return *static_cast<Desk*>(desk);
}

Client& client_of(EditLine* editor);

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

/// What the editing of a line needs besides the client.
struct Desk {
    Client& client;
    bool paging = true;  // a person reads: scripts switch it off first
};

Client& client_of(EditLine* editor) {
    return desk_of(editor).client;
}

/// A key. While none comes the link is watched: a master that is lost is noticed at once. A person is told at once,
/// too; a script only with its next answer, because a prompt that it did not ask for would bring it out of step.
int read_key(EditLine* editor, wchar_t* key) {
    auto& desk = desk_of(editor);
    while (true) {
        pollfd both[2] = {{STDIN_FILENO, POLLIN, 0}, {desk.client.fd(), POLLIN, 0}};
        if (::poll(both, 2, -1) < 0) {
            if (errno == EINTR && !interrupted) continue;
            return -1;
        }
        if (both[0].revents != 0) {
            unsigned char byte = 0;
            const auto size = ::read(STDIN_FILENO, &byte, 1);
            if (size < 0 && errno == EINTR && !interrupted) continue;
            if (size > 0 && byte >= 0x80) continue;  // commands are ASCII
            *key = static_cast<wchar_t>(byte);
            return static_cast<int>(size);
        }
        if (both[1].revents == 0 || !desk.client.idle(desk.paging)) continue;
        if (desk.client.ended()) return 0;
        el_set(editor, EL_REFRESH);
    }
}

std::optional<std::string> typed_line(const std::string& question) {
    print(question);
    std::string out;
    for (char c = 0;;) {
        const auto size = ::read(STDIN_FILENO, &c, 1);
        if (size <= 0 || interrupted) return {};
        if (c == '\n' || c == '\r') return out;
        out += c;
    }
}

/// Interactive sessions show errors in a form that the clients of other makers' switches recognise.
std::string marked(const Client::Answer& answer) {
    if (!answer.complaint.starts_with("%% ")) return answer.complaint;
    if (answer.code == Code::syntax) return answer.complaint + "%% Invalid input detected at '^' marker.\n";
    return "%% Error: " + answer.complaint.substr(3);
}

}  // namespace

bool ask_at_terminal(const std::string& question) {
    print(question);
    char answer[64] = {};
    const auto size = ::read(STDIN_FILENO, answer, sizeof answer - 1);
    return size > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

std::optional<std::string> ask_for(const std::string& question) {
    return typed_line(question);
}

std::optional<std::string> ask_unseen(const std::string& question) {
    termios before{};
    if (::tcgetattr(STDIN_FILENO, &before) < 0) return {};
    termios quiet = before;
    quiet.c_lflag = (quiet.c_lflag | ICANON | ISIG) & static_cast<tcflag_t>(~ECHO);
    quiet.c_iflag |= ICRNL;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    auto out = typed_line(question);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
    print("\n");
    return out;
}

int interactive(Client& client) {
    bool editing = false;
    client.options().notice = [&editing](const std::string& line) { print((editing ? "\n" : "") + line + "\n"); };
    Desk desk{client, ::isatty(STDOUT_FILENO) != 0};
    const auto confirm = client.options().confirm;
    const auto greeting = client.hello();
    if (greeting.code != Code::ok) {
        print(greeting.complaint);
        return static_cast<int>(greeting.code);
    }

    print("Baton " BATON_VERSION "\nPress the <tab> or '?' key at any time for completions.\n");

    struct sigaction action {};

    action.sa_handler = on_interrupt;  // without SA_RESTART: it ends a wait
    ::sigaction(SIGINT, &action, nullptr);

    History* history = history_init();
    HistEvent event;
    ::history(history, &event, H_SETSIZE, history_lines);
    ::history(history, &event, H_SETUNIQUE, 1);
    EditLine* editor = el_init("baton", stdin, stdout, stderr);
    el_set(editor, EL_CLIENTDATA, &desk);
    el_set(editor, EL_GETCFN, read_key);
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
        editing = true;
        const char* typed = el_gets(editor, &size);
        editing = false;
        if (!typed || size <= 0) {
            if (interrupted) continue;
            if (client.ended()) break;
            print("\n");
            break;
        }
        std::string line(typed, static_cast<std::size_t>(size));
        while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
        if (line.find_first_not_of(" \t") == std::string::npos) continue;
        client.options().page_rows = desk.paging ? rows_of_terminal() : 0;
        const std::string entered(typed, static_cast<std::size_t>(size));
        const auto answer = client.run(line, STDOUT_FILENO);
        if (!client.had_secret() || client.asked_secret()) ::history(history, &event, H_ENTER, entered.c_str());
        print(marked(answer));
        if (answer.local == "exit") {
            if (client.unsaved() && client.options().confirm && client.options().confirm(save_question))
                print(marked(client.run("save configuration", STDOUT_FILENO)));
            break;
        }
        if (client.output_gone() || client.ended()) break;
        if (answer.local == "history") print_history(history);
        if (answer.local == "paging on") desk.paging = true;
        if (answer.local == "paging off") desk.paging = false;
        if (answer.local == "asking on") client.options().confirm = confirm;
        if (answer.local == "asking off") client.options().confirm = nullptr;
    }
    el_end(editor);
    history_end(history);
    return 0;
}

}  // namespace baton::session
