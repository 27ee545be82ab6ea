// SPDX-License-Identifier: Apache-2.0
// A neighbour on two links (bench/peers/links.py) that any switch can be put behind: the same frames, counted the same
// way, for Baton and for what its users would pick instead. One thread, on the core that the switch does not have.
//
//   rate     frames of 64 B, source and destination drawn for each of them, both ways, as many as the links take; what
//            comes out is counted. Nothing here bounds a switch below `testpmd io` on the same links, which stands
//            beside
//            With --routes they are IPv4 packets to a router in between, their destinations drawn from so many prefixes
//   outage   numbered frames at a fixed rate, one way, while the control plane is killed: lost, and the longest gap
//
// Commands come by standard input, one a line: `teach`, `rate SECONDS`, `outage SECONDS`; an answer is one JSON line.
#include <fmt/core.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <unistd.h>
#include <x86intrin.h>

#include <boost/program_options.hpp>
#include <cstring>
#include <iostream>
#include <random>
#include <sstream>
#include <vector>

#include "bench/program.h"
#include "sync/base/mac.h"
#include "sync/base/time.h"

namespace baton::peers {
namespace {

constexpr std::uint16_t burst = 32, frame_size = 60;
constexpr std::uint64_t stamp = 0x4261746f6e5e5e21;  // ours: switches say things of their own

struct Body {
    std::uint64_t stamp, number;
};

/// Address i lives behind port i % 2.
std::uint64_t station(std::uint64_t i) {
    return 0x020000000000ull | ((i + 1) * 0x9e3779b97f4b5ull & 0x00ffffffffffull);
}

/// Prefix i of those to route to, as bench/peers/routers.py has it: from 16.0.0.0 on in steps of a /24, each twentieth
/// only a /28. It lies behind port i % 2.
std::uint32_t destination(std::uint64_t i, std::uint64_t host) {
    return 16u << 24 | static_cast<std::uint32_t>(i << 8 | (host & (i % 20 == 0 ? 15 : 255)));
}

struct Offer {
    std::uint64_t macs = 0, routes = 0;  // routes: 0 when frames are switched
    std::uint64_t router = 0;            // its MAC
    std::uint16_t rx_queues = 1;
};

class Generator {
  public:
    Generator(const Offer& offer, rte_mempool* pool)
        : macs_(std::max<std::uint64_t>(offer.macs, 2)),
          routes_(offer.routes),
          rx_queues_(offer.rx_queues),
          body_at_(offer.routes ? 42 : 16),
          pool_(pool) {
        std::mt19937_64 random(macs_ + routes_);
        if (routes_ != 0) {
            draw_packets(offer.router, random);
            return;
        }
        for (auto& side : draws_)
            for (std::size_t i = 0; i < 1 << 20; ++i) {
                const auto port = static_cast<unsigned>(&side - draws_);
                side.push_back(
                    {station(random() % (macs_ / 2) * 2 + (1 - port)), station(random() % (macs_ / 2) * 2 + port)});
            }
    }

    /// Each address speaks `rounds` times, from where it lives, to one that lives opposite.
    void teach(double per_second, unsigned rounds) {
        for (unsigned round = 0; round < rounds; ++round)
            for (unsigned port = 0; port < 2; ++port) {
                const Time begin = monotonic_now();
                std::uint64_t sent = 0;
                while (sent < macs_ / 2) {
                    const auto due = static_cast<std::uint64_t>((monotonic_now() - begin).seconds() * per_second);
                    rte_mbuf* frames[burst];
                    std::uint16_t count = 0;
                    while (count < burst && sent + count < std::min(due, macs_ / 2)) {
                        const std::uint64_t i = (sent + count) * 2 + port;
                        frames[count] = made(station(i ^ 1), station(i), 0);
                        if (!frames[count]) break;
                        ++count;
                    }
                    sent += send(port, frames, count);
                    drain(0), drain(1);
                }
            }
    }

    std::string rate(double seconds) {
        std::uint64_t sent = 0, came = 0;
        std::size_t next = 0;
        const Time begin = monotonic_now();
        Time now = begin;
        for (std::uint64_t trip = 0; (now - begin).seconds() < seconds; ++trip) {
            for (unsigned port = 0; port < 2; ++port) {
                rte_mbuf* frames[burst];
                std::uint16_t count = 0;
                for (; count < burst; ++count) {
                    const Draw& draw = draws_[port][(next + count) % draws_[port].size()];
                    if (!(frames[count] = made(draw.to, draw.from, 0, draw.destination))) break;
                }
                sent += send(port, frames, count);
            }
            next += burst;
            came += drain(0) + drain(1);
            if (trip % 16 == 0) now = monotonic_now();
        }
        const double took = (now - begin).seconds();
        const Time until = monotonic_now() + milliseconds(50);
        while (monotonic_now() < until) drain(0), drain(1);
        return fmt::format(R"({{"mpps":{:.4f},"offered_mpps":{:.4f}}})", static_cast<double>(came) / took / 1e6,
                           static_cast<double>(sent) / took / 1e6);
    }

