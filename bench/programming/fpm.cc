// SPDX-License-Identifier: Apache-2.0
#include "bench/programming/fpm.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <functional>

#include "bench/programming/cpu.h"
#include "bench/programming/offer.h"
#include "bench/programming/zebra.h"
#include "sync/channel/fpm_ring.h"
#include "sync/channel/routes_walk.h"

namespace baton::programming {
namespace {

using namespace takeover;

constexpr std::size_t piece = 64 * 1024;  // said at a time
constexpr Duration patience = seconds(120);

/// A network namespace with its loopback up, gone with this.
class Netns {
  public:
    Netns() : name("baton-programming-" + std::to_string(::getpid())) {
        ip({"netns", "add", name});
        ip({"-n", name, "link", "set", "lo", "up"});
    }

    ~Netns() { Process({"/usr/bin/env", "ip", "netns", "delete", name}, "/dev/null", false).wait(seconds(10)); }

    Netns(const Netns&) = delete;
    Netns& operator=(const Netns&) = delete;

    const std::string name;

  private:
    static void ip(std::vector<std::string> words) {
        words.insert(words.begin(), {"/usr/bin/env", "ip"});
        if (Process(words, "/dev/null", false).wait(seconds(10)) != 0)
            throw StartupError{1, "cannot make a network namespace; is the package iproute2 there?"};
    }
};

Setup with_routing(Setup setup, const std::string& netns) {
    setup.settings += "route-netns = " + netns + "\n";
    return setup;
}

std::vector<std::string> configuration() {
    std::vector<std::string> lines{"create vlan core",
                                   fmt::format("configure vlan core tag {}", vlan),
                                   "configure vlan Default delete ports 1:2",
                                   "configure vlan core add ports 1:2 untagged",
                                   fmt::format("configure vlan core ipaddress {}/24", IpAddress::v4(router).text()),
                                   "enable ipforwarding"};
    for (unsigned n = 0; n < next_hops; ++n)
        lines.push_back(fmt::format("configure iparp add {} {}", IpAddress::v4(router + 1 + n).text(),
                                    Mac::of(neighbor_mac(n)).text()));
    return lines;
}

class Bench {
  public:
    Bench(const Setup& setup, const std::vector<IpPrefix>& prefixes)
        : prefixes_(prefixes),
          lab_(with_routing(setup, netns_.name)),
          routes_(lab_.want("routes", ArenaKind::routes, fingerprint<RoutesControl>())) {
        lab_.type_in(configuration());
        const std::uint32_t interface = interface_in(netns_.name, fmt::format("bv{}", vlan));
        for (const IpPrefix& prefix : prefixes) {
            set_.set(prefix, {next_hop(prefix, false), interface});
            changed_.changed(prefix, {next_hop(prefix, true), interface});
            removed_.removed(prefix);
        }
        zebra_.emplace(netns_.name);
        Frames nothing;  // a zebra without routes: what comes from now on is news
        nothing.sentinel();
        say(nothing, [] {});
    }

    void round(Report& report) {
        lab_.wait_ready();
        report.add("fpm", "set", timed(set_));
        expect(prefixes_.size(), false);
        report.add("fpm", "said again", timed(set_));
        expect(prefixes_.size(), false);
        report.add("fpm", "led elsewhere", timed(changed_));
        expect(prefixes_.size(), true);
        report.add("fpm", "withdrawn", timed(removed_));
        expect(0, false);
        report.add("fpm", "set, master killed", {.per_second = killed_half_way(), .us_a_route = {}});
        expect(prefixes_.size(), false);
        say(removed_, [] {});
        expect(0, false);
    }

  private:
    std::uint32_t held() const {
        const auto& control = *routes_.as<const RoutesControl>();
        return control.routes[static_cast<std::size_t>(Owner::routing)].load(std::memory_order_acquire);
    }

