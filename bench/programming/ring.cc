// SPDX-License-Identifier: Apache-2.0
#include "bench/programming/ring.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "bench/programming/cpu.h"
#include "bench/programming/offer.h"
#include "controlplane/program/programmer.h"
#include "controlplane/route/commands.h"
#include "dataplane/applier/thread.h"

namespace baton::programming {
namespace {

constexpr Term term = 1;
constexpr std::uint32_t interface = 7;
constexpr std::size_t huge_needed = std::size_t{512} << 20;
// As controlplane/host/route_stream.h has them.
constexpr std::size_t changes_a_batch = 256, batches_most = 8, commands_waiting_most = 8192;

template <class Root>
Mapping arena(ArenaKind kind, Fd* keep = nullptr, std::size_t size = sizeof(Root), std::size_t touch = 0) {
    const Pages pages = huge_pages_available(huge_needed) ? Pages::huge : Pages::small;
    auto fd = create_arena(kind, size, fingerprint<Root>(), pages, touch);
    if (!fd) throw StartupError{1, fd.error().what};
    auto mapping = map_arena(fd->get(), kind, fingerprint<Root>(), Access::read_write);
    if (!mapping) throw StartupError{1, mapping.error().what};
    if (keep) *keep = std::move(*fd);
    return std::move(*mapping);
}

class Wake {
  public:
    int fd() const { return fd_.get(); }

    void wake() const { ::eventfd_write(fd_.get(), 1); }

    /// Until somebody wakes; 100 ms at the most, a board's tick.
    void sleep() const {
        pollfd woken{fd_.get(), POLLIN, 0};
        eventfd_t times;
        if (::poll(&woken, 1, 100) == 1) ::eventfd_read(fd_.get(), &times);
    }

  private:
    Fd fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

/// What a data plane without ports and workers is: tables, and an applier beside them.
class Plane {
  public:
    Plane() {
        auto fdb = FdbMaintenance::open(fdb_fd_.get(), fdb_arena_.bytes(), fdb_min_bits, 1, monotonic_now());
        auto routes = RoutesMaintenance::open(routes_fd_.get(), routes_.bytes(), monotonic_now());
        if (!fdb) throw StartupError{1, fdb.error().what};
        if (!routes) throw StartupError{1, routes.error().what};
        fdb_keeper_.emplace(std::move(*fdb));
        keeper_.emplace(std::move(*routes));
        for (unsigned n = 0; n < next_hops; ++n)
            keeper_->set_neighbor(vlan, Family::ipv4, IpBits::v4(router + 1 + n), Mac::of(neighbor_mac(n)), term);
        tables().vlans[vlan].present = 1;
        tables().vlans[vlan].interface_index = interface;
        commands().rings[term % ring_count].term = term;
        baton_.as<BatonPage>()->grant = GrantWord{term, Slot::msm_a}.word();
        ApplierRounds::Setup setup;
        setup.baton = baton_.as<BatonPage>();
        setup.commands = &commands();
        setup.tables = &tables();
        setup.fdb = &*fdb_keeper_;
        setup.routes = &*keeper_;
        setup.wake_boards = [this] { board.wake(); };
        rounds_.emplace(std::move(setup), monotonic_now());
        thread_.emplace(*rounds_, applier.fd());
    }

    TablesArena& tables() { return *tables_.as<TablesArena>(); }

    CommandArena& commands() { return *commands_.as<CommandArena>(); }

    std::uint32_t held() const {
        const auto& control = *routes_.as<const RoutesControl>();
        return control.routes[static_cast<std::size_t>(Owner::routing)].load(std::memory_order_acquire);
    }

    Wake board, applier;

