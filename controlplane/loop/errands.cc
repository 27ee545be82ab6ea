// SPDX-License-Identifier: Apache-2.0
#include "controlplane/loop/errands.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>  // before Asio: Boost 1.74 forgets it

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>

namespace baton {
namespace {

constexpr int behind_the_loop = 5;  // nice; the loop, and the data plane's helpers, go first

}  // namespace

Errands::Errands(boost::asio::io_context& loop) : loop_(loop) {
    sigset_t all, before;  // signals are the loop's
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) sigdelset(&all, fault);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Errands::~Errands() {
    {
        const std::lock_guard hold(mutex_);
        ending_ = true;
        waiting_.clear();
    }
    more_.notify_one();
    thread_.join();
}

void Errands::add(Work work) {
    {
        const std::lock_guard hold(mutex_);
        waiting_.push_back(std::move(work));
    }
    more_.notify_one();
}

void Errands::run() {
    ::pthread_setname_np(::pthread_self(), "errands");
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), behind_the_loop);
    while (true) {
        Work work;
        {
            std::unique_lock hold(mutex_);
            more_.wait(hold, [this] { return ending_ || !waiting_.empty(); });
            if (ending_) return;
            work = std::move(waiting_.front());
            waiting_.pop_front();
        }
        if (Answer answer = work()) boost::asio::post(loop_, std::move(answer));
    }
}

}  // namespace baton
