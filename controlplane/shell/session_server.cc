// SPDX-License-Identifier: Apache-2.0
#include "controlplane/shell/session_server.h"

#include <utility>

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <set>

#include <fmt/core.h>

#include "controlplane/shell/session.h"
#include "sync/base/log.h"
#include "sync/region/arena.h"

namespace baton {

using boost::asio::local::stream_protocol;
using boost::system::error_code;

class SessionServer::Impl final : public commands::Sessions, public std::enable_shared_from_this<SessionServer::Impl> {
  public:
    Impl(boost::asio::io_context& loop, int listening, Switch& sw, Limits limits)
        : listening_(::fcntl(listening, F_DUPFD_CLOEXEC, 0)),
          acceptor_(loop),
          pause_(loop),
          helper_(loop),
          interpreter_(sw),
          sw_(sw),
          limits_(limits) {}

    void start() {
        if (acceptor_.is_open()) return;
        owner_ =
            std::make_shared<Session::Owner>(Session::Owner{interpreter_, sw_, limits_,
                                                            [weak = weak_from_this()](Session* session) {
                                                                if (const auto self = weak.lock())
                                                                    self->forget(session);
                                                            },
                                                            helper_, *this, session::operators_of(listening_.get()),
                                                            [this](const std::string& account, bool good) {
                                                                auto& logins = logins_[account];
                                                                ++(good ? logins.good : logins.failed);
                                                                if (logins_.size() > logins_most) logins_.clear();
                                                            },
                                                            [this](unsigned wanted) { return free_number(wanted); }});
        error_code error;
        acceptor_.assign(stream_protocol(), ::fcntl(listening_.get(), F_DUPFD_CLOEXEC, 0), error);
        if (error) return log::error("sessions=closed reason=\"{}\"", error.message());
        accept();
    }

    void stop() {
        error_code ignored;
        pause_.cancel(ignored);
        acceptor_.close(ignored);
        const auto all = std::exchange(sessions_, {});
        for (const auto& session : all) session->close();
    }

    std::size_t count() const { return sessions_.size(); }

    std::vector<commands::SessionView> list() const override {
        std::vector<commands::SessionView> out;
        for (const auto& session : sessions_) out.push_back(session->view());
        std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
        return out;
    }

    bool end(unsigned number, std::string_view by) override {
        for (const auto& session : sessions_) {
            if (session->view().number != number) continue;
            session->dismiss(fmt::format("this session was ended by {}", by));
            return true;
        }
        return false;
    }

    Logins logins(std::string_view account) const override {
        const auto found = logins_.find(std::string(account));
        return found == logins_.end() ? Logins{} : found->second;
    }

  private:
    static constexpr std::size_t logins_most = 1000;  // names that were tried; then counting begins anew

    unsigned free_number(unsigned wanted) const {
        std::set<unsigned> taken;
        for (const auto& session : sessions_) taken.insert(session->view().number);
        if (wanted != 0 && !taken.contains(wanted)) return wanted;
        for (unsigned number = 1;; ++number)
            if (!taken.contains(number)) return number;
    }

    void accept() {
        acceptor_.async_accept([weak = weak_from_this()](error_code error, stream_protocol::socket socket) {
            const auto self = weak.lock();
            if (!self || !self->acceptor_.is_open())
                return;  // `socket` closes: its client says hello to the next master
            if (error) return self->accept_later(error);
            self->admit(std::move(socket));
            self->accept();
        });
    }

    /// Out of fds, most likely: trying again at once would spin.
    void accept_later(error_code error) {
        if (error == boost::asio::error::operation_aborted) return;
        log::warning("sessions=refused reason=\"{}\"", error.message());
        pause_.expires_after(std::chrono::milliseconds(100));
        pause_.async_wait([weak = weak_from_this()](error_code error) {
            const auto self = weak.lock();
            if (!error && self && self->acceptor_.is_open()) self->accept();
        });
    }

    void admit(stream_protocol::socket socket) {
        if (sessions_.size() >= limits_.sessions) {
            std::shared_ptr<Session> idle;
            for (const auto& session : sessions_)
                if (session->idle() && (!idle || session->last_used() < idle->last_used())) idle = session;
            if (idle) idle->close();
        }
        const auto session = std::make_shared<Session>(std::move(socket), owner_);
        if (sessions_.size() >= limits_.sessions)
            return session->refuse("too many sessions are busy; try again in a moment");
        sessions_.insert(session);
        session->begin();
    }

    void forget(Session* session) {
        for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
            if (at->get() != session) continue;
            sessions_.erase(at);
            return;
        }
    }

    Fd listening_;
    stream_protocol::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    Helper helper_;
    std::map<std::string, Logins> logins_;
    commands::Interpreter interpreter_;
    Switch& sw_;
    Limits limits_;
    std::shared_ptr<const Session::Owner> owner_;
    std::set<std::shared_ptr<Session>> sessions_;
};

SessionServer::SessionServer(boost::asio::io_context& loop, int listening, Switch& sw)
    : SessionServer(loop, listening, sw, Limits{}) {}

SessionServer::SessionServer(boost::asio::io_context& loop, int listening, Switch& sw, Limits limits)
    : impl_(std::make_shared<Impl>(loop, listening, sw, limits)) {}

SessionServer::~SessionServer() {
    impl_->stop();
}

void SessionServer::start() {
    impl_->start();
}

void SessionServer::stop() {
    impl_->stop();
}

std::size_t SessionServer::sessions() const {
    return impl_->count();
}

}  // namespace baton
