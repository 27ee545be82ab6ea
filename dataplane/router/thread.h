// SPDX-License-Identifier: Apache-2.0
// The thread of the router's own side: it lives in the routing namespace, sleeps in epoll, and carries frames between
// the workers and the TAPs of routed VLANs, and zebra's messages to the boards. On the housekeeping cores. A namespace
// that is not there yet, or is made anew, is looked for every second.
//
//   worker -> HostPath -> TAP -> kernel -> daemon          what is for the router itself
//   daemon -> kernel -> TAP -> HostPath -> worker          what the router itself says
//   zebra  -> FPM endpoint -> FPM ring -> master           what it has learned
#pragma once

#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "dataplane/applier/routing.h"
#include "dataplane/router/fpm_endpoint.h"
#include "dataplane/router/host_taps.h"
#include "dataplane/worker/host_path.h"

namespace baton {

class RouterThread {
  public:
    struct Setup {
        std::string netns;
        TablesArena* tables = nullptr;
        const std::byte* routes = nullptr;  // the mapped arena
        FpmArena* fpm = nullptr;
        const BoardPage* board_a = nullptr;
        const BoardPage* board_b = nullptr;
        HostPath* host = nullptr;
        const RoutingNews* news = nullptr;
        std::vector<std::pair<std::string, Fd>> kept;             // "route/..." of an earlier data plane
        std::function<void(std::string_view name, int fd)> keep;  // with the chassis; fd -1: forget
        std::function<void()> wake_boards;
    };

    explicit RouterThread(Setup setup);
    ~RouterThread();
    RouterThread(const RouterThread&) = delete;
    RouterThread& operator=(const RouterThread&) = delete;

  private:
    void run();
    bool settle();
    void leave();
    void turn();
    void look(Time now);
    void serve(std::uint64_t tag);
    bool deliver();
    std::uint64_t configuration_version() const;
    void watch(int fd, std::uint64_t tag, bool watched) const;

    Setup setup_;
    Namespace namespace_;
    Fd epoll_, stop_;
    std::optional<HostTaps> taps_;
    std::optional<FpmEndpoint> fpm_;
    Fd listener_;
    std::uint64_t forgotten_ = 0;
    Time look_at_{}, check_at_{};
    std::string complaint_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace baton
