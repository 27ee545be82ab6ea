// SPDX-License-Identifier: Apache-2.0
// One thread for what may take long and must not hold the board's loop: looking up a user, checking a password. Jobs
// are done one after the other; what follows is run on the loop, or not at all once the helper is gone. A job that
// never returns holds up later ones, and nothing else: the thread is left alone when the board ends.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace baton {

class Helper {
  public:
    explicit Helper(boost::asio::io_context& loop) : shared_(std::make_shared<Shared>()) { shared_->loop = &loop; }

    ~Helper() {
        const std::lock_guard lock(shared_->mutex);
        shared_->loop = nullptr;
        shared_->jobs.clear();
        shared_->wake.notify_all();
    }

    Helper(const Helper&) = delete;
    Helper& operator=(const Helper&) = delete;

    /// `job` on the helper's thread, then `then` on the loop.
    void run(std::function<void()> job, std::function<void()> then) {
        if (!started_) std::thread(work, shared_).detach();
        started_ = true;
        const std::lock_guard lock(shared_->mutex);
        shared_->jobs.push_back({std::move(job), std::move(then)});
        shared_->wake.notify_all();
    }

  private:
    struct Job {
        std::function<void()> job, then;
    };

    struct Shared {
        std::mutex mutex;
        std::condition_variable wake;
        std::deque<Job> jobs;
        boost::asio::io_context* loop = nullptr;  // null: over
    };

    static void work(std::shared_ptr<Shared> shared) {
        std::unique_lock lock(shared->mutex);
        while (true) {
            shared->wake.wait(lock, [&] { return !shared->loop || !shared->jobs.empty(); });
            if (!shared->loop) return;
            Job one = std::move(shared->jobs.front());
            shared->jobs.pop_front();
            lock.unlock();
            one.job();
            lock.lock();
            if (!shared->loop) return;
            boost::asio::post(*shared->loop, std::move(one.then));
        }
    }

    std::shared_ptr<Shared> shared_;
    bool started_ = false;
};

}  // namespace baton
