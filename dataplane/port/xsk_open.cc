// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "dataplane/port/open.h"
#include "dataplane/port/xdp.h"
#include "dataplane/port/xsk.h"
#include "sync/base/log.h"

namespace baton {
namespace {

constexpr std::uint16_t several_buffers_flag = 1 << 4;  // XDP_USE_SG, Linux 6.6
constexpr int busy_tries = 100;                         // of 10 ms
constexpr std::uint32_t single_buffer_frame = 3520;     // a page less headroom and the kernel's own tail

[[noreturn]] void fail(const PortAbout& about, const std::string& what, bool with_reason = true) {
    throw StartupError{
        1, "port " + about.name.text() + ": " + what + (with_reason ? std::string(": ") + std::strerror(errno) : "")};
}

void set(const PortAbout& about, int socket, int option, const void* value, socklen_t size, const char* what) {
    if (::setsockopt(socket, SOL_XDP, option, value, size) < 0) fail(about, std::string("cannot set up ") + what);
}

Mapping map(const PortAbout& about, int fd, std::size_t size, off_t offset) {
    void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);
    if (address == MAP_FAILED) fail(about, "cannot map the XDP socket");
    ::madvise(address, size, MADV_DONTDUMP);
    return {address, size};
}

template <class Entry>
void map_ring(const PortAbout& about, XskRing<Entry>& ring, int fd, const xdp_ring_offset& at, std::uint32_t count,
              unsigned long long offset) {
    ring.mapping = map(about, fd, at.desc + count * sizeof(Entry), static_cast<off_t>(offset));
    ring.producer = reinterpret_cast<std::uint32_t*>(ring.mapping.bytes() + at.producer);
    ring.consumer = reinterpret_cast<std::uint32_t*>(ring.mapping.bytes() + at.consumer);
    ring.entries = reinterpret_cast<Entry*>(ring.mapping.bytes() + at.desc);
    ring.mask = count - 1;
}

void map_rings(const PortAbout& about, XskSocket& xsk, std::uint32_t frames) {
    xdp_mmap_offsets at{};
    socklen_t size = sizeof at;
    if (::getsockopt(xsk.socket.get(), SOL_XDP, XDP_MMAP_OFFSETS, &at, &size) < 0 || size != sizeof at)
        fail(about, "the kernel's XDP sockets are older than 5.4", false);
    map_ring(about, xsk.received, xsk.socket.get(), at.rx, frames, XDP_PGOFF_RX_RING);
    map_ring(about, xsk.to_send, xsk.socket.get(), at.tx, frames, XDP_PGOFF_TX_RING);
    map_ring(about, xsk.fill, xsk.socket.get(), at.fr, frames, XDP_UMEM_PGOFF_FILL_RING);
    map_ring(about, xsk.completion, xsk.socket.get(), at.cr, frames, XDP_UMEM_PGOFF_COMPLETION_RING);
}

void map_memory(const PortAbout& about, XskSocket& xsk, int fd, std::uint32_t frames) {
    struct stat is {};

    if (::fstat(fd, &is) < 0) fail(about, "the frames' memory is not there");
    if (static_cast<std::size_t>(is.st_size) < xsk_memory_size(frames))
        fail(about,
             "the kept XDP memory holds fewer frames than frames=" + std::to_string(frames) +
                 "; restart the chassis to change that number",
             false);
    xsk.memory = map(about, fd, static_cast<std::size_t>(is.st_size), 0);
    xsk.state = reinterpret_cast<XskState*>(xsk.memory.bytes() + xsk_frames_size(frames));
    xsk.stamps = reinterpret_cast<std::uint32_t*>(xsk.state + 1);
}

Fd new_memory(const PortAbout& about, std::uint32_t frames, Pages pages) {
    const std::size_t page = pages == Pages::huge ? 2u << 20 : 4096;
    const auto size = static_cast<off_t>((xsk_memory_size(frames) + page - 1) / page * page);
    Fd fd{::memfd_create("baton:xsk", MFD_CLOEXEC | (pages == Pages::huge ? MFD_HUGETLB | MFD_HUGE_2MB : 0u))};
    if (!fd || ::ftruncate(fd.get(), size) < 0) fail(about, "cannot create the frames' memory");
    if (::fallocate(fd.get(), 0, 0, size) < 0)
        fail(about, "no memory for " + std::to_string(size >> 20) +
                        " MB of XDP frames; lower frames= or reserve more huge pages");
    return fd;
}

struct Kept {
    Fd socket, memory, sockets, program;

