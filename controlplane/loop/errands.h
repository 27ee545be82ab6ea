// SPDX-License-Identifier: Apache-2.0
// What must not be done on the loop because it may take long - files, name look-ups, transfers, long texts - is done by
// one thread, in order. Work is handed over as a value that owns all it needs, and comes back as a call that the loop
// makes. Nothing is shared in between, and work must not log: the log's tap belongs to the loop's thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace boost::asio {
class io_context;
}

namespace baton {

class Errands {
  public:
    using Answer = std::function<void()>;  // made by the loop
    using Work = std::function<Answer()>;  // made by the thread

    explicit Errands(boost::asio::io_context& loop);
    ~Errands();  // waits for the work at hand; what was not begun is dropped
    Errands(const Errands&) = delete;
    Errands& operator=(const Errands&) = delete;

    void add(Work work);

  private:
    void run();

    boost::asio::io_context& loop_;
    std::mutex mutex_;
    std::condition_variable more_;
    std::deque<Work> waiting_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace baton