    /// Bytes of the FPM ring that a master has dealt with; the chassis gives the ring itself to nobody else.
    std::uint64_t dealt_with() const {
        return std::max(lab_.board(Slot::msm_a).fpm_cursor.load(), lab_.board(Slot::msm_b).fpm_cursor.load());
    }

    /// Frames a second, until all are dealt with.
    double say(const Frames& frames, const std::function<void()>& meanwhile) {
        ring_at_ = frames.ring_behind(ring_at_);
        const Time begin = monotonic_now();
        for (auto rest = frames.bytes(); !rest.empty(); rest = rest.subspan(std::min(piece, rest.size()))) {
            zebra_->say(rest.first(std::min(piece, rest.size())));
            meanwhile();
        }
        const auto done = [&] {
            meanwhile();
            return dealt_with() >= ring_at_;
        };
        if (!wait_until(patience, done))
            throw StartupError{1, fmt::format("of what zebra said {} bytes were not dealt with within {} s",
                                              ring_at_ - dealt_with(), patience.ns / 1'000'000'000)};
        return static_cast<double>(frames.count()) / (monotonic_now() - begin).seconds();
    }

    Run timed(const Frames& frames) {
        const auto dataplane = static_cast<pid_t>(lab_.baton().dataplane_pid.load());
        const auto spent = [&] {
            return std::map<std::string, std::uint64_t>{{"speaker", cpu_ns(::getpid())},
                                                        {"router", cpu_ns(dataplane, "router")},
                                                        {"master", cpu_ns(lab_.master_pid())},
                                                        {"applier", cpu_ns(dataplane, "applier")}};
        };
        const auto before = spent();
        Run run{.per_second = say(frames, [] {}), .us_a_route = {}};
        for (const auto& [thread, ns] : spent())
            run.us_a_route[thread] =
                static_cast<double>(ns - before.at(thread)) / 1e3 / static_cast<double>(frames.count());
        return run;
    }

    double killed_half_way() {
        const Term term = lab_.term();
        bool killed = false;
        const double rate = say(set_, [&] {
            if (killed || held() < prefixes_.size() / 2) return;
            ::kill(lab_.master_pid(), SIGKILL);
            killed = true;
        });
        if (!killed || lab_.term() != term + 1) throw StartupError{1, "the failover did not come while routes did"};
        return rate;
    }

    /// All of them, and each by its own next hop.
    void expect(std::size_t count, bool elsewhere) const {
        RoutesWalk walk(routes_.bytes());
        std::size_t right = 0, wrong = 0;
        const auto judge = [&](const RouteEntry& entry) {
            if (!entry.of(Owner::routing)) return;
            std::size_t hops = 0, own = 0;
            walk.each_hop(entry.of(Owner::routing).leaf, [&](const AdjacencyEntry& hop) {
                ++hops;
                own += hop.vlan == vlan && hop.address == IpBits::v4(next_hop(entry.prefix, elsewhere));
            });
            ++(hops == 1 && own == 1 ? right : wrong);
        };
        while (walk.next(4096, judge)) {
        }
        if (right != count || wrong != 0 || held() != count)
            throw StartupError{1, fmt::format("the tables hold {} routes as they were said and {} others, and count "
                                              "{}; there should be {}",
                                              right, wrong, held(), count)};
    }

    const std::vector<IpPrefix>& prefixes_;
    Netns netns_;
    Lab lab_;
    Mapping routes_;
    Frames set_, changed_, removed_;
    std::optional<Zebra> zebra_;
    std::uint64_t ring_at_ = fpm_record_size(0);  // behind `connected`
};

}  // namespace

void through_fpm(const Setup& setup, const std::vector<IpPrefix>& prefixes, unsigned rounds, Report& report) {
    stay_on(setup.housekeeping_core);
    Bench bench(setup, prefixes);
    for (unsigned n = 0; n < rounds; ++n) bench.round(report);
}

}  // namespace baton::programming