    explicit operator bool() const { return socket && memory && sockets && program; }
};

/// Goes on with the socket of the data plane before, if it is still bound to this very interface.
bool adopt(const PortPlan& plan, const PortAbout& about, Kept& kept, unsigned index, XskSocket& xsk) {
    const std::uint32_t frames = plan.number("frames");
    map_memory(about, xsk, kept.memory.get(), frames);
    const XskState& state = *xsk.state;
    if (state.layout != fingerprint<XskState>() || state.frames != frames)
        fail(about, "the kept XDP socket was made by another release or with another frames=; restart the chassis",
             false);
    if (state.interface_index != index || state.queue != plan.number("queue")) {
        log::warning("event=xsk_gone port={} interface={} what=\"made anew, so its old socket is of no use\"",
                     about.name.text(), about.device);
        xsk = {};
        return false;
    }
    xsk.socket = std::move(kept.socket);
    map_rings(about, xsk, frames);
    return true;
}

/// True when the socket takes frames in several buffers. A socket that was just closed holds its queue for some ms
/// more, as the kernel tears it down aside: so long it is tried again.
bool bind_to(const PortAbout& about, int fd, unsigned index, std::uint32_t queue) {
    sockaddr_xdp where{};
    where.sxdp_family = AF_XDP;
    where.sxdp_ifindex = index;
    where.sxdp_queue_id = queue;
    where.sxdp_flags = XDP_COPY | XDP_USE_NEED_WAKEUP | several_buffers_flag;
    for (int tries = 0;; ++tries) {
        if (::bind(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0)
            return (where.sxdp_flags & several_buffers_flag) != 0;
        if (errno == EINVAL && (where.sxdp_flags & several_buffers_flag))
            where.sxdp_flags = XDP_COPY | XDP_USE_NEED_WAKEUP;
        else if (errno == EBUSY && tries < busy_tries)
            ::usleep(10'000);
        else
            fail(about, "cannot bind to queue " + std::to_string(queue) + " of " + about.device +
                            (errno == EINVAL  ? " (has it so many queues?)"
                             : errno == EBUSY ? ", another AF_XDP socket holds it"
                                              : ""));
    }
}

/// A new socket, bound, its fill ring full. The program must be attached before, as it decides what the driver can do.
Fd make(const PortPlan& plan, const PortAbout& about, unsigned index, Pages pages, XskSocket& xsk) {
    const std::uint32_t frames = plan.number("frames"), queue = plan.number("queue");
    Fd memory = new_memory(about, frames, pages);
    map_memory(about, xsk, memory.get(), frames);
    xsk.socket = Fd{::socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0)};
    if (!xsk.socket)
        fail(about, "the kernel has no AF_XDP sockets (CONFIG_XDP_SOCKETS), or this user may not have one");
    const int fd = xsk.socket.get();
    xdp_umem_reg frames_are{};
    frames_are.addr = reinterpret_cast<std::uintptr_t>(xsk.memory.bytes());
    frames_are.len = xsk_frames_size(frames);
    frames_are.chunk_size = xsk_chunk;
    set(about, fd, XDP_UMEM_REG, &frames_are, sizeof frames_are, "the XDP frames (is RLIMIT_MEMLOCK large enough?)");
    for (const int ring : {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING})
        set(about, fd, ring, &frames, sizeof frames, "an XDP ring");
    map_rings(about, xsk, frames);
    for (std::uint32_t i = 0; i < frames; ++i) xsk.fill.at(i) = std::uint64_t{i} * xsk_chunk;
    xsk.fill.produced().store(frames, std::memory_order_release);

    const bool several = bind_to(about, fd, index, queue);
    *xsk.state = {fingerprint<XskState>(), frames, index, queue, several ? 1u : 0u, {}};
    return memory;
}

}  // namespace

std::unique_ptr<Port> open_xsk(const PortPlan& plan, PortAbout about, KeptFds& kept_fds, const PortSetting& setting) {
    about.device = plan.value("iface");
    Interface interface(about.device);
    if (interface.index() == 0)
        fail(about, "there is no interface " + about.device + " in the data plane's network namespace; make it first",
             false);
    if (const auto mac = interface.mac()) about.mac = *mac;
    const std::string own = "port/" + about.name.text() + "/", mode = plan.value("mode");
    Kept kept{kept_fds.take(own + "xsk"), kept_fds.take(own + "umem"), kept_fds.take(own + "map"),
              kept_fds.take(own + "prog")};
    XskSocket xsk;
    const auto sure = [&](const auto& result) {
        if (!result) fail(about, result.error().what + " (interface " + about.device + ")", false);
    };

    if (kept && adopt(plan, about, kept, interface.index(), xsk)) {
        sure(confirm_steering(interface.index(), kept.program.get(), mode));
        sure(steer(kept.sockets.get(), plan.number("queue"), xsk.socket.get()));
    } else {
        if (const auto changed = interface.set_mtu(setting.max_frame - 14); !changed)
            log::warning("event=mtu port={} what=\"{}\"", about.name.text(), changed.error().what);
        sure(interface.set_up(true));
        auto steering = attach_steering(interface.index(), mode);
        sure(steering);
        try {
            const Fd memory = make(plan, about, interface.index(), setting.pages, xsk);
            sure(steer(steering->sockets.get(), plan.number("queue"), xsk.socket.get()));
            setting.keep(own + "xsk", xsk.socket.get());
            setting.keep(own + "umem", memory.get());
            setting.keep(own + "map", steering->sockets.get());
            setting.keep(own + "prog", steering->program.get());
        } catch (const StartupError&) {
            detach_steering(interface.index(), steering->program.get());
            throw;
        }
        kept.program = std::move(steering->program);
    }
    xsk.free = std::make_unique<std::uint32_t[]>(xsk.state->frames);
    about.max_frame = std::min(setting.max_frame, interface.mtu() + 18);
    if (xsk.state->several_buffers == 0) about.max_frame = std::min(about.max_frame, single_buffer_frame);
    return std::make_unique<XskPort>(std::move(about), std::move(xsk), std::move(kept.program), std::move(interface),
                                     setting.mempool);
}

}  // namespace baton
