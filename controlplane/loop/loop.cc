// SPDX-License-Identifier: Apache-2.0
#include "controlplane/loop/loop.h"

#include <utility>  // before Asio: Boost 1.74 forgets it

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <list>

namespace baton {
namespace asio = boost::asio;
using boost::system::error_code;

struct Loop::Inside {
    struct Watch {
        asio::posix::stream_descriptor descriptor;
        Call readable;
    };

    struct Period {
        asio::steady_timer timer;
        std::chrono::nanoseconds length;
        Call call;
    };

    void wait(Watch& watch) {
        watch.descriptor.async_wait(asio::posix::descriptor_base::wait_read, [this, &watch](const error_code& error) {
            if (error) return;
            watch.readable();
            wait(watch);
        });
    }

    void wait(Period& period) {
        period.timer.expires_after(period.length);
        period.timer.async_wait([this, &period](const error_code& error) {
            if (error) return;
            period.call();
            wait(period);
        });
    }

    asio::io_context io{1};
    std::list<Watch> watches;
    std::list<Period> periods;
    std::unique_ptr<asio::signal_set> signals;
};

Loop::Loop() : inside_(std::make_unique<Inside>()) {}

Loop::~Loop() {
    for (auto& watch : inside_->watches) watch.descriptor.release();  // the fd is not ours to close
}

void Loop::watch(int fd, Call readable) {
    inside_->watches.push_back({asio::posix::stream_descriptor(inside_->io, fd), std::move(readable)});
    inside_->wait(inside_->watches.back());
}

void Loop::every(Duration period, Call call) {
    inside_->periods.push_back({asio::steady_timer(inside_->io), std::chrono::nanoseconds(period.ns), std::move(call)});
    inside_->wait(inside_->periods.back());
}

void Loop::after(Duration delay, Call call) {
    auto timer = std::make_shared<asio::steady_timer>(inside_->io, std::chrono::nanoseconds(delay.ns));
    timer->async_wait([timer, call = std::move(call)](const error_code& error) {
        if (!error) call();
    });
}

void Loop::soon(Call call) {
    asio::post(inside_->io, std::move(call));
}

void Loop::on_terminate(Call call) {
    inside_->signals = std::make_unique<asio::signal_set>(inside_->io, SIGTERM, SIGINT);
    inside_->signals->async_wait([call = std::move(call)](const error_code& error, int) {
        if (!error) call();
    });
}

asio::io_context& Loop::io() {
    return inside_->io;
}

void Loop::run() {
    inside_->io.run();
}

void Loop::stop() {
    inside_->io.stop();
}

}  // namespace baton
