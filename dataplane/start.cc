// SPDX-License-Identifier: Apache-2.0
#include "dataplane/start.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <random>

#include "dataplane/applier/thread.h"
#include "dataplane/numbering.h"
#include "dataplane/router/thread.h"
#include "dataplane/table/acl_compiled.h"
#include "dataplane/table/acl_maintain.h"
#include "dataplane/worker/crew.h"
#include "dataplane/worker/host_path.h"
#include "dataplane/worker/thread.h"
#include "sync/base/log.h"
#include "sync/baton/child.h"
#include "sync/layout/acl.h"
#include "sync/layout/fpm.h"
#include "sync/layout/routes.h"

namespace baton::dataplane {
namespace {

/// Everything that this process starts later inherits it: threads of EAL, of drivers, the applier.
void stay_on(const std::vector<unsigned>& cores) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const unsigned core : cores) CPU_SET(core, &set);
    if (::sched_setaffinity(0, sizeof set, &set) != 0)
        log::warning("housekeeping-cores={} refused effect=\"this process may disturb its workers\"", join(cores, ","));
}

/// What the chassis gives, mapped with the access that each fd allows. Order of the table in sync/layout/arena.h.
struct Arenas {
    Mapping baton, board_a, board_b, commands, tables, fdb, punt, routes, fpm, acl;
};

Arenas map_arenas(const Child& child) {
    constexpr auto rw = Access::read_write, ro = Access::read_only;
    return {child.map<BatonPage>("baton", ArenaKind::baton, ro),
            child.map<BoardPage>("board_a", ArenaKind::board_a, ro),
            child.map<BoardPage>("board_b", ArenaKind::board_b, ro),
            child.map<CommandArena>("commands", ArenaKind::commands, ro),
            child.map<TablesArena>("tables", ArenaKind::tables, rw),
            child.map<FdbControl>("fdb", ArenaKind::fdb, rw),
            child.map<PuntArena>("punt", ArenaKind::punt, rw),
            child.map<RoutesControl>("routes", ArenaKind::routes, rw),
            child.map<FpmArena>("fpm", ArenaKind::fpm, rw),
            child.map<AclArena>("acl", ArenaKind::acl, rw)};
}

// Where the kernel groups tasks by session (autogroup, Debian's default outside of cgroups), a nice value counts only
// within the session: beside ten compile jobs of other sessions, a spinning thread at -20 got 17 % of its core, and 80
// % once its session's group was at -20 too.
void weigh_more() {
    // Fails where we lead a session already (the chassis made it) or a shell's job, whose session is not ours to weigh.
    if (::setsid() < 0 && ::getsid(0) != ::getpid()) return;
    if (Fd group{::open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC)}; group && ::write(group.get(), "-20", 3) < 0)
        log::warning("autogroup=-20 refused=\"{}\" effect=\"other sessions' programs delay frames\"",
                     std::strerror(errno));
}

class Eal {
  public:
    explicit Eal(const Options& options) {
        auto words = eal_command_line(options);
        std::vector<char*> pointers;
        for (auto& word : words) pointers.push_back(word.data());
        if (rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) < 0)
            throw StartupError{
                1, fmt::format("DPDK did not start ({}): {}; it was given '{}'", rte_strerror(rte_errno),
                               options.pages == Pages::huge ? "are there free huge pages? else use hugepages = no"
                                                            : "see its own lines above",
                               join(words, " "))};
    }

    ~Eal() { rte_eal_cleanup(); }

    Eal(const Eal&) = delete;
    Eal& operator=(const Eal&) = delete;
};

using Pool = std::unique_ptr<rte_mempool, decltype(&rte_mempool_free)>;

Pool make_pool(const Options& options) {
    const std::uint16_t room = mbuf_data_room(options.max_frame);
    constexpr unsigned cache = 256;
    Pool pool(rte_pktmbuf_pool_create("frames", options.mbufs, cache, 0, room, SOCKET_ID_ANY), &rte_mempool_free);
    if (!pool)
        throw StartupError{
            1, fmt::format("no memory for {} packet buffers of {} bytes ({} MB): lower mbufs or max-frame, or "
                           "reserve more huge pages",
                           options.mbufs, room, std::uint64_t{options.mbufs} * room >> 20)};
    return pool;
}

