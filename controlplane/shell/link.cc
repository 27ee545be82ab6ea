// SPDX-License-Identifier: Apache-2.0
#include "controlplane/shell/link.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "controlplane/shell/frame.h"

namespace baton::session {

volatile std::sig_atomic_t interrupted = 0;

bool Link::connect(std::string& why) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) {
        why = fmt::format("the socket's path is longer than {} bytes: {}", sizeof address.sun_path - 1, path_);
        return false;
    }
    std::memcpy(address.sun_path, path_.data(), path_.size());
    Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        why = fmt::format("{}: {}", path_, std::strerror(errno));
        return false;
    }
    socket_ = std::move(fd);
    return true;
}

Got Link::wait(short events, Time deadline) {
    while (true) {
        if (interrupted) return Got::interrupted;
        const auto left = (deadline - monotonic_now()).ns;
        if (left <= 0) return Got::timeout;
        pollfd one{socket_.get(), events, 0};
        const int ready = ::poll(&one, 1, static_cast<int>(std::min<std::int64_t>(left / 1'000'000 + 1, 60'000)));
        if (ready > 0) return Got::reply;
        if (ready < 0 && errno != EINTR) return Got::broken;
    }
}

bool Link::send(const Request& request, Time deadline) {
    const auto bytes = framed(request);
    for (std::size_t at = 0; at < bytes.size();) {
        const auto sent = ::send(socket_.get(), bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            at += static_cast<std::size_t>(sent);
        } else if (errno == EAGAIN) {
            if (wait(POLLOUT, deadline) != Got::reply) return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

Got Link::fill(std::uint8_t* to, std::size_t size, Time deadline) {
    while (size > 0) {
        if (const auto got = wait(POLLIN, deadline); got != Got::reply) return got;
        const auto count = ::recv(socket_.get(), to, size, MSG_DONTWAIT);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return Got::broken;
        if (count < 0) continue;
        to += count;
        size -= static_cast<std::size_t>(count);
    }
    return Got::reply;
}

Got Link::receive(Reply& reply, Time deadline) {
    std::uint8_t header[4];
    if (const auto got = fill(header, sizeof header, deadline); got != Got::reply) return got;
    const auto size = size_in(header);
    if (size > largest_reply) return Got::broken;
    std::vector<std::uint8_t> body(size);
    if (const auto got = fill(body.data(), size, deadline); got != Got::reply) return got;
    return reply.ParseFromArray(body.data(), static_cast<int>(size)) ? Got::reply : Got::broken;
}

bool Link::gone() {
    pollfd one{socket_.get(), POLLIN, 0};
    return ::poll(&one, 1, 0) != 0;  // nothing was asked, so anything to read is the end, or not a master of ours
}

}  // namespace baton::session
