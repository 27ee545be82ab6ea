// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/thread.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "sync/base/log.h"
#include "sync/baton/child.h"

namespace baton {
namespace {

// What an epoll event is about: the kind, and of a TAP its VLAN.
constexpr std::uint64_t of_stop = 1ull << 32, of_host = 2ull << 32, of_listener = 3ull << 32,
                        of_connection = 4ull << 32, of_tap = 5ull << 32;
constexpr std::uint64_t kind_mask = ~0ull << 32;

constexpr Duration look_every = milliseconds(100), check_every = seconds(1);
constexpr int blocked_wait_ms = 5;  // until the FPM ring is tried again
constexpr unsigned frames_a_turn = 64;
constexpr std::string_view listener_name = "route/fpm";

}  // namespace

RouterThread::RouterThread(Setup setup)
    : setup_(std::move(setup)),
      namespace_(setup_.netns),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    forgotten_ = setup_.news->forgotten.load(std::memory_order_acquire);
    watch(stop_.get(), of_stop, true);
    watch(setup_.host->wake_fd(), of_host, true);
    thread_ = std::thread([this] { run(); });
}

RouterThread::~RouterThread() {
    stopping_.store(true, std::memory_order_release);
    wake(stop_.get());
    thread_.join();
}

void RouterThread::watch(int fd, std::uint64_t tag, bool watched) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag;
    if (::epoll_ctl(epoll_.get(), watched ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd, &event) < 0)
        log::warning("router: epoll refused fd={} errno={}", fd, errno);
}

void RouterThread::run() {
    ::pthread_setname_np(::pthread_self(), "router");
    while (!stopping_.load(std::memory_order_acquire)) {
        const Time now = monotonic_now();
        if (now >= check_at_) {
            check_at_ = now + check_every;
            if (taps_ && !namespace_.current()) leave();
            if (!taps_ && settle()) look_at_ = now;
        }
        if (now >= look_at_) {
            look_at_ = now + look_every;
            look(now);
        }
        turn();
    }
}

/// Enters the namespace and takes up what an earlier data plane left there. False: not now.
bool RouterThread::settle() {
    if (auto done = namespace_.enter(); !done) {
        if (std::exchange(complaint_, done.error().what) != done.error().what) log::error("{}", done.error().what);
        return false;
    }
    HostTaps::settle_kernel();
    HostTaps::Setup setup;
    setup.tables = setup_.tables;
    setup.routes = setup_.routes;
    setup.configuration_version = [this] { return configuration_version(); };
    setup.keep = setup_.keep;
    setup.watch = [this](VlanId vlan, int fd, bool watched) { watch(fd, of_tap | vlan, watched); };
    taps_.emplace(std::move(setup), namespace_);
    Fd listener;
    for (auto& [name, fd] : std::exchange(setup_.kept, {})) {
        if (name == listener_name)
            listener = std::move(fd);
        else
            taps_->adopt(name, std::move(fd));
    }
    auto listening = FpmEndpoint::listen(std::move(listener), namespace_);
    if (!listening) {
        if (std::exchange(complaint_, listening.error().what) != listening.error().what)
            log::error("{}; routes of daemons will not come", listening.error().what);
    } else {
        listener_ = std::move(*listening);
        setup_.keep(listener_name, listener_.get());
        watch(listener_.get(), of_listener, true);
        fpm_.emplace(FpmEndpoint::Setup{setup_.fpm, setup_.board_a, setup_.board_b, setup_.wake_boards,
                                        [this](int fd, bool watched) { watch(fd, of_connection, watched); }});
    }
    log::notice("router namespace={} taps={} fpm_port={}", namespace_.path(), taps_->size(),
                fpm_ ? std::to_string(FpmEndpoint::port) : "none");
    return true;
}

/// The namespace is another one: what was in the old one is of no use.
void RouterThread::leave() {
    log::warning("router namespace={} was made anew: its interfaces and connections begin again", namespace_.path());
    if (fpm_) fpm_->close("the namespace is gone");
    if (listener_) watch(listener_.get(), of_listener, false);
    listener_.reset();
    fpm_.reset();
    taps_->forget_all();
    taps_.reset();
}

std::uint64_t RouterThread::configuration_version() const {
    const auto& control = *reinterpret_cast<const RoutesControl*>(setup_.routes);
    const auto routes = control.routes[static_cast<std::size_t>(Owner::configuration)].load(std::memory_order_relaxed);
    return setup_.news->configured.load(std::memory_order_acquire) << 20 ^ routes;
}

void RouterThread::look(Time now) {
    if (taps_) taps_->look(now);
    const std::uint64_t forgotten = setup_.news->forgotten.load(std::memory_order_acquire);
    if (std::exchange(forgotten_, forgotten) != forgotten && fpm_)
        fpm_->close("its routes were given up, and have to be said again");
}

void RouterThread::turn() {
    const bool idle = setup_.host->may_sleep();
    const Time due = std::min(look_at_, check_at_);
    const std::int64_t until_due = std::max<std::int64_t>((due - monotonic_now()).ns / 1'000'000 + 1, 0);
    const int wait = !idle ? 0 : fpm_ && fpm_->blocked() ? blocked_wait_ms : static_cast<int>(until_due);
    epoll_event events[32];
    const int count = ::epoll_wait(epoll_.get(), events, std::size(events), wait);
    setup_.host->awake();
    for (unsigned n = 0; n < frames_a_turn * 4 && deliver(); ++n) {
    }
    for (int i = 0; i < count; ++i) serve(events[i].data.u64);
    if (fpm_ && fpm_->blocked()) fpm_->pump();
}

bool RouterThread::deliver() {
    return setup_.host->take([this](VlanId vlan, std::span<const std::uint8_t> frame) {
        if (taps_) taps_->deliver(vlan, frame);
    });
}

void RouterThread::serve(std::uint64_t tag) {
    switch (tag & kind_mask) {
        case of_listener:
            if (fpm_) fpm_->accept(listener_.get());
            return;
        case of_connection:
            if (fpm_) fpm_->read();
            return;
        case of_tap: {
            if (!taps_) return;
            const auto vlan = static_cast<VlanId>(tag & 0xffff);
            taps_->drain(vlan, frames_a_turn,
                         [&](std::span<const std::uint8_t> frame) { setup_.host->inject(vlan, frame); });
            return;
        }
        default: return;
    }
}

}  // namespace baton
