// SPDX-License-Identifier: Apache-2.0
#include "controlplane/shell/screen.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "controlplane/shell/link.h"

namespace baton::session {
namespace {

constexpr std::string_view page_question = "Press <SPACE> to continue or <Q> to quit:";

/// One key, unechoed; 'q' when there is none to be had.
char key() {
    termios before{};
    if (::tcgetattr(STDIN_FILENO, &before) < 0) return 'q';
    termios raw = before;
    raw.c_lflag &= static_cast<tcflag_t>(~(ICANON | ECHO));
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    char c = 'q';
    if (::read(STDIN_FILENO, &c, 1) != 1) c = 'q';
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return c;
}

}  // namespace

bool write_all(int fd, std::string_view what) {
    while (!what.empty()) {
        const auto written = ::write(fd, what.data(), what.size());
        if (written >= 0) {
            what.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd one{fd, POLLOUT, 0};
            ::poll(&one, 1, 1000);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

void Screen::text(std::string_view piece) {
    filters_.feed(piece, held_);
    if (held_.size() < (page_rows_ ? hold_paged : hold)) return;
    print(held_);
    held_.clear();
}

bool Screen::restart(commands::FilterChain filters) {
    if (printed_) return false;
    held_.clear();
    filters_ = std::move(filters);
    return true;
}

void Screen::finish() {
    filters_.finish(held_);
    if (page_rows_ && !printed_)
        print_pages(held_);
    else
        print(held_);
    held_.clear();
}

void Screen::print(std::string_view what) {
    if (what.empty() || gone_) return;
    printed_ = true;
    gone_ = !write_all(fd_, what);
}

void Screen::print_pages(std::string_view what) {
    std::size_t rows = 0, from = 0;
    for (auto end = what.find('\n'); end != std::string_view::npos && end + 1 < what.size();
         end = what.find('\n', end + 1)) {
        if (++rows < page_rows_) continue;
        print(what.substr(from, end + 1 - from));
        print(page_question);
        const char pressed = key();
        print("\r\x1b[K");
        if (pressed == 'q' || pressed == 'Q' || pressed == 3 || interrupted) return;
        from = end + 1;
        rows = pressed == '\n' || pressed == '\r' ? page_rows_ - 1 : 0;
    }
    print(what.substr(from));
}

}  // namespace baton::session
