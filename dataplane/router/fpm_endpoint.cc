// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/fpm_endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sync/base/log.h"

namespace baton {
namespace {

constexpr std::size_t frame_header = 4, buffer_size = 256 * 1024;
constexpr std::uint8_t version = 1, netlink = 1;
constexpr int socket_buffer = 4 << 20;  // zebra keeps what does not fit, in memory of its own

}  // namespace

FpmEndpoint::FpmEndpoint(Setup setup)
    : setup_(std::move(setup)), writer_(*setup_.arena, *setup_.board_a, *setup_.board_b), buffer_(buffer_size) {
    // The last data plane's connection ended with it.
    if (setup_.arena->connected.load(std::memory_order_relaxed) != 0) state_ = State::closing;
    pump();
}

Result<Fd> FpmEndpoint::listen(Fd kept, const Namespace& where, std::uint16_t port) {
    if (kept && where.holds_socket(kept.get())) return kept;
    Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const int one = 1;
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_port = htons(port);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &socket_buffer, sizeof socket_buffer) < 0)
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &socket_buffer, sizeof socket_buffer);
    if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) < 0 || ::listen(fd.get(), 4) < 0)
        return failure("cannot listen for zebra at 127.0.0.1:" + std::to_string(port) + ": " + std::strerror(errno));
    return fd;
}

void FpmEndpoint::accept(int listener) {
    Fd fd{::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!fd) return;
    if (state_ == State::opening || state_ == State::open) close("another one has come");
    next_ = std::move(fd);
    pump();
}

void FpmEndpoint::read() {
    while (state_ == State::open && !blocked_) {
        if (begin_ != 0) {
            std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        const ssize_t size = ::recv(connection_.get(), buffer_.data() + end_, buffer_.size() - end_, 0);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (size <= 0) return close(size == 0 ? "zebra closed it" : std::strerror(errno));
        end_ += static_cast<std::size_t>(size);
        pump();
    }
}

void FpmEndpoint::close(std::string_view why) {
    if (state_ == State::opening || state_ == State::open) {
        log::notice("fpm connection ended because=\"{}\"", why);
        want_to_read(false);
        connection_.reset();
        state_ = State::closing;
    }
    pump();
}

void FpmEndpoint::pump() {
    pushed_ = false;
    while (step()) {
    }
    want_to_read(state_ == State::open && !blocked_);
    if (pushed_) setup_.wake_boards();
}

/// One step on; false: there is nothing more to do, or no room to do it (`blocked_`).
bool FpmEndpoint::step() {
    blocked_ = false;
    switch (state_) {
        case State::idle:
            if (!next_) return false;
            connection_ = std::move(next_);
            begin_ = end_ = 0;
            state_ = State::opening;
            return true;
        case State::opening:
            if (!push(FpmRecordKind::connected)) return false;
            setup_.arena->connects.fetch_add(1, std::memory_order_relaxed);
            setup_.arena->connected.store(1, std::memory_order_release);
            log::notice("fpm connection connects={}", setup_.arena->connects.load(std::memory_order_relaxed));
            state_ = State::open;
            return true;
        case State::open: return push_frames();
        case State::closing:
            push_frames();
            if (blocked_ || !push(FpmRecordKind::disconnected)) return false;
            setup_.arena->connected.store(0, std::memory_order_release);
            begin_ = end_ = 0;
            state_ = State::idle;
            return true;
    }
    return false;
}

/// All whole frames of the buffer. True when the state has changed.
bool FpmEndpoint::push_frames() {
    while (end_ - begin_ >= frame_header) {
        const std::uint8_t* frame = buffer_.data() + begin_;
        const std::size_t size = static_cast<std::size_t>(frame[2]) << 8 | frame[3];
        if (frame[0] != version || frame[1] != netlink || size < frame_header) {
            begin_ = end_;
            if (state_ != State::open) return false;
            setup_.arena->malformed.fetch_add(1, std::memory_order_relaxed);
            log::error(
                "fpm: what came is no netlink frame (version {} type {} length {}); is it zebra with "
                "-M dplane_fpm_nl?",
                frame[0], frame[1], size);
            want_to_read(false);
            connection_.reset();
            state_ = State::closing;
            return true;
        }
        if (end_ - begin_ < size) return false;
        if (size > frame_header && !push(FpmRecordKind::message, {frame + frame_header, size - frame_header}))
            return false;
        setup_.arena->messages.fetch_add(size > frame_header, std::memory_order_relaxed);
        begin_ += size;
    }
    return false;
}

bool FpmEndpoint::push(FpmRecordKind kind, std::span<const std::uint8_t> bytes) {
    if (writer_.push(kind, bytes)) return pushed_ = true;
    blocked_ = true;
    return false;
}

void FpmEndpoint::want_to_read(bool want) {
    if (want != reading_ && connection_) setup_.watch(connection_.get(), reading_ = want);
}

}  // namespace baton
