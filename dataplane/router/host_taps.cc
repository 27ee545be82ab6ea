// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/host_taps.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <vector>

#include "dataplane/port/interface.h"
#include "sync/base/log.h"
#include "sync/channel/routes_walk.h"

namespace baton {
namespace {

constexpr std::string_view kept_prefix = "route/tap/";
constexpr Duration patience = seconds(2);  // before an interface that nobody wants goes: it may only have blinked

std::string interface_name(VlanId vlan) {
    return "bv" + std::to_string(vlan);
}

std::string kept_name(VlanId vlan) {
    return std::string(kept_prefix) + std::to_string(vlan);
}

void write_setting(const std::string& name, const char* value) {
    const Fd fd{::open(("/proc/sys/net/" + name).c_str(), O_WRONLY | O_CLOEXEC)};
    if (!fd || ::write(fd.get(), value, std::strlen(value)) < 0)
        log::warning("sysctl net/{}={} refused=\"{}\"", name, value, std::strerror(errno));
}

Result<void> set_mac(const std::string& name, Mac mac) {
    const Fd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ifreq asked{};
    std::strncpy(asked.ifr_name, name.c_str(), IFNAMSIZ - 1);
    asked.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    std::memcpy(asked.ifr_hwaddr.sa_data, mac.bytes.data(), mac.bytes.size());
    if (::ioctl(socket.get(), SIOCSIFHWADDR, &asked) < 0)
        return failure("cannot set the address of interface " + name + ": " + std::strerror(errno));
    return {};
}

struct Subnet {
    IpPrefix prefix;
    VlanId vlan = 0;
};

}  // namespace

std::map<VlanId, HostAddresses> addresses_of(const std::byte* routes) {
    std::vector<Subnet> subnets;
    std::vector<IpPrefix> own;
    RoutesWalk walk(routes);
    while (walk.next(4096, [&](const RouteEntry& entry) {
        const RouteOffer& offer = entry.of(Owner::configuration);
        if (!offer) return;
        walk.each_hop(offer.leaf, [&](const AdjacencyEntry& hop) {
            if (hop.hop == Hop::connected) subnets.push_back({entry.prefix, hop.vlan});
            if (hop.hop == Hop::local) own.push_back(entry.prefix);
        });
    })) {
    }
    std::map<VlanId, HostAddresses> out;
    for (const IpPrefix& address : own) {
        const Subnet* best = nullptr;
        for (const Subnet& subnet : subnets)
            if (subnet.prefix.contains(address.first()) && (!best || best->prefix.length < subnet.prefix.length))
                best = &subnet;
        if (best) out[best->vlan].insert({address.family, address.bits, best->prefix.length});
    }
    return out;
}

HostTaps::HostTaps(Setup setup, const Namespace& where) : setup_(std::move(setup)), where_(where) {}

// The fds close, but the chassis holds its own, so the interfaces stay.
HostTaps::~HostTaps() {
    for (const auto& [vlan, tap] : taps_) setup_.watch(vlan, tap.fd.get(), false);
}

// `default` is what interfaces begin with, `all` what some settings are combined with.
void HostTaps::settle_kernel() {
    for (const auto* scope : {"all", "default"}) {
        const std::string v4 = std::string("ipv4/conf/") + scope + "/", v6 = std::string("ipv6/conf/") + scope + "/";
        write_setting(v4 + "forwarding", "0");
        write_setting(v4 + "arp_ignore", "8");  // answers no ARP request: the workers do
        write_setting(v4 + "arp_announce", "2");
        write_setting(v4 + "rp_filter", "0");  // what came over one way may leave by another
        write_setting(v4 + "send_redirects", "0");
        write_setting(v4 + "accept_redirects", "0");
        write_setting(v4 + "promote_secondaries", "1");
        write_setting(v6 + "forwarding", "0");
        write_setting(v6 + "accept_dad", "0");  // its own probe would come back from a loop as a stranger's
        write_setting(v6 + "accept_ra", "0");   // a router believes none
        write_setting(v6 + "autoconf", "0");
        write_setting(v6 + "accept_redirects", "0");
    }
    const Interface loopback("lo");
    if (auto done = loopback.set_up(true); !done) log::warning("{}", done.error().what);
}

void HostTaps::adopt(std::string_view name, Fd fd) {
    unsigned number = 0;
    const std::string_view digits = name.substr(std::min(kept_prefix.size(), name.size()));
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    ifreq about{};
    const auto vlan = static_cast<VlanId>(number);
    const bool fits = number > 0 && number < max_vlans && where_.holds_tun(fd.get()) &&
                      ::ioctl(fd.get(), TUNGETIFF, &about) == 0 && interface_name(vlan) == about.ifr_name;
    if (!fits) return setup_.keep(name, -1);
    Tap tap;
    tap.index = ::if_nametoindex(about.ifr_name);
    tap.fd = std::move(fd);
    setup_.watch(vlan, tap.fd.get(), true);
    setup_.tables->vlans[vlan].interface_index.store(tap.index, std::memory_order_release);
    taps_.insert_or_assign(vlan, std::move(tap));
}

Result<HostTaps::Tap> HostTaps::make(VlanId vlan) const {
    const std::string name = interface_name(vlan);
    Tap tap;
    tap.fd = Fd{::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    if (!tap.fd) return failure(std::string("cannot open /dev/net/tun: ") + std::strerror(errno));
    ifreq asked{};
    std::strncpy(asked.ifr_name, name.c_str(), IFNAMSIZ - 1);
    asked.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (::ioctl(tap.fd.get(), TUNSETIFF, &asked) < 0)
        return failure("cannot make interface " + name + " in " + where_.path() + ": " + std::strerror(errno));
    tap.index = ::if_nametoindex(name.c_str());
    return tap;
}

void HostTaps::look(Time now) {
    if (const std::uint64_t version = setup_.configuration_version(); version != version_) {
        version_ = version;
        auto wanted = addresses_of(setup_.routes);
        for (auto& [vlan, tap] : taps_)
            if (wanted[vlan] != wanted_[vlan]) tap.addressed = false;
        wanted_ = std::move(wanted);
    }
    for (VlanId vlan = 1; vlan < max_vlans; ++vlan) look_at(vlan, now);
}

void HostTaps::look_at(VlanId vlan, Time now) {
    const bool wanted = setup_.tables->vlans[vlan].routing.load(std::memory_order_acquire) & interface_up;
    auto it = taps_.find(vlan);
    if (!wanted) {
        if (it == taps_.end()) return;
        if (it->second.unwanted_since == Time::never()) it->second.unwanted_since = now;
        if (now - it->second.unwanted_since > patience) remove(vlan);
        return;
    }
    if (it == taps_.end()) {
        auto made = make(vlan);
        if (!made) {
            if (std::exchange(refused_[vlan], made.error().what) != made.error().what)
                log::error("{}", made.error().what);
            return;
        }
        it = taps_.emplace(vlan, std::move(*made)).first;
        setup_.keep(kept_name(vlan), it->second.fd.get());
        setup_.watch(vlan, it->second.fd.get(), true);
    }
    it->second.unwanted_since = Time::never();
    arrange(vlan, it->second);
}

/// The number is told to the boards last: by then a daemon may speak of the interface.
void HostTaps::arrange(VlanId vlan, Tap& tap) {
    VlanEntry& entry = setup_.tables->vlans[vlan];
    const std::uint64_t mac = setup_.tables->applier.router_mac.load(std::memory_order_relaxed);
    const std::uint16_t mtu = entry.mtu.load(std::memory_order_relaxed);
    const std::string name = interface_name(vlan);
    if (tap.mac != mac || tap.mtu != mtu) {
        const Interface interface(name);
        for (const auto& done : {set_mac(name, Mac::of(mac)), interface.set_mtu(mtu), interface.set_up(true)})
            if (!done) return complain(vlan, tap, done.error());
        tap.mac = mac;
        tap.mtu = mtu;
        log::notice("interface {} vlan={} index={} mtu={} for the router itself", name, vlan, tap.index, mtu);
    }
    if (!tap.addressed) address(vlan, tap);
    const int carrier = has_active_port(vlan) ? 1 : 0;
    if (carrier != tap.carrier && ::ioctl(tap.fd.get(), TUNSETCARRIER, &carrier) == 0) tap.carrier = carrier;
    if (entry.interface_index.load(std::memory_order_relaxed) != tap.index)
        entry.interface_index.store(tap.index, std::memory_order_release);
}

void HostTaps::address(VlanId vlan, Tap& tap) {
    const auto found = wanted_.find(vlan);
    if (auto done = socket_.make(tap.index, found == wanted_.end() ? HostAddresses{} : found->second); !done)
        return complain(vlan, tap, done.error());
    tap.addressed = true;
    tap.complaint.clear();
}

void HostTaps::complain(VlanId vlan, Tap& tap, const Error& error) const {
    if (std::exchange(tap.complaint, error.what) != error.what)
        log::error("interface {}: {}", interface_name(vlan), error.what);
}

void HostTaps::remove(VlanId vlan) {
    setup_.tables->vlans[vlan].interface_index.store(0, std::memory_order_release);
    const auto it = taps_.find(vlan);
    setup_.watch(vlan, it->second.fd.get(), false);
    setup_.keep(kept_name(vlan), -1);
    taps_.erase(it);
    log::notice("interface {} is gone: its VLAN has no address any more", interface_name(vlan));
}

void HostTaps::forget_all() {
    while (!taps_.empty()) remove(taps_.begin()->first);
}

bool HostTaps::has_active_port(VlanId vlan) const {
    for (std::size_t word = 0; word < 4; ++word) {
        std::uint64_t members = setup_.tables->vlans[vlan].member[word].load(std::memory_order_relaxed);
        for (; members != 0; members &= members - 1) {
            const PortEntry& port = setup_.tables->ports[word * 64 + static_cast<unsigned>(__builtin_ctzll(members))];
            if (port.enabled.load(std::memory_order_relaxed) && port.link_up.load(std::memory_order_relaxed))
                return true;
        }
    }
    return false;
}

int HostTaps::fd_of(VlanId vlan) const {
    const auto it = taps_.find(vlan);
    return it == taps_.end() ? -1 : it->second.fd.get();
}

std::size_t HostTaps::read_from(int fd) {
    const ssize_t size = ::read(fd, buffer_, sizeof buffer_);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
}

bool HostTaps::deliver(VlanId vlan, std::span<const std::uint8_t> frame) {
    const int fd = fd_of(vlan);
    return fd >= 0 && ::write(fd, frame.data(), frame.size()) == static_cast<ssize_t>(frame.size());
}

}  // namespace baton