    std::string outage(double seconds, double per_second) {
        std::uint64_t sent = 0, came = 0;
        Time last{}, look{};
        std::int64_t longest_ns = 0;
        const Time begin = monotonic_now();
        for (Time now = begin; (now - begin).seconds() < seconds + 1; now = monotonic_now()) {
            const double passed = std::min((now - begin).seconds(), seconds);
            for (const auto due = static_cast<std::uint64_t>(passed * per_second); sent < due; ++sent) {
                rte_mbuf* frame = made(draws_[0][sent % 1024].to, draws_[0][sent % 1024].from, sent + 1);
                if (!frame || send(0, &frame, 1) == 0)
                    rte_pktmbuf_free(frame);  // lost at the door: counted by its number
            }
            drain(0);
            if (const unsigned now_came = drain(1)) {
                if (last != Time{}) longest_ns = std::max(longest_ns, (now - last).ns);
                last = now;
                came += now_came;
            }
            if (now - look > milliseconds(10)) {  // without it virtio_user never reconnects
                rte_eth_link link;
                for (std::uint16_t port = 0; port < 2; ++port) (void)rte_eth_link_get_nowait(port, &link);
                look = now;
            }
        }
        return fmt::format(R"({{"offered":{},"delivered":{},"lost":{},"longest_gap_ms":{:.2f}}})", sent, came,
                           sent > came ? sent - came : 0, static_cast<double>(longest_ns) / 1e6);
    }

  private:
    struct Draw {
        std::uint64_t to, from;
        std::uint32_t destination = 0;
    };

    void draw_packets(std::uint64_t router, std::mt19937_64& random) {
        const std::uint64_t each = std::max<std::uint64_t>(routes_ / 2, 1);
        for (unsigned port = 0; port < 2; ++port)
            for (std::size_t i = 0; i < 1 << 20; ++i)
                draws_[port].push_back(
                    {router, station(port), destination(random() % each * 2 + (1 - port), random())});
    }

    /// IPv4 and UDP, whole, for a frame of 60 bytes.
    static void write_packet(std::byte* at, std::uint32_t destination) {
        std::uint16_t words[14] = {0x4500,
                                   46,
                                   1,
                                   0x4000,
                                   0x4011,
                                   0,
                                   0x0a00,
                                   0x0002,
                                   static_cast<std::uint16_t>(destination >> 16),
                                   static_cast<std::uint16_t>(destination),
                                   0x1234,
                                   0x5678,
                                   26,
                                   0};
        std::uint32_t sum = 0;
        for (unsigned i = 0; i < 10; ++i) sum += words[i];
        sum = (sum & 0xffff) + (sum >> 16);
        words[5] = static_cast<std::uint16_t>(~(sum + (sum >> 16)));
        for (auto& word : words) word = __builtin_bswap16(word);
        std::memcpy(at, words, sizeof words);
    }

    rte_mbuf* made(std::uint64_t to, std::uint64_t from, std::uint64_t number, std::uint32_t destination = 0) {
        rte_mbuf* frame = rte_pktmbuf_alloc(pool_);
        if (!frame) return nullptr;
        frame->data_len = frame->pkt_len = frame_size;
        auto* at = rte_pktmbuf_mtod(frame, std::byte*);
        const std::uint64_t head[2] = {__builtin_bswap64(to << 16 | from >> 32),
                                       __builtin_bswap64(from << 32 | (destination ? 0x08000000 : 0x88b50000))};
        const Body body{stamp, number};
        std::memset(at, 0, frame_size);
        std::memcpy(at, head, sizeof head);
        if (destination) write_packet(at + 14, destination);
        std::memcpy(at + body_at_, &body, sizeof body);
        return frame;
    }

    std::uint16_t send(unsigned port, rte_mbuf** frames, std::uint16_t count) {
        const std::uint16_t sent =
            count ? rte_eth_tx_burst(static_cast<std::uint16_t>(port), 0, frames, count) : std::uint16_t{0};
        if (count > 1 && sent < count) rte_pktmbuf_free_bulk(frames + sent, count - sent);
        return sent;
    }

