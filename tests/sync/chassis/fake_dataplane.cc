// SPDX-License-Identifier: Apache-2.0
// A data plane that moves no frame: it keeps a pipe with the chassis as a real one keeps its ports, and tells what it
// finds in the pipe that its last incarnation kept. With --check it judges the ports as a test tells it to.
#include <poll.h>
#include <sys/eventfd.h>

#include <cstdio>
#include <cstring>

#include "sync/baton/child.h"
#include "sync/layout/fdb.h"
#include "sync/layout/journal.h"
#include "sync/layout/tables.h"
#include "tests/sync/chassis/fake.h"

namespace baton {
namespace {

int check(int argc, char** argv) {
    int faults = 0;
    for (int i = 1; i + 1 < argc; ++i)
        if (std::strcmp(argv[i], "--port") == 0 && std::strstr(argv[i + 1], "warp"))
            ++faults, fmt::print("port {}: there is no kind \"warp\"\n",
                                 std::string_view(argv[i + 1], std::strcspn(argv[i + 1], " ")));
    return faults ? 2 : 0;
}

int run() {
    Child child(Slot::none);
    std::string kept;
    for (const auto& [name, fd] : child.take_all("port/")) {
        char text[64] = {};
        if (name == "port/1:1/pipe" && ::read(fd.get(), text, sizeof text - 1) < 0) std::strcpy(text, "nothing");
        kept += fmt::format(" {}={}", name, text);
    }
    const Mapping tables = child.map<TablesArena>("tables", ArenaKind::tables, Access::read_write);
    const Mapping fdb = child.map<FdbControl>("fdb", ArenaKind::fdb, Access::read_write);
    const std::uint64_t before = tables.as<TablesArena>()->applier.applied.fetch_add(1);
    fake::tell("dataplane", fmt::format("begun applied={} max_bits={} seed={} journal={}{}", before,
                                        fdb.as<FdbControl>()->max_bits.load(), fdb.as<FdbControl>()->seed.load(),
                                        child.find("journal") >= 0, kept));
    if (kept.empty()) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0 || ::write(ends[1], "frames in flight", 16) != 16) return 1;
        child.keep("port/1:1/pipe", ends[0]);
        child.keep("port/1:1/end", ends[1]);
        child.keep("nonsense", ends[1]);
        fake::tell("dataplane", "kept");
    }
    while (true) {
        pollfd two[] = {{child.socket(), POLLIN, 0}, {child.find("wake:dataplane"), POLLIN, 0}};
        ::poll(two, 2, 2);
        if (two[1].revents) {
            eventfd_t count = 0;
            ::eventfd_read(two[1].fd, &count);
            fake::tell("dataplane", "woken");
        }
        ReceivedNote received;
        const Receive what = child.receive(received, false);
        if (what == Receive::closed) return 1;
        if (what == Receive::note && received.note.type == NoteType::leave) return fake::tell("dataplane", "leave"), 0;
    }
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i)
        if (std::strcmp(argv[i], "--check") == 0) return baton::check(argc, argv);
    if (baton::fake::first_order("dataplane") == "exit") return 9;
    try {
        return baton::run();
    } catch (const baton::StartupError& error) {
        baton::fake::tell("dataplane", "start-up failed: " + error.what);
        return error.exit_code;
    }
}
