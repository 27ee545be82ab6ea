// SPDX-License-Identifier: Apache-2.0
#include "bench/takeover/lab.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "sync/channel/backplane.h"
#include "sync/channel/fdb_walk.h"

namespace baton::takeover {
namespace {

constexpr Duration patience = seconds(30);

}  // namespace

Lab::Lab(const Setup& setup) : setup_(setup) {
    char name[] = "/tmp/baton-takeover-XXXXXX";
    if (!::mkdtemp(name)) throw StartupError{1, "cannot make a folder in /tmp"};
    folder_ = name;
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
    std::ofstream(folder_ + "/baton.conf") << fmt::format(
        "run-dir = {0}/run\nflash-dir = {1}/flash\nworker-cores = {2}\nhousekeeping-cores = {3}\nfdb-max-entries = "
        "{4}\nmax-frame = 2000\n"
        "mbufs = 8192\nport = 1:1 wire,slots={5},slot-size={6}\nport = 1:2 wire,slots={5},slot-size={6}\n{7}",
        folder_, folder_, setup.worker_core, setup.housekeeping_core, setup.fdb_max_entries, setup.wire_slots,
        setup.slot_size, setup.settings);
    chassis_ = Process({program("baton-chassis"), "--config", folder_ + "/baton.conf"}, log(), false);
    const bool up = wait_until(patience, [&] {
        const int code = chassis_.wait({});
        if (code >= 0) {
            std::ostringstream said;
            said << std::ifstream(log()).rdbuf();
            throw StartupError{1, fmt::format("the chassis ended with {}:\n{}", code, said.str())};
        }
        return std::filesystem::exists(door());
    });
    if (!up) throw StartupError{1, "the chassis does not open its door"};
    baton_ = want("baton", ArenaKind::baton, fingerprint<BatonPage>());
    tables_ = want("tables", ArenaKind::tables, fingerprint<TablesArena>());
    fdb_ = want("fdb", ArenaKind::fdb, fingerprint<FdbControl>());
    boards_[0] = want("board_a", ArenaKind::board_a, fingerprint<BoardPage>());
    boards_[1] = want("board_b", ArenaKind::board_b, fingerprint<BoardPage>());
    wait_ready();
    type_in({"configure fdb agingtime 0", "configure sys-recovery-level all msm-failover",
             "configure msm-failover slave-config inherited",
             "configure msm-failover link-action keep-links-up preserve-state l2_l3"});
}

Lab::~Lab() {
    chassis_ = Process{};
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

Mapping Lab::want(std::string_view name, ArenaKind kind, std::uint64_t layout) const {
    Fd socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    door().copy(address.sun_path, sizeof address.sun_path - 1);
    Note note;
    note.type = NoteType::want;
    note.set_name(name);
    ReceivedNote answer;
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
        !send_note(socket.get(), note) || receive_note(socket.get(), answer, true) != Receive::note || !answer.fd)
        throw StartupError{1, fmt::format("the chassis does not give {}", name)};
    auto mapping = map_arena(answer.fd.get(), kind, layout, Access::read_only);
    if (!mapping) throw StartupError{1, mapping.error().what};
    return std::move(*mapping);
}

bool Lab::ready() const {
    const Slot holder = master();
    if (holder == Slot::none || board(holder).role != BoardRole::master) return false;
    const Slot slave = other(holder);
    const BoardPage& page = board(slave);
    if (page.role != BoardRole::slave || page.pid == 0 || page.pid != baton().board_pid[index_of(slave)]) return false;
    for (const Subsystem subsystem : {Subsystem::configuration, Subsystem::l2_hardware})
        for (const Slot slot : {holder, slave}) {
            const auto word = board(slot).subsystem[static_cast<std::size_t>(subsystem)].load();
            if (SubsystemWord::of(word).state != SubsystemState::ready) return false;
        }
    return true;
}

void Lab::wait_ready() const {
    if (!wait_until(patience, [&] { return ready(); }))
        throw StartupError{1, "the switch did not become ready for a hitless failover within 30 s"};
}

std::uint64_t Lab::addresses() const {
    FdbWalk walk(fdb_.bytes());
    std::uint64_t count = 0;
    while (walk.next(4096, [&](const FdbEntry&) { ++count; })) {
    }
    return count;
}

int Lab::command(const std::vector<std::string>& words) const {
    std::vector<std::string> line{program("baton"), "--yes", "--socket", folder_ + "/run/session.sock"};
    line.insert(line.end(), words.begin(), words.end());
    return Process(line, folder_ + "/cli", false).wait(patience);
}

void Lab::type_in(const std::vector<std::string>& lines) const {
    const std::string path = folder_ + "/lines";
    std::ofstream file(path);
    for (const std::string& line : lines) file << line << '\n';
    file.close();
    if (command({"-f", path}) == 0) return;
    std::ostringstream said;
    said << std::ifstream(folder_ + "/cli").rdbuf();
    throw StartupError{1, fmt::format("the switch refused a line:\n{}", said.str())};
}

void Lab::remove_cores() const {
    std::error_code ignored;
    for (const auto& core : std::filesystem::directory_iterator(folder_ + "/run/cores", ignored))
        std::filesystem::remove(core, ignored);
}

}  // namespace baton::takeover
