// SPDX-License-Identifier: Apache-2.0
#include "dataplane/port/interface.h"

#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace baton {
namespace {

ifreq request(const std::string& name) {
    ifreq asked{};
    std::strncpy(asked.ifr_name, name.c_str(), IFNAMSIZ - 1);
    return asked;
}

/// A routing socket in the network namespace `fd`; this thread is back in its own when it returns.
Fd routing_socket_in(int fd) {
    const Fd own{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
    if (!own || ::setns(fd, CLONE_NEWNET) < 0) return {};
    Fd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
    if (::setns(own.get(), CLONE_NEWNET) < 0) ::_exit(1);  // a thread lost in a foreign namespace must not go on
    return socket;
}

/// IFLA_STATS64's tx_dropped: what the kernel sent and the reader of the fd never got.
std::optional<std::uint64_t> tx_dropped(int socket, const char* name) {
    struct {
        nlmsghdr header;
        ifinfomsg link;
        rtattr attribute;
        char name[IFNAMSIZ];
    } ask{};

    ask.header.nlmsg_len = sizeof ask;
    ask.header.nlmsg_type = RTM_GETLINK;
    ask.header.nlmsg_flags = NLM_F_REQUEST;
    ask.attribute.rta_type = IFLA_IFNAME;
    ask.attribute.rta_len = sizeof(rtattr) + IFNAMSIZ;
    std::strncpy(ask.name, name, IFNAMSIZ - 1);
    if (::send(socket, &ask, sizeof ask, 0) < 0) return std::nullopt;
    alignas(nlmsghdr) char answer[16384];
    const ssize_t size = ::recv(socket, answer, sizeof answer, 0);
    const auto* header = reinterpret_cast<const nlmsghdr*>(answer);
    if (size < static_cast<ssize_t>(sizeof(nlmsghdr) + sizeof(ifinfomsg)) || header->nlmsg_type != RTM_NEWLINK)
        return std::nullopt;
    auto left = static_cast<int>(size) - static_cast<int>(NLMSG_SPACE(sizeof(ifinfomsg)));
    for (auto* at = reinterpret_cast<const rtattr*>(answer + NLMSG_SPACE(sizeof(ifinfomsg))); RTA_OK(at, left);
         at = RTA_NEXT(at, left)) {
        if (at->rta_type != IFLA_STATS64) continue;
        rtnl_link_stats64 stats{};
        std::memcpy(&stats, RTA_DATA(at), std::min<std::size_t>(sizeof stats, RTA_PAYLOAD(at)));
        return stats.tx_dropped;
    }
    return std::nullopt;
}

}  // namespace

Interface::Interface(std::string name)
    : name_(std::move(name)),
      index_(::if_nametoindex(name_.c_str())),
      socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

Error Interface::fault(const std::string& what) const {
    return failure("cannot " + what + " of interface " + name_ + ": " + std::strerror(errno));
}

bool Interface::running() const {
    auto asked = request(name_);
    return ::ioctl(socket_.get(), SIOCGIFFLAGS, &asked) == 0 && (asked.ifr_flags & IFF_UP) &&
           (asked.ifr_flags & IFF_RUNNING);
}

Result<void> Interface::set_up(bool up) const {
    auto asked = request(name_);
    if (::ioctl(socket_.get(), SIOCGIFFLAGS, &asked) < 0) return fault("read the state");
    asked.ifr_flags = static_cast<short>(up ? asked.ifr_flags | IFF_UP : asked.ifr_flags & ~IFF_UP);
    if (::ioctl(socket_.get(), SIOCSIFFLAGS, &asked) < 0) return fault("change the state");
    return {};
}

Result<void> Interface::set_mtu(std::uint32_t mtu) const {
    auto asked = request(name_);
    asked.ifr_mtu = static_cast<int>(mtu);
    if (::ioctl(socket_.get(), SIOCSIFMTU, &asked) < 0) return fault("set the MTU " + std::to_string(mtu));
    return {};
}

Result<void> Interface::set_queue_length(std::uint32_t frames) const {
    auto asked = request(name_);
    asked.ifr_qlen = static_cast<int>(frames);
    if (::ioctl(socket_.get(), SIOCSIFTXQLEN, &asked) < 0) return fault("set the queue length");
    return {};
}

std::uint32_t Interface::mtu() const {
    auto asked = request(name_);
    return ::ioctl(socket_.get(), SIOCGIFMTU, &asked) == 0 ? static_cast<std::uint32_t>(asked.ifr_mtu) : 0;
}

std::optional<Mac> Interface::mac() const {
    auto asked = request(name_);
    if (::ioctl(socket_.get(), SIOCGIFHWADDR, &asked) < 0 || asked.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        return std::nullopt;
    Mac mac;
    std::memcpy(mac.bytes.data(), asked.ifr_hwaddr.sa_data, 6);
    return mac;
}

std::uint32_t Interface::speed_mbps() const {
    std::ifstream in("/sys/class/net/" + name_ + "/speed");
    long speed = 0;
    return in >> speed && speed > 0 ? static_cast<std::uint32_t>(speed) : 0;
}

Tun::Tun(Fd fd) : fd_(std::move(fd)) {
    before_ = total().value_or(0);
}

bool Tun::up() const {
    pollfd asked{fd_.get(), POLLOUT, 0};
    return ::poll(&asked, 1, 0) == 1 && (asked.revents & POLLOUT) && !(asked.revents & POLLERR);
}

void Tun::set_carrier(bool carrier) const {
    int value = carrier ? 1 : 0;
    ::ioctl(fd_.get(), TUNSETCARRIER, &value);
}

std::uint64_t Tun::drops() {
    if (const auto now = total(); now && *now >= before_ + last_) last_ = *now - before_;
    return last_;
}

std::optional<std::uint64_t> Tun::total() {
    const Fd where{::ioctl(fd_.get(), TUNGETDEVNETNS)};

    struct stat about {};

    if (!where || ::fstat(where.get(), &about) < 0) return std::nullopt;
    if (about.st_ino != namespace_ || !socket_) {
        socket_ = routing_socket_in(where.get());
        namespace_ = about.st_ino;
    }
    ifreq named{};
    if (!socket_ || ::ioctl(fd_.get(), TUNGETIFF, &named) < 0) return std::nullopt;
    return tx_dropped(socket_.get(), named.ifr_name);
}

Result<Fd> Tun::held_by_driver(const std::string& name) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
        std::error_code gone;
        if (std::filesystem::read_symlink(entry.path(), gone) != "/dev/net/tun") continue;
        const int fd = std::stoi(entry.path().filename().string());
        ifreq named{};
        if (::ioctl(fd, TUNGETIFF, &named) == 0 && name == named.ifr_name) return Fd{::fcntl(fd, F_DUPFD_CLOEXEC, 3)};
    }
    return failure("the driver holds no tun fd for interface " + name);
}

}  // namespace baton
