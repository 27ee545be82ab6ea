// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/packet_end.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>

#include <cerrno>
#include <cstring>

namespace baton::tester {
namespace {

std::string because(const std::string& what) {
    return what + ": " + std::strerror(errno);
}

/// In another network namespace for as long as it lives.
class Visit {
  public:
    explicit Visit(const std::string& netns) {
        if (netns.empty()) return;
        home_ = Fd{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
        const Fd there{::open(("/run/netns/" + netns).c_str(), O_RDONLY | O_CLOEXEC)};
        ok_ = home_ && there && ::setns(there.get(), CLONE_NEWNET) == 0;
    }

    ~Visit() {
        if (home_ && ok_) ::setns(home_.get(), CLONE_NEWNET);
    }

    bool ok() const { return ok_; }

  private:
    Fd home_;
    bool ok_ = true;
};

}  // namespace

Result<std::unique_ptr<End>> PacketEnd::open(const std::string& netns, const std::string& interface) {
    const Visit visit(netns);
    if (!visit.ok()) return failure(because("cannot enter network namespace " + netns));
    const unsigned index = ::if_nametoindex(interface.c_str());
    if (index == 0) return failure(because("interface " + interface + (netns.empty() ? "" : " in " + netns)));
    Fd socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return failure(because("a packet socket needs CAP_NET_RAW (run as root)"));
    const auto set = [&](int level, int name, const auto& value) {
        return ::setsockopt(socket.get(), level, name, &value, sizeof value) == 0;
    };
    packet_mreq promiscuous{};
    promiscuous.mr_ifindex = static_cast<int>(index);
    promiscuous.mr_type = PACKET_MR_PROMISC;
    const int one = 1, megabytes = 32 << 20;
    if (!set(SOL_SOCKET, SO_RCVBUFFORCE, megabytes)) set(SOL_SOCKET, SO_RCVBUF, megabytes);
    if (!set(SOL_SOCKET, SO_SNDBUFFORCE, megabytes)) set(SOL_SOCKET, SO_SNDBUF, megabytes);
    if (!set(SOL_PACKET, PACKET_AUXDATA, one) || !set(SOL_PACKET, PACKET_IGNORE_OUTGOING, one) ||
        !set(SOL_PACKET, PACKET_QDISC_BYPASS, one) || !set(SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous))
        return failure(because("cannot set up a packet socket on " + interface));
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(index);
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0)
        return failure(because("cannot bind to " + interface));
    return std::unique_ptr<End>(std::make_unique<PacketEnd>(std::move(socket)));
}

PacketEnd::PacketEnd(Fd socket)
    : socket_(std::move(socket)), out_bytes_(burst_size * slot_size), in_bytes_(burst_size * slot_size) {
    for (unsigned n = 0; n < burst_size; ++n) {
        out_parts_[n].iov_base = out_bytes_.data() + n * slot_size;
        out_[n].msg_hdr.msg_iov = &out_parts_[n];
        out_[n].msg_hdr.msg_iovlen = 1;
        in_parts_[n] = {in_bytes_.data() + n * slot_size, slot_size};
        in_[n].msg_hdr.msg_iov = &in_parts_[n];
        in_[n].msg_hdr.msg_iovlen = 1;
    }
}

std::uint8_t* PacketEnd::to_fill(unsigned n, std::size_t size) {
    out_parts_[n].iov_len = size;
    return out_bytes_.data() + n * slot_size;
}

unsigned PacketEnd::send(unsigned count) {
    unsigned sent = 0;
    while (sent < count) {
        const int taken = ::sendmmsg(socket_.get(), out_.data() + sent, count - sent, 0);
        if (taken < 0 && errno == EINTR) continue;
        if (taken <= 0) break;
        sent += static_cast<unsigned>(taken);
    }
    return sent;
}

std::span<const Arrived> PacketEnd::receive() {
    for (unsigned n = 0; n < burst_size; ++n) {
        in_[n].msg_hdr.msg_control = control_[n].bytes;
        in_[n].msg_hdr.msg_controllen = sizeof control_[n].bytes;
    }
    const int count = ::recvmmsg(socket_.get(), in_.data(), burst_size, MSG_DONTWAIT, nullptr);
    if (count <= 0) return {};
    for (unsigned n = 0; n < static_cast<unsigned>(count); ++n) {
        arrived_[n] = {{in_bytes_.data() + n * slot_size, in_[n].msg_len}, std::nullopt};
        auto& header = in_[n].msg_hdr;
        for (cmsghdr* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
            if (part->cmsg_level != SOL_PACKET || part->cmsg_type != PACKET_AUXDATA) continue;
            tpacket_auxdata about;
            std::memcpy(&about, CMSG_DATA(part), sizeof about);
            if (about.tp_status & TP_STATUS_VLAN_VALID) arrived_[n].tag = about.tp_vlan_tci;
        }
    }
    return {arrived_.data(), static_cast<std::size_t>(count)};
}

Trouble PacketEnd::trouble() {
    tpacket_stats since_last{};
    socklen_t size = sizeof since_last;
    if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &since_last, &size) == 0)
        trouble_.overflows += since_last.tp_drops;
    return trouble_;
}

}  // namespace baton::tester
