// SPDX-License-Identifier: Apache-2.0
// One client's session in the master: reads a request, has it answered, sends the answer in pieces. It reads the next
// request while a command runs, in order to notice that the client went away, but answers them one after the other.
#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/commands/interpreter.h"
#include "controlplane/shell/helper.h"
#include "controlplane/shell/identity.h"
#include "controlplane/shell/session.pb.h"
#include "controlplane/shell/session_server.h"
#include "sync/base/time.h"

namespace baton {

class Session : public std::enable_shared_from_this<Session> {
  public:
    using Socket = boost::asio::local::stream_protocol::socket;

    struct Owner {  // what a session needs of the server; both outlive the session's use of them, see close()
        const commands::Interpreter& interpreter;
        Switch& sw;
        SessionServer::Limits limits;
        std::function<void(Session*)> closed;
        Helper& helper;
        commands::Sessions& sessions;
        std::optional<gid_t> operators;
        std::function<void(const std::string& account, bool good)> login;
        std::function<unsigned(unsigned wanted)> number;  // one that no session has; `wanted` if it is free
        std::shared_ptr<std::size_t> attached = std::make_shared<std::size_t>(0);  // bytes, of all sessions
    };

    Session(Socket socket, std::shared_ptr<const Owner> owner);

    void begin();
    /// Says one sentence and closes; for a client that cannot be served.
    void refuse(std::string_view sentence);
    void close();

    /// It may have to give way to another: nothing of it is under way. One that has just come has a second to speak, or
    /// clients that come back would drive each other out for ever.
    bool idle() const { return !busy_ && (spoke_ || monotonic_now() - last_used_ > seconds(1)); }

    /// Says who ended it, after the answer that is on its way; the client ends too.
    void dismiss(std::string sentence);

    commands::SessionView view() const;

    Time last_used() const { return last_used_; }

  private:
    struct Login {
        std::string account;
        std::optional<std::string> hash;  // that the password was checked against; nothing: the user sufficed
    };

    Result<session::Identity> who() const;
    void greet(const session::Request& request);
    void log_in(const session::Request& request);
    void judged(const session::Request& request, const std::string& hash, bool good);
    void deny(const session::Request& request, std::string_view what, bool need_password);
    void say_hello(const session::Request& request, const session::Identity& me);
    void read();
    void read_body(std::uint32_t size);
    void take(session::Request request);
    void serve(const session::Request& request);
    void answer(commands::Output output, const session::Request& request);
    void reply(session::Reply reply);
    void pump();
    void write();
    void written();
    void finished();
    void attach(const session::Request& request);
    void after(int seconds);
    void in_time();

    Socket socket_;
    boost::asio::steady_timer timer_;
    unsigned watch_ = 0;  // which waiting the timer is for; one that was over may still be queued
    std::shared_ptr<const Owner> owner_;
    session::Peer peer_;
    std::optional<Login> login_;
    bool counted_ = false;  // among the logins
    unsigned number_ = 0;
    std::int64_t began_ns_ = 0;
    std::string from_, dismissed_;
    boost::asio::steady_timer slow_;  // a wrong password is answered late
    std::uint8_t header_[4] = {};
    std::vector<char> body_;
    std::string attachment_;                // the client's file, for the next RUN
    std::optional<session::Request> held_;  // came while busy_
    bool busy_ = false;
    bool spoke_ = false;
    bool closed_ = false;
    bool close_after_ = false;
    Time last_used_;

    session::Reply last_;  // of the answer: goes with its last piece
    std::string text_;     // of the answer, not yet sent
    std::unique_ptr<commands::Pieces> rest_;
    std::string out_;  // being written
    std::size_t out_at_ = 0;
    Code verdict_ = Code::ok;  // goes out last
    bool more_ = false;        // pieces follow out_
};

}  // namespace baton
