// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/port/rig.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

namespace baton::rig {
namespace {

constexpr std::uint16_t test_type = 0x88b5;

class OnInterface final : public Neighbour {
  public:
    explicit OnInterface(const std::string& name) : socket_(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0)) {
        const int much = 64 << 20;
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &much, sizeof much);
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &much, sizeof much);
        sockaddr_ll where{};
        where.sll_family = AF_PACKET;
        where.sll_protocol = htons(test_type);
        where.sll_ifindex = static_cast<int>(::if_nametoindex(name.c_str()));
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0) << name;
    }

    bool send(const Frame& frame) override {
        return ::send(socket_.get(), frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size());
    }

    std::optional<Frame> receive() override {
        Frame frame(16384);
        sockaddr_ll from{};
        socklen_t size = sizeof from;
        const ssize_t got =
            ::recvfrom(socket_.get(), frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (got < 0 || from.sll_pkttype == PACKET_OUTGOING) return std::nullopt;
        frame.resize(static_cast<std::size_t>(got));
        return frame;
    }

  private:
    Fd socket_;
};

class OnWire final : public Neighbour {
  public:
    explicit OnWire(int fd) {
        auto mapping = map_arena(fd, ArenaKind::wire, fingerprint<WireArena>(), Access::read_write);
        EXPECT_TRUE(mapping);
        mapping_ = std::move(*mapping);
        auto& wire = *mapping_.as<WireArena>();
        out_ = WireEnd(wire, 0);
        in_ = WireEnd(wire, 1);
        wire.peer_up = 1;
    }

    bool send(const Frame& frame) override {
        if (out_.room(1) == 0 || frame.size() > out_.largest_frame()) return false;
        WireSlot& slot = out_.to_fill(0);
        slot.length = static_cast<std::uint32_t>(frame.size());
        std::memcpy(WireEnd::bytes(slot), frame.data(), frame.size());
        out_.publish(1);
        return true;
    }

    std::optional<Frame> receive() override {
        if (in_.waiting(1) == 0) return std::nullopt;
        const WireSlot& slot = in_.to_read(0);
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(WireEnd::bytes(slot));
        Frame frame(bytes, bytes + slot.length);
        in_.release(1);
        return frame;
    }

  private:
    Mapping mapping_;
    WireEnd in_, out_;
};

}  // namespace

std::string cannot_run;

bool command(const std::string& line) {
    const int result = std::system((line + " >/dev/null 2>&1").c_str());
    return WIFEXITED(result) && WEXITSTATUS(result) == 0;
}

Frame frame_of(std::size_t size, std::uint64_t number) {
    Frame frame(size);
    std::mt19937_64 random(number);
    for (auto& byte : frame) byte = static_cast<std::uint8_t>(random());
    const std::uint8_t start[] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, test_type >> 8, test_type & 0xff};
    std::memcpy(frame.data(), start, sizeof start);
    std::memcpy(frame.data() + sizeof start, &number, sizeof number);
    return frame;
}

std::optional<std::uint64_t> number_of(const std::uint8_t* bytes, std::size_t size) {
    if (size < 22 || bytes[12] != test_type >> 8 || bytes[13] != (test_type & 0xff)) return std::nullopt;
    std::uint64_t number;
    std::memcpy(&number, bytes + 14, sizeof number);
    return number;
}

std::unique_ptr<Neighbour> on_interface(const std::string& name) {
    return std::make_unique<OnInterface>(name);
}

std::unique_ptr<Neighbour> on_wire(int fd) {
    return std::make_unique<OnWire>(fd);
}

Opened::Opened(const std::string& text, KeptFds kept, Pages pages) {
    PortSetting setting;
    setting.max_frame = max_frame;
    setting.pages = pages;
    setting.mempool = pool();
    setting.keep = [this](std::string_view name, int fd) {
        kept_.emplace(std::string(name), Fd{::fcntl(fd, F_DUPFD_CLOEXEC, 3)});
    };
    ports_ = open_ports({parse_port(text).value()}, kept, setting);
}

std::vector<Frame> Opened::receive(std::size_t count, int ms) {
    std::vector<Frame> frames;
    within(ms, [&] {
        rte_mbuf* burst[32];
        const auto got = port().receive(burst, 32);
        for (std::uint16_t i = 0; i < got; ++i) {
            EXPECT_EQ(burst[i]->nb_segs, 1);
            EXPECT_EQ(rte_mbuf_refcnt_read(burst[i]), 1);
            EXPECT_EQ(burst[i]->data_len, burst[i]->pkt_len);
            const auto* bytes = rte_pktmbuf_mtod(burst[i], const std::uint8_t*);
            if (number_of(bytes, burst[i]->pkt_len)) frames.emplace_back(bytes, bytes + burst[i]->pkt_len);
            rte_pktmbuf_free(burst[i]);
        }
        return frames.size() >= count;
    });
    return frames;
}

bool Opened::transmit(const std::vector<Frame>& frames) {
    std::vector<rte_mbuf*> burst;
    for (const auto& frame : frames) {
        rte_mbuf* mbuf = rte_pktmbuf_alloc(pool());
        if (!mbuf) return false;
        std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size())), frame.data(), frame.size());
        burst.push_back(mbuf);
    }
    std::size_t sent = 0;
    within(1000, [&] {
        sent += port().transmit(burst.data() + sent, static_cast<std::uint16_t>(burst.size() - sent));
        return sent == burst.size();
    });
    for (std::size_t i = sent; i < burst.size(); ++i) rte_pktmbuf_free(burst[i]);
    return sent == burst.size();
}

std::string fresh_interface() {
    static int number = 0;
    return "port" + std::to_string(++number);
}

Veth::Veth() : port(fresh_interface()), peer(fresh_interface()) {
    EXPECT_TRUE(command("ip link add " + port + " type veth peer name " + peer));
    for (const auto& end : {port, peer}) {
        command("ethtool -K " + end + " tx off tso off gso off");
        EXPECT_TRUE(command("ip link set " + end + " mtu 9202 up"));
    }
}

Veth::~Veth() {
    command("ip link del " + port);
}

}  // namespace baton::rig
