// SPDX-License-Identifier: Apache-2.0
#include "controlplane/shell/session.h"

#include <fmt/core.h>
#include <time.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <chrono>

#include "controlplane/commands/password.h"
#include "controlplane/shell/frame.h"
#include "sync/base/log.h"

namespace baton {
using boost::system::error_code;

namespace {

constexpr std::size_t attached_most = 16u << 20;  // bytes, of all sessions together
constexpr auto wrong_password_pause = std::chrono::seconds(1);
constexpr std::string_view no_account_hash = "$y$j9T$...............";  // takes as long as a real one, and fits nothing

std::int64_t wall_now_ns() {
    timespec ts;
    ::clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * 1'000'000'000LL + ts.tv_nsec;
}

/// What a client says of itself, as it may be shown.
std::string tidy(std::string_view text) {
    std::string out(text.substr(0, 64));
    for (auto& c : out)
        if (c < ' ' || c > '~') c = '?';
    return out;
}

}  // namespace

Session::Session(Socket socket, std::shared_ptr<const Owner> owner)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      owner_(std::move(owner)),
      slow_(socket_.get_executor()),
      last_used_(monotonic_now()) {
    error_code ignored;
    socket_.non_blocking(true, ignored);
}

/// Nothing is read before it is known whose session this is.
void Session::begin() {
    auto peer = owner_->limits.peer(socket_.native_handle());
    if (!peer) return refuse(peer.error().what);
    peer_ = std::move(*peer);
    number_ = owner_->number(0);
    began_ns_ = wall_now_ns();
    if (!peer_.name.empty()) return read();
    const auto name = std::make_shared<std::string>();
    owner_->helper.run([name, uid = peer_.uid] { *name = session::name_of_user(uid); },
                       [self = shared_from_this(), name] {
                           if (self->closed_) return;
                           self->peer_.name = *name;
                           self->read();
                       });
}

/// Asked at every request, so that an account that is deleted or changed counts at once.
Result<session::Identity> Session::who() const {
    const auto& running = owner_->sw.running();
    auto self = session::identity(peer_, owner_->operators, running);
    if (!login_) return self;
    const auto* account = running.account(login_->account);
    if (!account) return failure(fmt::format("account {} was deleted; log in with another", login_->account));
    const auto role = account->admin ? commands::Role::privileged : commands::Role::read;
    if (login_->hash ? *login_->hash != account->hash : !self || self->role < role)
        return failure(fmt::format("account {} was changed; log in again", account->name));
    return session::Identity{account->name, role};
}

commands::SessionView Session::view() const {
    const auto me = who();
    return {number_,   me ? me->user : peer_.name,
            from_,     me ? me->role : commands::Role::read,
            began_ns_, (monotonic_now() - last_used_).ns / 1'000'000};
}

void Session::dismiss(std::string sentence) {
    dismissed_ = std::move(sentence);
    if (!busy_) finished();
}

void Session::refuse(std::string_view sentence) {
    session::Reply reply;
    reply.set_code(static_cast<std::uint32_t>(Code::failed));
    reply.set_text("%% " + std::string(sentence) + "\n");
    close_after_ = true;
    busy_ = true;
    this->reply(std::move(reply));
}

void Session::close() {
    if (closed_) return;
    closed_ = true;
    error_code ignored;
    timer_.cancel(ignored);
    slow_.cancel(ignored);
    socket_.close(ignored);
    rest_.reset();
    *owner_->attached -= attachment_.size();
    attachment_.clear();
    owner_->closed(this);
}

void Session::after(int seconds) {
    timer_.expires_after(std::chrono::seconds(seconds));
    timer_.async_wait([self = shared_from_this(), mine = ++watch_](error_code error) {
        if (!error && mine == self->watch_) self->close();
    });
}

void Session::in_time() {
    ++watch_;
    timer_.cancel();
}

void Session::read() {
    boost::asio::async_read(socket_, boost::asio::buffer(header_),
                            [self = shared_from_this()](error_code error, std::size_t) {
                                if (self->closed_) return;
                                if (error) return self->close();
                                const auto size = session::size_in(self->header_);
                                if (size <= session::largest_request) return self->read_body(size);
                                if (self->busy_) return self->close();
                                self->refuse("the request is longer than 64 KB; split it into several");
                            });
}

void Session::read_body(std::uint32_t size) {
    body_.resize(size);
    if (!busy_) after(owner_->limits.request_seconds);
    boost::asio::async_read(socket_, boost::asio::buffer(body_),
                            [self = shared_from_this()](error_code error, std::size_t) {
                                if (self->closed_) return;
                                if (error) return self->close();
                                session::Request request;
                                if (!request.ParseFromArray(self->body_.data(), static_cast<int>(self->body_.size())))
                                    return self->close();
                                self->take(std::move(request));
                            });
}

void Session::take(session::Request request) {
    if (busy_) {
        held_ = std::move(request);  // not read further until the current one is answered
        return;
    }
    in_time();
    busy_ = spoke_ = true;
    last_used_ = monotonic_now();
    const auto self = shared_from_this();
    read();
    serve(request);
}

void Session::serve(const session::Request& request) {
    if (request.kind() == session::Request::HELLO) return greet(request);
    const auto me = who();
    if (!me) return refuse(me.error().what);
    if (!counted_) owner_->login(me->user, true);
    counted_ = true;
    const auto& interpreter = owner_->interpreter;
    const auto& line = request.line();
    session::Reply out;
    switch (request.kind()) {
        case session::Request::RUN: {
            const std::string attachment = std::exchange(attachment_, {});
            *owner_->attached -= attachment.size();
            const commands::Ask ask{line,     request.json(), request.token(), me->role,
                                    me->user, attachment,     number_,         &owner_->sessions};
            interpreter.run(ask, [weak = weak_from_this(), request](commands::Output output) {
                if (const auto self = weak.lock(); self && !self->closed_) self->answer(std::move(output), request);
            });
            return;
        }
        case session::Request::COMPLETE:
            for (auto& word : interpreter.complete(line, request.cursor())) out.add_words(std::move(word));
            break;
        case session::Request::HELP:
            if (auto words = interpreter.help(line, request.cursor())) {
                for (auto& word : *words) out.add_words(std::move(word));
            } else {
                out.set_code(static_cast<std::uint32_t>(words.error().code));
                out.set_text("%% " + words.error().what + "\n");
            }
            break;
        case session::Request::OUTCOME:
            if (const auto text = owner_->sw.outcome(request.token())) {
                out.set_known(true);
                out.set_text(*text);
            }
            break;
        case session::Request::ATTACH: return attach(request);
        default: return close();
    }
    out.set_prompt(interpreter.prompt(request.count() + 1, me->role));
    reply(std::move(out));
}

void Session::greet(const session::Request& request) {
    if (request.session() != 0 && owner_->number(request.session()) == request.session()) number_ = request.session();
    if (request.began_ns() != 0) began_ns_ = static_cast<std::int64_t>(request.began_ns());
    if (!request.from().empty()) from_ = tidy(request.from());
    if (!request.account().empty()) return log_in(request);
    const auto me = who();
    if (!me) return deny(request, me.error().what, false);
    say_hello(request, *me);
}

/// As an account that has no more rights than the user has: at once. Else with the account's password.
void Session::log_in(const session::Request& request) {
    const auto* account = owner_->sw.running().account(request.account());
    if (!request.by_password()) {
        const auto self = session::identity(peer_, owner_->operators, owner_->sw.running());
        if (!account) return deny(request, fmt::format("there is no account {}", tidy(request.account())), false);
        if (!self || self->role < (account->admin ? commands::Role::privileged : commands::Role::read))
            return deny(request, fmt::format("account {} needs its password", account->name), true);
        login_ = Login{account->name, {}};
        return say_hello(request, {account->name, account->admin ? commands::Role::privileged : commands::Role::read});
    }
    const auto hash = account && !account->hash.empty() ? account->hash : std::string(no_account_hash);
    const auto good = std::make_shared<bool>();
    owner_->helper.run([good, hash, password = request.password()] { *good = commands::is_password(password, hash); },
                       [self = shared_from_this(), request, hash, good] {
                           if (!self->closed_) self->judged(request, hash, *good);
                       });
}

void Session::judged(const session::Request& request, const std::string& hash, bool good) {
    const auto* account = owner_->sw.running().account(request.account());
    if (good && account && account->hash == hash) {
        login_ = Login{account->name, hash};
        return say_hello(request, {account->name, account->admin ? commands::Role::privileged : commands::Role::read});
    }
    owner_->login(tidy(request.account()), false);
    log::notice("login=refused account=\"{}\" user={} from=\"{}\"", tidy(request.account()), peer_.name, from_);
    slow_.expires_after(wrong_password_pause);
    slow_.async_wait([self = shared_from_this(), request](error_code error) {
        if (!error && !self->closed_) self->deny(request, "login incorrect", true);
    });
}

void Session::deny(const session::Request& request, std::string_view what, bool need_password) {
    session::Reply out;
    out.set_code(static_cast<std::uint32_t>(Code::failed));
    out.set_text(fmt::format("%% {}\n", what));
    out.set_need_password(need_password);
    out.set_prompt(owner_->interpreter.prompt(request.count() + 1, commands::Role::read));
    close_after_ = !need_password;
    reply(std::move(out));
}

void Session::say_hello(const session::Request& request, const session::Identity& me) {
    if (!counted_) owner_->login(me.user, true);
    counted_ = true;
    *owner_->attached -= attachment_.size();
    attachment_.clear();
    session::Reply out;
    auto nature = owner_->interpreter.nature(request.line());
    out.set_change(nature.change);
    out.set_journalled(nature.journalled);
    out.set_confirm(std::move(nature.confirm));
    out.set_patience(nature.patience);
    if (nature.file == commands::ClientFile::read) out.set_read_file(std::move(nature.path));
    if (nature.file == commands::ClientFile::write) out.set_write_file(std::move(nature.path));
    out.set_lacks_secret(nature.lacks_secret && me.role == commands::Role::privileged);
    out.set_has_secret(nature.has_secret);
    out.set_term(owner_->sw.term());
    out.set_slot(std::string(name_of(owner_->sw.slot())));
    out.set_session(number_);
    out.set_unsaved(owner_->sw.unsaved() && me.role == commands::Role::privileged);
    out.set_prompt(owner_->interpreter.prompt(request.count() + 1, me.role));
    reply(std::move(out));
}

/// What was attached and not run is dropped with the next HELLO, which begins every command.
void Session::attach(const session::Request& request) {
    if (attachment_.size() + request.data().size() > config::largest_configuration ||
        *owner_->attached + request.data().size() > attached_most)
        return refuse("the file is larger than any configuration, or too many are read at once; try again later");
    attachment_ += request.data();
    *owner_->attached += request.data().size();
    reply({});
}

void Session::answer(commands::Output output, const session::Request& request) {
    session::Reply last;
    last.set_code(static_cast<std::uint32_t>(output.code));
    last.set_local(std::string(output.local));
    const auto me = who();
    last.set_prompt(owner_->interpreter.prompt(request.count() + 2, me ? me->role : commands::Role::read));
    text_ = std::move(output.text);
    rest_ = std::move(output.rest);
    verdict_ = output.verdict;
    reply(std::move(last));
}

void Session::reply(session::Reply reply) {
    last_ = std::move(reply);
    if (!last_.text().empty()) text_.swap(*last_.mutable_text());
    pump();
}

/// One piece: as much as is there, at most piece_size; what follows comes with the next turn of the loop.
void Session::pump() {
    if (closed_) return;
    if (rest_ && text_.size() < session::piece_size && !rest_->next(text_)) {
        verdict_ = rest_->code();
        rest_.reset();
    }
    if (text_.empty() && rest_) {
        const auto wake = [weak = weak_from_this(), executor = socket_.get_executor()] {
            boost::asio::post(executor, [weak] {
                if (const auto self = weak.lock()) self->pump();
            });
        };
        if (rest_->sleeps(wake)) return;
        boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->pump(); });
        return;
    }
    session::Reply piece;
    // A verdict comes in a reply of its own behind the text, which is an answer and not an error.
    more_ = rest_ || text_.size() > session::piece_size || (verdict_ != Code::ok && !text_.empty());
    if (more_)
        piece.set_code(last_.code());
    else
        piece = std::move(last_);
    if (!more_ && verdict_ != Code::ok) piece.set_code(static_cast<std::uint32_t>(std::exchange(verdict_, Code::ok)));
    piece.set_more(more_);
    if (text_.size() > session::piece_size) {
        piece.set_text(text_.substr(0, session::piece_size));
        text_.erase(0, session::piece_size);
    } else {
        piece.set_text(std::move(text_));
        text_.clear();
    }
    out_ = session::framed(piece);
    out_at_ = 0;
    write();
}

