// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include "dataplane/port/open.h"
#include "dataplane/port/tap.h"
#include "sync/base/log.h"

namespace baton {
namespace {

Fd make(const PortAbout& about) {
    const std::string who = "port " + about.name.text() + ": ";
    Fd fd{::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    if (!fd)
        throw StartupError{1, who + "cannot open /dev/net/tun (CONFIG_TUN, CAP_NET_ADMIN): " + std::strerror(errno)};
    ifreq asked{};
    std::strncpy(asked.ifr_name, about.device.c_str(), IFNAMSIZ - 1);
    asked.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (::ioctl(fd.get(), TUNSETIFF, &asked) < 0)
        throw StartupError{1, who + "cannot make interface " + about.device + ": " + std::strerror(errno) +
                                  (errno == EBUSY || errno == EINVAL ? "; one of that name is there already" : "")};
    return fd;
}

}  // namespace

std::unique_ptr<Port> open_tap(const PortPlan& plan, PortAbout about, KeptFds& kept, const PortSetting& setting) {
    const std::string name = "port/" + about.name.text() + "/tap";
    about.device = plan.value("iface");
    Fd fd = kept.take(name);
    if (!fd) {
        fd = make(about);
        const Interface interface(about.device);
        const std::uint32_t mtu = plan.number("mtu") ? plan.number("mtu") : setting.max_frame - 14;
        for (const auto& done :
             {interface.set_queue_length(plan.number("txqueuelen")), interface.set_mtu(mtu), interface.set_up(true)})
            if (!done) throw StartupError{1, "port " + about.name.text() + ": " + done.error().what};
        setting.keep(name, fd.get());
    }
    return std::make_unique<TapPort>(std::move(about), std::move(fd), setting.mempool);
}

}  // namespace baton