FdbMaintenance open_fdb(int fd, std::byte* arena, const Options& options) {
    std::random_device random;
    const std::uint64_t seed = std::uint64_t{random()} << 32 | random();
    auto fdb = FdbMaintenance::open(fd, arena, fdb_bits_for(options.fdb_max_entries), seed, monotonic_now());
    if (!fdb) throw StartupError{1, fdb.error().what};
    return std::move(*fdb);
}

RoutesMaintenance open_routes(int fd, std::byte* arena) {
    auto routes = RoutesMaintenance::open(fd, arena, monotonic_now());
    if (!routes) throw StartupError{1, routes.error().what};
    return std::move(*routes);
}

/// The router's own side, when there is a place for it. Started last: what it says needs workers.
std::unique_ptr<RouterThread> start_router(const Options& options, Child& child, const Arenas& arenas,
                                           TablesArena& tables, HostPath& host, const RoutingNews& news) {
    auto kept = child.take_all("route/");
    if (options.route_netns.empty()) return nullptr;
    RouterThread::Setup setup;
    setup.netns = options.route_netns;
    setup.tables = &tables;
    setup.routes = arenas.routes.bytes();
    setup.fpm = arenas.fpm.as<FpmArena>();
    setup.board_a = arenas.board_a.as<const BoardPage>();
    setup.board_b = arenas.board_b.as<const BoardPage>();
    setup.host = &host;
    setup.news = &news;
    setup.kept = std::move(kept);
    setup.keep = [&child](std::string_view name, int fd) { (void)(fd < 0 ? child.forget(name) : child.keep(name, fd)); };
    setup.wake_boards = [a = child.find("wake:msm-a"), b = child.find("wake:msm-b")] {
        wake(a);
        wake(b);
    };
    return std::make_unique<RouterThread>(std::move(setup));
}

std::vector<ModuleSeats> with_indices(TablesArena& tables, std::vector<ModuleSeats> modules) {
    std::vector<std::uint8_t> numbers;
    for (const ModuleSeats& module : modules) numbers.push_back(module.module);
    const auto indices = number_modules(tables, numbers);
    for (std::size_t i = 0; i < modules.size(); ++i) modules[i].index = indices[i];
    return modules;
}

enum class End { leave, terminated };

/// The main thread's whole life once all is running: it waits.
End wait_for_the_end(const Child& child, int signals) {
    while (true) {
        pollfd both[2] = {{child.socket(), POLLIN, 0}, {signals, POLLIN, 0}};
        if (::poll(both, 2, -1) < 0) continue;
        if (both[1].revents) return End::terminated;
        ReceivedNote received;
        const Receive what = child.receive(received, false);
        if (what == Receive::closed) log::notice("the chassis is gone; ending");
        if (what == Receive::closed || (what == Receive::note && received.note.type == NoteType::leave))
            return End::leave;
    }
}

/// SIGTERM and SIGINT arrive as reads; blocked before there is a second thread, so that all inherit it.
Fd block_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    return Fd{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
}

}  // namespace

