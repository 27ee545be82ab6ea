// SPDX-License-Identifier: Apache-2.0
#include "controlplane/shell/client.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "controlplane/commands/complain.h"
#include "controlplane/shell/frame.h"

namespace baton::session {
namespace {

constexpr Duration hello_pause = milliseconds(20);  // between two tries at a socket that closes at once
constexpr int logins_most = 3;
constexpr int idle_tries_most = 50;                    // then an idle session waits for its next command
constexpr Duration outcome_pause = milliseconds(100);  // between two looks at a change that still runs

void pause(Duration time) {
    ::poll(nullptr, 0, static_cast<int>(time.ns / 1'000'000));
}

/// Never 0, which means "no token".
std::uint64_t new_token() {
    std::uint64_t token = 0;
    while (token == 0)
        if (::getrandom(&token, sizeof token, 0) != sizeof token)
            token = static_cast<std::uint64_t>(monotonic_now().ns);
    return token;
}

/// What a refusal says, without its mark.
std::string sentence_of(const Reply& reply) {
    auto what = reply.text();
    if (what.starts_with("%% ")) what.erase(0, 3);
    while (what.ends_with('\n')) what.pop_back();
    return what;
}

/// The filters of a line, anew each time, because a chain remembers what it has seen. What is wrong with their words
/// the master says; what is wrong with a pattern only the client can.
std::variant<commands::FilterChain, commands::Complaint> filters_of(const std::string& line) {
    const auto cut = commands::split(line);
    const auto* good = std::get_if<commands::Line>(&cut);
    if (!good) return commands::FilterChain{};
    const auto specs = commands::read_filters(*good, line.size());
    if (!std::holds_alternative<std::vector<commands::FilterSpec>>(specs)) return commands::FilterChain{};
    return commands::FilterChain::make(std::get<std::vector<commands::FilterSpec>>(specs));
}

/// Replaces the file whole, where it is a file; a pipe or a terminal is written to.
Result<void> store(const std::string& path, const std::string& text) {
    std::error_code error;
    const auto kind = std::filesystem::status(path, error).type();
    const bool whole = kind == std::filesystem::file_type::not_found || kind == std::filesystem::file_type::regular;
    const std::string fresh = whole ? path + ".new" : path;
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) return failure(fmt::format("cannot write {}: {}", fresh, std::strerror(errno)));
    if (whole && std::rename(fresh.c_str(), path.c_str()) != 0)
        return failure(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
    return {};
}

}  // namespace

Client::Answer Client::failed(Code code, const std::string& what) const {
    return {code, {}, commands::text_of(Error{code, what}, options_.json)};
}

Request Client::greeting(const std::string& line) const {
    Request request;
    request.set_kind(Request::HELLO);
    request.set_line(line);
    request.set_count(count_);
    if (greeted_) return request;
    request.set_session(session_);
    request.set_began_ns(began_ns_);
    request.set_from(options_.from);
    request.set_account(options_.account);
    request.set_password(options_.password);
    request.set_by_password(options_.by_password);
    return request;
}

void Client::greeted(const Reply& reply, bool tell) {
    greeted_ = true;
    session_ = reply.session();
    unsaved_ = reply.unsaved();
    if (!tell) return;
    if (term_ != 0 && reply.term() != term_ && options_.notice)
        options_.notice(
            fmt::format("-- {} carries the baton now (term {}); this session goes on", reply.slot(), reply.term()));
    term_ = reply.term();
    prompt_ = reply.prompt();
}

Result<Reply> Client::say_hello(const std::string& line) {
    auto until = deadline();
    int wrong_passwords = 0;
    if (std::exchange(hello_out_, false)) link_.close();
    idle_tries_ = 0;
    while (true) {
        std::string why;
        if (link_.is_open() && link_.gone()) {
            Reply last;
            if (link_.receive(last, until) == Got::reply && last.ended()) {
                ended_ = true;
                link_.close();
                return Error{Code::failed, sentence_of(last)};
            }
            link_.close();
        }
        if (!link_.is_open()) {
            greeted_ = false;
            if (!link_.connect(why))
                return Error{Code::no_master, fmt::format("no switch answers at {}; is baton-chassis running?", why)};
        }
        Reply reply;
        const auto got = link_.send(greeting(line), until) ? link_.receive(reply, until) : Got::broken;
        if (got == Got::reply && reply.need_password() && options_.secret) {
            if (options_.by_password && ++wrong_passwords >= logins_most) return Error{Code::failed, "login incorrect"};
            if (options_.by_password) options_.notice ? options_.notice("%% " + sentence_of(reply)) : void();
            const auto password = options_.secret("password: ");
            if (!password) return Error{Code::failed, "no login"};
            options_.password = *password;
            options_.by_password = true;
            until = deadline();  // a person took as long as he took
            continue;
        }
        if (got == Got::reply && reply.code() != 0) {
            link_.close();
            if (reply.ended()) ended_ = true;
            return Error{static_cast<Code>(reply.code()), sentence_of(reply)};
        }
        if (got == Got::reply) {
            greeted(reply, true);
            return reply;
        }
        link_.close();
        if (got == Got::interrupted) return Error{Code::failed, "interrupted"};
        if (got == Got::timeout || monotonic_now() + hello_pause > until)
            return Error{
                Code::no_master,
                fmt::format(
                    "no master answered within {:g} s; the boards' logs say why, and the switch forwards without one",
                    options_.timeout.seconds())};
        pause(hello_pause);
    }
}

bool Client::idle(bool tell) {
    if (link_.is_open() && !hello_out_) {
        Reply last;
        if (link_.receive(last, monotonic_now() + seconds(1)) == Got::reply && last.ended()) {
            ended_ = true;
            if (options_.notice) options_.notice("%% " + sentence_of(last));
            link_.close();
            return true;
        }
        link_.close();
    }
    if (link_.is_open()) {
        Reply reply;
        hello_out_ = false;
        if (link_.receive(reply, monotonic_now() + seconds(1)) == Got::reply) {
            const bool another = reply.code() == 0 && reply.term() != term_;
            // the same master: it had no room for an idle session, so this one waits with a closed link
            if (another) greeted(reply, tell);
            if (!another) link_.close();
            return another && tell;
        }
        link_.close();
    }
    greeted_ = false;
    std::string why;
    if (++idle_tries_ > idle_tries_most || !link_.connect(why)) return false;  // the next command tries again
    if (idle_tries_ > 1) pause(hello_pause);
    if (!link_.send(greeting({}), monotonic_now() + seconds(1))) link_.close();
    hello_out_ = link_.is_open();
    return false;
}

/// The line with a password that was typed twice, unseen.
Result<std::string> Client::with_secret(const std::string& line) {
    const auto password = options_.secret("password: ");
    const auto again = password ? options_.secret("Reenter password: ") : password;
    if (!password || !again) return Error{Code::failed, "nothing was changed"};
    if (*password != *again) return Error{Code::failed, "the two differ; nothing was changed"};
    const char mark = password->find('"') == std::string::npos ? '"' : '\'';
    if (password->find(mark) != std::string::npos)
        return Error{Code::syntax, "a password may hold \" or ', not both; nothing was changed"};
    std::size_t end = line.size();
    if (const auto cut = commands::split(line); const auto* good = std::get_if<commands::Line>(&cut))
        if (!good->bars.empty()) end = good->bars.front();
    return fmt::format("{} {}{}{} {}", line.substr(0, end), mark, *password, mark, line.substr(end));
}

Client::Answer Client::hello() {
    if (began_ns_ == 0) {
        timespec now;
        ::clock_gettime(CLOCK_REALTIME, &now);
        began_ns_ = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000ull + static_cast<std::uint64_t>(now.tv_nsec);
    }
    const auto greeting = say_hello({});
    return greeting ? Answer{} : failed(greeting.error().code, greeting.error().what);
}

Result<void> Client::attach(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return failure(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
    std::string piece(piece_size, '\0');
    for (std::size_t size = 0;;) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        if (file.bad() || (file.gcount() == 0 && size == 0))
            return failure(fmt::format("{} is {}", path, file.bad() ? "no file that can be read" : "empty"));
        if (file.gcount() == 0) return {};
        size += static_cast<std::size_t>(file.gcount());
        Request request;
        request.set_kind(Request::ATTACH);
        request.set_data(piece.data(), static_cast<std::size_t>(file.gcount()));
        Reply reply;
        if (!link_.send(request, deadline()) || link_.receive(reply, deadline()) != Got::reply)
            return Error{Code::no_master,
                         "the master was lost before it had read the file: nothing was done, repeat it"};
        if (reply.code() != 0) return failure(reply.text().substr(reply.text().starts_with("%% ") ? 3 : 0));
    }
}

Client::Answer Client::run(const std::string& typed, int out) {
    std::string line = typed;
    had_secret_ = asked_secret_ = false;
    auto filters = filters_of(line);
    if (const auto* complaint = std::get_if<commands::Complaint>(&filters))
        return {Code::syntax, {}, commands::text_of(*complaint, line, options_.json)};
    Screen screen(out, std::move(std::get<commands::FilterChain>(filters)), options_.page_rows);
    Request request;
    request.set_kind(Request::RUN);
    request.set_line(line);
    request.set_json(options_.json);
    request.set_token(new_token());
    for (bool again = false;; again = true) {
        const auto greeting = say_hello(line);
        if (!greeting) return failed(greeting.error().code, greeting.error().what);
        if (!again && !greeting->confirm().empty() && options_.confirm && !options_.confirm(greeting->confirm()))
            return {};
        if (!again) had_secret_ = greeting->has_secret();
        if (!again) asked_secret_ = false;
        if (!again && greeting->lacks_secret() && options_.secret) {
            auto whole = with_secret(line);
            if (!whole) return failed(whole.error().code, whole.error().what);
            line = std::move(*whole);
            request.set_line(line);
            had_secret_ = asked_secret_ = true;
        }
        if (!greeting->read_file().empty())
            if (const auto attached = attach(greeting->read_file()); !attached) {
                link_.close();
                return failed(attached.error().code, attached.error().what);
            }
        const std::string write_file = greeting->write_file();
        std::string written;
        const auto patience = std::max(options_.timeout, seconds(greeting->patience()));
        request.set_count(count_);
        Got got = link_.send(request, deadline()) ? Got::reply : Got::broken;
        std::string error;
        Reply reply;
        while (got == Got::reply) {
            reply.Clear();
            got = link_.receive(reply, monotonic_now() + patience);
            if (got != Got::reply) break;
            if (reply.code() == 0 && !write_file.empty())
                written += reply.text();
            else if (reply.code() == 0)
                screen.text(reply.text());
            else
                error += reply.text();
            if (screen.gone()) {
                output_gone_ = true;
                link_.close();
                return {};
            }
            if (reply.more()) continue;
            ++count_;
            prompt_ = reply.prompt();
            if (reply.code() == 0 && !write_file.empty()) {
                if (const auto done = store(write_file, written); !done)
                    return failed(done.error().code, done.error().what);
                screen.text(commands::text_of_done(
                    fmt::format("The configuration is in {} ({} bytes).\n", write_file, written.size()),
                    options_.json));
            }
            screen.finish();
            output_gone_ = screen.gone();
            return {static_cast<Code>(reply.code()), reply.local(), std::move(error)};
        }
        link_.close();
        if (got == Got::interrupted)
            return failed(Code::failed,
                          greeting->change()
                              ? "interrupted; whether it was done is for the switch to say: look before you repeat it"
                              : "interrupted");
        if (got == Got::timeout)
            return failed(Code::timeout,
                          fmt::format("no answer within {:g} s{}", patience.seconds(),
                                      greeting->change() ? "; it may still be done: look before you repeat it"
                                                         : "; try --timeout"));
        if (greeting->change() && write_file.empty()) return outcome(request.token(), *greeting, typed, screen);
        if (again || !screen.restart(std::move(std::get<commands::FilterChain>(filters = filters_of(line)))))
            return failed(Code::failed, "the master was lost in the middle of the answer; ask again");
    }
}

Client::Answer Client::outcome(std::uint64_t token, const Reply& greeting, const std::string& line, Screen& screen) {
    const auto until = deadline();
    Request request;
    request.set_kind(Request::OUTCOME);
    request.set_token(token);
    ++count_;
    while (true) {
        const auto master = say_hello({});
        if (!master)
            return failed(
                master.error().code,
                fmt::format("the master was lost before it answered, and {} Whether \"{}\" was done is not known",
                            master.error().what + ".", line));
        const auto who = fmt::format("{} (term {})", master->slot(), master->term());
        if (!greeting.journalled())
            return failed(Code::failed, fmt::format("the master was lost before it answered; {} cannot say whether "
                                                    "\"{}\" was done: look before you repeat it",
                                                    who, line));
        Reply reply;
        const auto got = link_.send(request, until) ? link_.receive(reply, until) : Got::broken;
        if (got == Got::interrupted)
            return failed(Code::failed, "interrupted; whether it was done is for the switch to say");
        if (got == Got::reply && reply.known()) {
            if (options_.notice)
                options_.notice("-- the master was lost before it answered; it had committed the change");
            screen.text(commands::text_of_done(reply.text(), options_.json));
            screen.finish();
            return {};
        }
        const bool same_master =
            master->term() == greeting.term();  // it may still be at it; a later one knows all there is
        if (got == Got::reply && !same_master)
            return failed(
                Code::failed,
                fmt::format("the master was lost before it committed; \"{}\" was not applied, says {}: repeat it", line,
                            who));
        if (got != Got::reply) link_.close();
        if (monotonic_now() + outcome_pause > until)
            return failed(
                Code::timeout,
                fmt::format("the connection broke and \"{}\" is not committed after {:g} s: look before you repeat it",
                            line, options_.timeout.seconds()));
        pause(outcome_pause);
    }
}

std::vector<std::string> Client::words(Request::Kind kind, const std::string& line, std::size_t cursor) {
    const auto greeting = say_hello({});
    if (!greeting) return {};
    Request request;
    request.set_kind(kind);
    request.set_line(line);
    request.set_cursor(static_cast<std::uint32_t>(cursor));
    request.set_count(count_);
    Reply reply;
    if (!link_.send(request, deadline()) || link_.receive(reply, deadline()) != Got::reply) {
        link_.close();
        return {};
    }
    if (reply.code() != 0) return {reply.text()};
    return {reply.words().begin(), reply.words().end()};
}

std::vector<std::string> Client::complete(const std::string& line, std::size_t cursor) {
    return words(Request::COMPLETE, line, cursor);
}

std::vector<std::string> Client::help(const std::string& line, std::size_t cursor) {
    return words(Request::HELP, line, cursor);
}

}  // namespace baton::session
