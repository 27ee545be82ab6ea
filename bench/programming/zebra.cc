// SPDX-License-Identifier: Apache-2.0
#include "bench/programming/zebra.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "sync/base/time.h"
#include "sync/channel/fpm_ring.h"

namespace baton::programming {
namespace {

constexpr std::uint16_t port = 2620;
constexpr std::size_t frame_header = 4;
constexpr std::uint32_t pid = 3'881'587'358;  // any but 0: the same for all of this zebra's life
constexpr Duration patience = seconds(10);

struct Attribute {
    std::uint16_t size, type;
    std::uint32_t value;
};

struct Removal {
    nlmsghdr header;
    rtmsg route;
    Attribute destination, priority;
};

struct Addition {
    Removal common;
    Attribute gateway, interface;
};

struct Sentinel {
    nlmsghdr header;
    rtmsg route;
    std::uint16_t size, type;
    std::uint8_t destination[16];
    Attribute priority;
};

static_assert(sizeof(Removal) == 44 && sizeof(Addition) == 60 && sizeof(Sentinel) == 56, "as they stand on the wire");

nlmsghdr header_of(std::uint16_t type, std::size_t size) {
    return {static_cast<std::uint32_t>(size), type, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE, 0, pid};
}

Attribute attribute(std::uint16_t type, std::uint32_t value) {
    return {sizeof(Attribute), type, value};
}

/// Of either kind of message, up to the attributes that both have.
Removal common_of(const IpPrefix& prefix, std::uint16_t type, std::size_t size) {
    Removal out{};
    out.header = header_of(type, size);
    out.route.rtm_family = AF_INET;
    out.route.rtm_dst_len = static_cast<std::uint8_t>(prefix.length);
    out.route.rtm_table = RT_TABLE_MAIN;
    out.route.rtm_protocol = RTPROT_BGP;
    out.route.rtm_type = type == RTM_NEWROUTE ? RTN_UNICAST : RTN_UNSPEC;
    out.destination = attribute(RTA_DST, htonl(prefix.bits.v4()));
    out.priority = attribute(RTA_PRIORITY, 20);
    return out;
}

Addition addition(const IpPrefix& prefix, const NextHop& hop) {
    return {common_of(prefix, RTM_NEWROUTE, sizeof(Addition)), attribute(RTA_GATEWAY, htonl(hop.address)),
            attribute(RTA_OIF, hop.interface)};
}

Removal removal(const IpPrefix& prefix) {
    return common_of(prefix, RTM_DELROUTE, sizeof(Removal));
}

/// Calls it on a thread of its own, which has entered the namespace: a socket made there stays there.
template <class Work>
void inside(const std::string& netns, const Work& work) {
    int entered = 0;
    std::thread([&] {
        const Fd there{::open(("/run/netns/" + netns).c_str(), O_RDONLY | O_CLOEXEC)};
        if (!there || ::setns(there.get(), CLONE_NEWNET) < 0)
            entered = errno;
        else
            work();
    }).join();
    if (entered != 0)
        throw StartupError{1, fmt::format("cannot enter the namespace {}: {}", netns, std::strerror(entered))};
}

/// Asks again each 20 ms until it is there.
template <class Ask>
auto wait_for(const std::string& netns, const std::string& what, const Ask& ask) {
    decltype(ask()) got{};
    inside(netns, [&] {
        for (const Time until = monotonic_now() + patience; !(got = ask()) && monotonic_now() < until;)
            ::usleep(20'000);
    });
    if (!got) throw StartupError{1, fmt::format("{} is not there in the namespace {}", what, netns)};
    return got;
}

}  // namespace

void Frames::begin(std::size_t payload) {
    const std::size_t size = frame_header + payload;
    const std::uint8_t header[frame_header] = {1, 1, static_cast<std::uint8_t>(size >> 8),
                                               static_cast<std::uint8_t>(size)};
    put(header);
    ++count_;
}

template <class Message>
void Frames::put(const Message& message) {
    const auto* from = reinterpret_cast<const std::uint8_t*>(&message);
    bytes_.insert(bytes_.end(), from, from + sizeof message);
}

void Frames::set(const IpPrefix& prefix, const NextHop& hop) {
    begin(sizeof(Addition));
    put(addition(prefix, hop));
}

void Frames::changed(const IpPrefix& prefix, const NextHop& hop) {
    begin(sizeof(Removal) + sizeof(Addition));
    put(removal(prefix));
    put(addition(prefix, hop));
}

void Frames::removed(const IpPrefix& prefix) {
    begin(sizeof(Removal));
    put(removal(prefix));
}

void Frames::sentinel() {
    Sentinel message{};
    message.header = header_of(RTM_NEWROUTE, sizeof message);
    message.route.rtm_family = AF_INET6;
    message.route.rtm_dst_len = 128;
    message.route.rtm_table = RT_TABLE_MAIN;
    message.route.rtm_protocol = 196;  // zebra's number for static routes
    message.route.rtm_type = RTN_BLACKHOLE;
    message.size = 4 + sizeof message.destination;
    message.type = RTA_DST;
    ::inet_pton(AF_INET6, "fefe:ffff::1", message.destination);
    message.priority = attribute(RTA_PRIORITY, 20);
    begin(sizeof message);
    put(message);
}

std::uint64_t Frames::ring_behind(std::uint64_t at) const {
    for (std::size_t frame = 0; frame < bytes_.size();) {
        const std::size_t size = static_cast<std::size_t>(bytes_[frame + 2]) << 8 | bytes_[frame + 3];
        const std::uint64_t record = fpm_record_size(size - frame_header), to_end = fpm_capacity - at % fpm_capacity;
        at += record + (to_end < record ? to_end : 0);
        frame += size;
    }
    return at;
}

Zebra::Zebra(const std::string& netns) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection_ = wait_for(netns, "Baton's FPM endpoint", [&] {
        Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ? std::move(fd) : Fd{};
    });
}

void Zebra::say(std::span<const std::uint8_t> frames) const {
    while (!frames.empty()) {
        const ssize_t size = ::send(connection_.get(), frames.data(), frames.size(), MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) throw StartupError{1, fmt::format("Baton closed the connection: {}", std::strerror(errno))};
        frames = frames.subspan(static_cast<std::size_t>(size));
    }
}

std::uint32_t interface_in(const std::string& netns, const std::string& name) {
    return wait_for(netns, name, [&] { return ::if_nametoindex(name.c_str()); });
}

}  // namespace baton::programming
