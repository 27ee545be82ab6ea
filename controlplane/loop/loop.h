// SPDX-License-Identifier: Apache-2.0
// The board's one event loop: Boost.Asio on the main thread, which alone writes journal and command ring. Everything
// that a board does is a callback from here, and none may block: the watchdog sees a loop that stands. Asio stays
// behind this header, except for whoever builds sockets on io().
#pragma once

#include <functional>
#include <memory>

#include "sync/base/time.h"

namespace boost::asio {
class io_context;
}

namespace baton {

class Loop {
  public:
    using Call = std::function<void()>;

    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Calls `readable` each time `fd` can be read; it must read. The fd stays its owner's, and open while the loop
    /// runs.
    void watch(int fd, Call readable);

    /// Calls `call` every `period`, first after one; a late round is not made up for. Idle boards cost what their
    /// shortest period costs: 100 ms is 0.03 % of a CPU.
    void every(Duration period, Call call);

    void after(Duration delay, Call call);
    void soon(Call call);  // with the next round

    /// SIGTERM or SIGINT.
    void on_terminate(Call call);

    boost::asio::io_context& io();

    void run();  // until stop()
    void stop();

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace baton