/// At once as far as the socket takes it, so that an answer is out before the board goes on (it may be handing over).
void Session::write() {
    while (out_at_ < out_.size()) {
        error_code error;
        out_at_ += socket_.write_some(boost::asio::buffer(out_.data() + out_at_, out_.size() - out_at_), error);
        if (error == boost::asio::error::would_block || error == boost::asio::error::try_again) {
            after(owner_->limits.write_seconds);
            socket_.async_wait(Socket::wait_write, [self = shared_from_this()](error_code error) {
                if (self->closed_) return;
                if (error) return self->close();
                self->in_time();
                self->write();
            });
            return;
        }
        if (error) return close();
    }
    written();
}

void Session::written() {
    if (more_) {
        boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->pump(); });
        return;
    }
    if (close_after_) return close();
    finished();
}

void Session::finished() {
    busy_ = false;
    last_used_ = monotonic_now();
    if (!dismissed_.empty()) {
        session::Reply last;
        last.set_code(static_cast<std::uint32_t>(Code::failed));
        last.set_text("%% " + std::exchange(dismissed_, {}) + "\n");
        last.set_ended(true);
        close_after_ = true;
        busy_ = true;
        return reply(std::move(last));
    }
    if (!held_) return;
    auto request = std::move(*held_);
    held_.reset();
    boost::asio::post(socket_.get_executor(), [self = shared_from_this(), request = std::move(request)]() mutable {
        if (!self->closed_) self->take(std::move(request));
    });
}

}  // namespace baton