  private:
    Fd fdb_fd_, routes_fd_;
    Mapping baton_ = arena<BatonPage>(ArenaKind::baton), commands_ = arena<CommandArena>(ArenaKind::commands),
            tables_ = arena<TablesArena>(ArenaKind::tables),
            fdb_arena_ = arena<FdbControl>(ArenaKind::fdb, &fdb_fd_, fdb_arena_size, 1 << 20),
            routes_ = arena<RoutesControl>(ArenaKind::routes, &routes_fd_, routes_arena_size, routes_touched);
    std::optional<FdbMaintenance> fdb_keeper_;
    std::optional<RoutesMaintenance> keeper_;
    std::optional<ApplierRounds> rounds_;
    std::optional<ApplierThread> thread_;
};

/// The part of a master that says routes: a wake, what there is room for, and to sleep again (host/route_stream.cc).
class Sayer {
  public:
    explicit Sayer(Plane& plane) : plane_(plane), programmer_(plane.commands(), plane.tables().applier, term) {}

    void say(std::span<const zebra::Change> changes) {
        while (true) {
            pump();
            while (!changes.empty() && batches_ < batches_most && programmer_.waiting() < commands_waiting_most) {
                const auto batch = changes.first(std::min(changes.size(), changes_a_batch));
                changes = changes.subspan(batch.size());
                enter(batch);
                pump();
            }
            if (changes.empty() && batches_ == 0) return;
            plane_.board.sleep();
        }
    }

    std::uint64_t refused() const { return refused_; }

  private:
    void enter(std::span<const zebra::Change> batch) {
        std::vector<Command> commands;
        for (const zebra::Change& change : batch) zebra::append_commands(change, interfaces_, commands);
        ++batches_;
        programmer_.add(std::move(commands), [this](const std::vector<Refusal>& refusals) {
            --batches_;
            refused_ += refusals.size();
        });
    }

    void pump() {
        if (programmer_.pump()) plane_.applier.wake();
    }

    Plane& plane_;
    Programmer programmer_;
    zebra::Interfaces interfaces_{plane_.tables()};
    std::size_t batches_ = 0;
    std::uint64_t refused_ = 0;
};

enum class What { set, elsewhere, remove };

std::vector<zebra::Change> changes_of(const std::vector<IpPrefix>& prefixes, What what) {
    std::vector<zebra::Change> out(prefixes.size());
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
        out[i].remove = what == What::remove;
        out[i].family = Family::ipv4;
        out[i].length = prefixes[i].length;
        out[i].prefix = prefixes[i].bits;
        out[i].protocol = RouteProtocol::bgp;
        out[i].metric = 20;
        if (what == What::remove) continue;
        out[i].hop_count = 1;
        out[i].hops[0] = {IpBits::v4(next_hop(prefixes[i], what == What::elsewhere)), interface, 1};
    }
    return out;
}

}  // namespace

void through_ring(const std::string& way, unsigned master_core, unsigned applier_core,
                  const std::vector<IpPrefix>& prefixes, unsigned rounds, Report& report) {
    stay_on(applier_core);
    Plane plane;
    stay_on(master_core);
    Sayer sayer(plane);
    const auto timed = [&](const char* what, What kind) {
        const auto changes = changes_of(prefixes, kind);
        const std::uint64_t all = cpu_ns(::getpid()), applier = cpu_ns(::getpid(), "applier");
        const Time begin = monotonic_now();
        sayer.say(changes);
        const double seconds = (monotonic_now() - begin).seconds(), count = static_cast<double>(changes.size());
        const std::uint64_t by_all = cpu_ns(::getpid()) - all, by_applier = cpu_ns(::getpid(), "applier") - applier;
        report.add(way, what,
                   {count / seconds,
                    {{"master", static_cast<double>(by_all - by_applier) / 1e3 / count},
                     {"applier", static_cast<double>(by_applier) / 1e3 / count}}});
        const std::size_t wanted = kind == What::remove ? 0 : prefixes.size();
        if (sayer.refused() != 0 || plane.held() != wanted)
            throw StartupError{1, fmt::format("{} commands were refused, and {} routes are there instead of {}",
                                              sayer.refused(), plane.held(), wanted)};
    };
    for (unsigned n = 0; n < rounds; ++n) {
        timed("set", What::set);
        timed("said again", What::set);
        timed("led elsewhere", What::elsewhere);
        timed("withdrawn", What::remove);
    }
}

}  // namespace baton::programming