void run(const Options& options) {
    const Fd signals = block_signals();
    stay_on(options.housekeeping_cores);
    weigh_more();
    Child child(Slot::none);
    const Arenas arenas = map_arenas(child);
    auto& tables = *arenas.tables.as<TablesArena>();
    KeptFds kept;
    for (auto& [name, fd] : child.take_all("port/")) kept.add(std::move(name), std::move(fd));

    const Eal eal(options);
    const Pool pool = make_pool(options);
    PortSetting setting;
    setting.max_frame = options.max_frame;
    setting.pages = options.pages;
    setting.mempool = pool.get();
    setting.keep = [&child](std::string_view name, int fd) {
        if (!child.keep(name, fd)) throw StartupError{1, "the chassis is gone"};
    };
    const auto ports = open_ports(options.ports, kept, setting);

    FdbMaintenance maintenance = open_fdb(child.find("fdb"), arenas.fdb.bytes(), options);
    const Fdb fdb(arenas.fdb.bytes());
    RoutesMaintenance routes = open_routes(child.find("routes"), arenas.routes.bytes());
    Acl acl(*arenas.acl.as<AclArena>());
    AclMaintenance access_lists(*arenas.acl.as<AclArena>(), acl, compile_acl);
    std::vector<PortName> names;
    for (const auto& port : ports) names.push_back(port->about().name);
    const auto ids = number_ports(tables, maintenance, names);

    Crew::Setup crew_setup;
    crew_setup.tables = &tables;
    crew_setup.fdb = &fdb;
    crew_setup.mempool = pool.get();
    crew_setup.baton = arenas.baton.as<const BatonPage>();
    crew_setup.acl = &acl;
    crew_setup.punt = arenas.punt.as<PuntArena>();
    crew_setup.board_a = arenas.board_a.as<const BoardPage>();
    crew_setup.board_b = arenas.board_b.as<const BoardPage>();
    HostPath host(options.worker_cores.size());
    crew_setup.host = &host;
    crew_setup.routes = arenas.routes.bytes();
    crew_setup.workers = options.worker_cores.size();
    crew_setup.modules = with_indices(tables, options.modules);
    Crew crew(crew_setup);
    ApplierRounds::Setup applier_setup;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        const PortAbout& about = ports[i]->about();
        const WorkerId worker = crew.add_port(ids[i], *ports[i]);
        publish_port(tables, ids[i], {about.name, about.kind, about.device, about.max_frame, about.mac, worker});
        ports[i]->set_enabled(tables.ports[ids[i]].enabled.load(std::memory_order_relaxed) == 1);
        applier_setup.ports.push_back({ids[i], ports[i].get()});
    }
    crew.connect();
    tables.applier.worker_count.store(static_cast<std::uint32_t>(options.worker_cores.size()),
                                      std::memory_order_relaxed);
    tables.applier.port_count.store(static_cast<std::uint32_t>(ports.size()), std::memory_order_relaxed);
    tables.applier.router_mac.store(options.system_mac.value(), std::memory_order_relaxed);
    tables.applier.huge.store(options.pages == Pages::huge, std::memory_order_relaxed);

    applier_setup.baton = arenas.baton.as<const BatonPage>();
    applier_setup.commands = arenas.commands.as<const CommandArena>();
    applier_setup.tables = &tables;
    applier_setup.fdb = &maintenance;
    applier_setup.routes = &routes;
    applier_setup.send_frame = [&host](VlanId vlan, std::span<const std::uint8_t> frame) {
        return host.inject(vlan, frame);
    };
    applier_setup.punt = arenas.punt.as<const PuntArena>();
    applier_setup.acl = &access_lists;
    applier_setup.wake_boards = [a = child.find("wake:msm-a"), b = child.find("wake:msm-b")] {
        wake(a);
        wake(b);
    };
    ApplierRounds rounds(std::move(applier_setup), monotonic_now());
    rounds.ask_all_links();

    End end;
    {
        std::vector<std::unique_ptr<WorkerThread>> threads;
        for (std::size_t i = 0; i < options.worker_cores.size(); ++i)
            threads.push_back(std::make_unique<WorkerThread>(crew.worker(i), options.worker_cores[i]));
        ApplierThread applier(rounds, child.find("wake:dataplane"));
        const auto router = start_router(options, child, arenas, tables, host, rounds.routing_news());
        log::notice("forwarding ports={} workers={} modules={} crossings={} incarnation={}", ports.size(),
                    threads.size(), options.modules.size(), crew.crossings(),
                    tables.applier.incarnation.load(std::memory_order_relaxed));
        end = wait_for_the_end(child, signals.get());
        applier.stop();
    }
    if (end == End::leave)
        for (const auto& port : ports) port->shut_down();
    log::notice("ended buffers_in_ports={}", rte_mempool_in_use_count(pool.get()));
}

}  // namespace baton::dataplane
