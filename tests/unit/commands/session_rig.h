// SPDX-License-Identifier: Apache-2.0
// Masters that come and go behind one listening socket, as the boards do behind the chassis's: each has its own loop in
// its own thread and a switch made by hand, and the next takes over what the last had committed.
#pragma once

#include <utility>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "controlplane/shell/client.h"
#include "controlplane/shell/frame.h"
#include "controlplane/shell/session_server.h"
#include "tests/unit/commands/fake_switch.h"

namespace baton {

/// A listening unix socket in a directory of its own.
class Listener {
  public:
    Listener() {
        char name[] = "/tmp/baton-session-XXXXXX";
        directory_ = ::mkdtemp(name);
        path_ = directory_ + "/session.sock";
        socket_ = Fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path_.c_str());
        if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
            ::listen(socket_.get(), 4096) < 0)
            throw StartupError{1, "cannot listen"};
    }

    ~Listener() {
        ::unlink(path_.c_str());
        ::rmdir(directory_.c_str());
    }

    int fd() const { return socket_.get(); }

    const std::string& path() const { return path_; }

  private:
    std::string directory_, path_;
    Fd socket_;
};

class Master {
  public:
    Master(const Listener& listener, Term term, SessionServer::Limits limits = {}, const FakeSwitch* after = nullptr)
        : guard_(boost::asio::make_work_guard(loop_)) {
        if (after) {
            sw.running_ = after->running_;
            sw.outcomes_ = after->outcomes_;
        }
        const auto slot = term % 2 ? Slot::msm_a : Slot::msm_b;
        if (term > 1) sw.grant(term, slot, other(slot), Cause::exception, 1000);
        server_.emplace(loop_, listener.fd(), sw, limits);
        server_->start();
        thread_ = std::thread([this] { loop_.run(); });
    }

    ~Master() { die(); }

    /// What a client sees of a killed master: its sockets close, whatever it was at.
    void die() {
        if (!thread_.joinable()) return;
        on_loop([this] { server_->stop(); });
        guard_.reset();
        loop_.stop();
        thread_.join();
    }

    template <class Function>
    auto on_loop(Function function) -> decltype(function()) {
        std::packaged_task<decltype(function())()> task(std::move(function));
        auto result = task.get_future();
        boost::asio::post(loop_, [&task] { task(); });
        return result.get();
    }

    bool eventually(const std::function<bool()>& what) {
        for (int i = 0; i < 1000; ++i) {
            if (on_loop(what)) return true;
            ::usleep(5000);
        }
        return false;
    }

    std::size_t sessions() {
        return on_loop([this] { return server_->sessions(); });
    }

    FakeSwitch sw;

  private:
    boost::asio::io_context loop_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::optional<SessionServer> server_;
    std::thread thread_;
};

/// Where a client prints, to be read back.
class Paper {
  public:
    Paper() : fd_(::memfd_create("paper", MFD_CLOEXEC)) {}

    int fd() const { return fd_.get(); }

    std::string text() const {
        std::string out(static_cast<std::size_t>(::lseek(fd_.get(), 0, SEEK_END)), '\0');
        if (::pread(fd_.get(), out.data(), out.size(), 0) != static_cast<ssize_t>(out.size())) out.clear();
        return out;
    }

  private:
    Fd fd_;
};

/// A client's end without the client: bytes in, replies out.
class RawClient {
  public:
    explicit RawClient(const Listener& listener) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, listener.path().c_str());
        if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) socket_.reset();
        const timeval limit{20, 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }

    bool send(std::string_view bytes) const {
        return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
    }

    bool send(const session::Request& request) const { return send(session::framed(request)); }

    bool ask(std::string_view line, bool json = false) const {
        session::Request request;
        request.set_line(std::string(line));
        request.set_json(json);
        return send(request);
    }

    std::optional<session::Reply> reply() const {
        std::uint8_t header[4];
        if (::recv(socket_.get(), header, 4, MSG_WAITALL) != 4) return {};
        std::string body(session::size_in(header), '\0');
        if (::recv(socket_.get(), body.data(), body.size(), MSG_WAITALL) != static_cast<ssize_t>(body.size()))
            return {};
        session::Reply reply;
        if (!reply.ParseFromString(body)) return {};
        return reply;
    }

    /// All pieces of one answer.
    std::optional<session::Reply> answer() const {
        std::string text;
        while (auto piece = reply()) {
            text += piece->text();
            if (piece->more()) continue;
            piece->set_text(text);
            return piece;
        }
        return {};
    }

    bool closed() const {
        char byte;
        return ::recv(socket_.get(), &byte, 1, 0) == 0 || errno == ECONNRESET;
    }

    void half_close() const { ::shutdown(socket_.get(), SHUT_WR); }

    int fd() const { return socket_.get(); }

  private:
    Fd socket_;
};

}  // namespace baton
