// SPDX-License-Identifier: Apache-2.0
#include "controlplane/shell/session.h"

#include <pwd.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <chrono>

#include "controlplane/shell/frame.h"

namespace baton {
namespace {

constexpr std::size_t attached_most = 16u << 20;  // bytes, of all sessions together

std::string user_of(int socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return "operator";
    passwd entry{}, *found = nullptr;
    char text[4096];
    if (::getpwuid_r(peer.uid, &entry, text, sizeof text, &found) != 0 || !found)
        return "uid" + std::to_string(peer.uid);
    return entry.pw_name;
}

}  // namespace

using boost::system::error_code;

Session::Session(Socket socket, std::shared_ptr<const Owner> owner)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      owner_(std::move(owner)),
      last_used_(monotonic_now()) {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    who_ = user_of(socket_.native_handle());
}

void Session::begin() {
    read();
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
    busy_ = true;
    last_used_ = monotonic_now();
    const auto self = shared_from_this();
    read();
    serve(request);
}

void Session::serve(const session::Request& request) {
    const auto& interpreter = owner_->interpreter;
    const auto& line = request.line();
    session::Reply out;
    switch (request.kind()) {
        case session::Request::RUN: {
            const std::string attachment = std::exchange(attachment_, {});
            *owner_->attached -= attachment.size();
            const commands::Ask ask{line, request.json(), request.token(), commands::Role::privileged,
                                    who_, attachment};
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
        case session::Request::HELLO: {
            *owner_->attached -= attachment_.size();
            attachment_.clear();
            auto nature = interpreter.nature(line);
            out.set_change(nature.change);
            out.set_journalled(nature.journalled);
            out.set_confirm(std::move(nature.confirm));
            out.set_patience(nature.patience);
            if (nature.file == commands::ClientFile::read) out.set_read_file(std::move(nature.path));
            if (nature.file == commands::ClientFile::write) out.set_write_file(std::move(nature.path));
            out.set_term(owner_->sw.term());
            out.set_slot(std::string(name_of(owner_->sw.slot())));
            break;
        }
        case session::Request::ATTACH: return attach(request);
        default: return close();
    }
    out.set_prompt(interpreter.prompt(request.count() + 1));
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
    last.set_prompt(owner_->interpreter.prompt(request.count() + 2));
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
    if (!held_) return;
    auto request = std::move(*held_);
    held_.reset();
    boost::asio::post(socket_.get_executor(), [self = shared_from_this(), request = std::move(request)]() mutable {
        if (!self->closed_) self->take(std::move(request));
    });
}

}  // namespace baton
