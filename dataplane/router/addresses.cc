// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/addresses.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace baton {
namespace {

constexpr std::size_t answer_size = 32768;

struct Request {
    nlmsghdr header{};
    ifaddrmsg address{};
    char attributes[128] = {};

    void add(std::uint16_t type, const void* value, std::size_t size) {
        rtattr attribute{static_cast<unsigned short>(RTA_LENGTH(size)), type};
        char* at = attributes + (NLMSG_ALIGN(header.nlmsg_len) - NLMSG_LENGTH(sizeof address));
        std::memcpy(at, &attribute, sizeof attribute);
        std::memcpy(at + RTA_LENGTH(0), value, size);
        header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_ALIGN(header.nlmsg_len) + RTA_LENGTH(size));
    }
};

void to_bytes(const IpBits& bits, std::uint8_t* into) {
    for (unsigned i = 0; i < 16; ++i)
        into[i] = static_cast<std::uint8_t>((i < 8 ? bits.high : bits.low) >> (56 - i % 8 * 8));
}

IpBits from_bytes(const std::uint8_t* bytes, std::size_t size) {
    IpBits out;
    for (std::size_t i = 0; i < size; ++i) (i < 8 ? out.high : out.low) |= std::uint64_t{bytes[i]} << (56 - i % 8 * 8);
    return out;
}

bool link_local(const HostAddress& address) {
    return address.family == Family::ipv6 && address.bits.high >> 54 == 0x3fa;
}

Error because(const char* what) {
    return failure(std::string(what) + ": " + std::strerror(errno));
}

/// IFA_LOCAL where there is one (IPv4), else IFA_ADDRESS.
bool read(const nlmsghdr* message, std::uint32_t interface_index, HostAddress& into) {
    const auto* about = static_cast<const ifaddrmsg*>(NLMSG_DATA(message));
    if (about->ifa_index != interface_index || (about->ifa_family != AF_INET && about->ifa_family != AF_INET6))
        return false;
    into.family = about->ifa_family == AF_INET ? Family::ipv4 : Family::ipv6;
    into.length = about->ifa_prefixlen;
    bool found = false;
    auto left = static_cast<int>(IFA_PAYLOAD(message));
    for (const rtattr* at = IFA_RTA(about); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
        if (RTA_PAYLOAD(at) != address_bits(into.family) / 8) continue;
        if (at->rta_type != IFA_LOCAL && (at->rta_type != IFA_ADDRESS || found)) continue;
        into.bits = from_bytes(static_cast<const std::uint8_t*>(RTA_DATA(at)), RTA_PAYLOAD(at));
        found = true;
    }
    return found;
}

}  // namespace

AddressSocket::AddressSocket() : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
    const timeval patience{1, 0};
    if (socket_) ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

Result<HostAddresses> AddressSocket::of(std::uint32_t interface_index) {
    Request ask;
    ask.header.nlmsg_len = NLMSG_LENGTH(sizeof ask.address);
    ask.header.nlmsg_type = RTM_GETADDR;
    ask.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    if (::send(socket_.get(), &ask, ask.header.nlmsg_len, 0) < 0) return because("cannot ask for addresses");
    HostAddresses out;
    alignas(nlmsghdr) char answer[answer_size];
    while (true) {
        const ssize_t size = ::recv(socket_.get(), answer, sizeof answer, 0);
        if (size < 0) return because("no answer about addresses");
        auto left = static_cast<unsigned>(size);
        for (const auto* at = reinterpret_cast<const nlmsghdr*>(answer); NLMSG_OK(at, left);
             at = NLMSG_NEXT(at, left)) {
            if (at->nlmsg_type == NLMSG_DONE || at->nlmsg_type == NLMSG_ERROR) return out;
            HostAddress address;
            if (at->nlmsg_type == RTM_NEWADDR && read(at, interface_index, address) && !link_local(address))
                out.insert(address);
        }
    }
}

Result<void> AddressSocket::acknowledged() {
    alignas(nlmsghdr) char answer[answer_size];
    const ssize_t size = ::recv(socket_.get(), answer, sizeof answer, 0);
    if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(int)))) return because("no answer to a change of addresses");
    const auto* header = reinterpret_cast<const nlmsghdr*>(answer);
    int error = 0;
    std::memcpy(&error, NLMSG_DATA(header), sizeof error);
    errno = -error;
    // It is as it shall be already: there, or gone.
    if (header->nlmsg_type == NLMSG_ERROR && (error == 0 || errno == EEXIST || errno == EADDRNOTAVAIL)) return {};
    return because("the kernel refused a change of addresses");
}

Result<void> AddressSocket::change(std::uint16_t type, std::uint16_t flags, std::uint32_t interface_index,
                                   const HostAddress& what) {
    const std::size_t size = address_bits(what.family) / 8;
    std::uint8_t bytes[16];
    to_bytes(what.bits, bytes);
    Request ask;
    ask.header.nlmsg_len = NLMSG_LENGTH(sizeof ask.address);
    ask.header.nlmsg_type = type;
    ask.header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    ask.address.ifa_family = what.family == Family::ipv4 ? AF_INET : AF_INET6;
    ask.address.ifa_prefixlen = what.length;
    ask.address.ifa_flags = IFA_F_NODAD;
    ask.address.ifa_index = interface_index;
    ask.add(IFA_LOCAL, bytes, size);
    ask.add(IFA_ADDRESS, bytes, size);
    if (what.family == Family::ipv4 && what.length < 31) {
        const std::uint32_t broadcast = __builtin_bswap32(what.bits.v4() | (what.length ? ~0u >> what.length : ~0u));
        ask.add(IFA_BROADCAST, &broadcast, sizeof broadcast);
    }
    if (::send(socket_.get(), &ask, ask.header.nlmsg_len, 0) < 0) return because("cannot change addresses");
    return acknowledged();
}

Result<void> AddressSocket::make(std::uint32_t interface_index, const HostAddresses& wanted) {
    auto there = of(interface_index);
    if (!there) return there.error();
    for (const HostAddress& address : *there)
        if (!wanted.contains(address))
            if (auto done = change(RTM_DELADDR, 0, interface_index, address); !done) return done;
    for (const HostAddress& address : wanted)
        if (!there->contains(address))
            if (auto done = change(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, interface_index, address); !done)
                return done;
    return {};
}

}  // namespace baton