    /// Ours among what has come out of a port.
    unsigned drain(std::uint16_t port) {
        unsigned ours = 0;
        for (std::uint16_t queue = 0; queue < rx_queues_; ++queue) ours += drain(port, queue);
        return ours;
    }

    unsigned drain(std::uint16_t port, std::uint16_t queue) {
        rte_mbuf* frames[burst];
        const std::uint16_t count = rte_eth_rx_burst(port, queue, frames, burst);
        unsigned ours = 0;
        for (std::uint16_t i = 0; i < count; ++i) {
            std::uint64_t said;
            std::memcpy(&said, rte_pktmbuf_mtod_offset(frames[i], std::byte*, body_at_), sizeof said);
            ours += said == stamp;
        }
        if (count) rte_pktmbuf_free_bulk(frames, count);
        return ours;
    }

    std::uint64_t macs_, routes_;
    std::uint16_t rx_queues_, body_at_;
    rte_mempool* pool_;
    std::vector<Draw> draws_[2];
};

bool started(std::uint16_t port, std::uint16_t rx_queues, rte_mempool* pool) {
    const rte_eth_conf plain{};
    if (rte_eth_dev_configure(port, rx_queues, 1, &plain) < 0) return false;
    for (std::uint16_t queue = 0; queue < rx_queues; ++queue)
        if (rte_eth_rx_queue_setup(port, queue, 1024, SOCKET_ID_ANY, nullptr, pool) < 0) return false;
    return rte_eth_tx_queue_setup(port, 0, 1024, SOCKET_ID_ANY, nullptr) == 0 && rte_eth_dev_start(port) == 0;
}

/// A memif connects some time after it has started.
void wait_for_links(std::int64_t patience_s) {
    for (const Time until = monotonic_now() + seconds(patience_s); monotonic_now() < until; ::usleep(20'000)) {
        unsigned up = 0;
        for (std::uint16_t port = 0; port < 2; ++port) {
            rte_eth_link link{};
            up += rte_eth_link_get_nowait(port, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
        }
        if (up == 2) return;
    }
    throw StartupError{1, fmt::format("no neighbour on the links within {} s", patience_s)};
}

int run(int argc, char** argv) {
    const int taken = rte_eal_init(argc, argv);
    if (taken < 0) throw StartupError{1, "EAL does not start"};
    argc -= taken, argv += taken;
    namespace po = boost::program_options;
    Offer offer;
    std::string router;
    double rate = 0;
    std::int64_t patience_s = 0;
    po::options_description known("Options, after EAL's and --");
    known.add_options()("help,h", "this text")("macs", po::value(&offer.macs)->default_value(10'000),
                                               "addresses, half behind each link")(
        "rate", po::value(&rate)->default_value(100'000), "frames per second of `outage`, and addresses of `teach`")(
        "rx-queues", po::value(&offer.rx_queues)->default_value(1), "of each device")(
        "routes", po::value(&offer.routes)->default_value(0), "prefixes, half behind each link; 0: nothing is routed")(
        "router", po::value(&router)->default_value("02:00:00:00:00:fe"), "its MAC")(
        "patience", po::value(&patience_s)->default_value(30), "seconds until the links must be up");
    po::variables_map options;
    po::store(po::parse_command_line(argc, argv, known), options);
    po::notify(options);
    if (options.count("help")) return std::cout << known, 0;

    const auto mac = Mac::parse(router);
    if (!mac) throw StartupError{2, "--router wants a MAC"};
    offer.router = mac->value();

    rte_mempool* pool = rte_pktmbuf_pool_create("frames", 32767, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    if (!pool || rte_eth_dev_count_avail() != 2) throw StartupError{1, "needs memory, and two devices (--vdev)"};
    for (std::uint16_t port = 0; port < 2; ++port)
        if (!started(port, offer.rx_queues, pool)) throw StartupError{1, fmt::format("device {} does not start", port)};
    wait_for_links(patience_s);
    Generator generator(offer, pool);
    fmt::print("{{\"ready\":true}}\n");
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string what;
        double seconds = 1;
        words >> what >> seconds;
        std::string answer = R"({"error":"teach, rate SECONDS or outage SECONDS"})";
        if (what == "teach") generator.teach(rate, static_cast<unsigned>(seconds)), answer = R"({"taught":true})";
        if (what == "rate") answer = generator.rate(seconds);
        if (what == "outage") answer = generator.outage(seconds, rate);
        fmt::print("{}\n", answer);
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace
}  // namespace baton::peers

int main(int argc, char** argv) {
    return baton::bench::finish("generator", baton::peers::run, argc, argv);
}
