// SPDX-License-Identifier: Apache-2.0
// A board that knows only how to live under the chassis: child.h, life.h, heartbeat.h, watchdog.h and dying.h as a real
// one uses them. What happens to it goes to the events file; what it shall do comes from its order file.
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstring>
#include <stdexcept>
#include <thread>

#include "sync/baton/child.h"
#include "sync/baton/dying.h"
#include "sync/baton/heartbeat.h"
#include "sync/baton/life.h"
#include "sync/baton/watchdog.h"
#include "sync/layout/board.h"
#include "sync/layout/command.h"
#include "sync/layout/fdb.h"
#include "sync/layout/journal.h"
#include "sync/layout/tables.h"
#include "tests/sync/chassis/fake.h"

namespace baton {
namespace {

void write_to(std::uintptr_t address) {
    volatile std::uintptr_t nowhere = address;  // so that no compiler sees where this leads
    *reinterpret_cast<volatile int*>(nowhere) = 1;
}

void overflow(int depth);
void (*volatile deeper)(int) = overflow;

void overflow(int depth) {
    volatile char frame[16384];
    frame[depth % 16384] = 1;
    deeper(depth + 1);
    frame[0] = frame[1];
}

std::string joined(const std::string& list, std::string_view item) {
    return list.empty() ? std::string(item) : fmt::format("{},{}", list, item);
}

class FakeBoard {
  public:
    explicit FakeBoard(Slot slot) : name_(name_of(slot)), child_(slot) {
        mapping_ =
            child_.map<BoardPage>(slot == Slot::msm_a ? "board_a" : "board_b",
                                  slot == Slot::msm_a ? ArenaKind::board_a : ArenaKind::board_b, Access::read_write);
        other_ =
            child_.map<BoardPage>(slot == Slot::msm_a ? "board_b" : "board_a",
                                  slot == Slot::msm_a ? ArenaKind::board_b : ArenaKind::board_a, Access::read_only);
        baton_ = child_.map<BatonPage>("baton", ArenaKind::baton, Access::read_only);
        if (auto held = life::hold(page()); !held) throw StartupError{1, held.error().what};
        dying::prepare(page());
        beat(page(), CriticalThread::loop);
        page().role = BoardRole::slave;
        watchdog_.emplace(page(), milliseconds(400));
        fake::tell(name_, fmt::format("begun uid={} rights={}", ::getuid(), rights()));
        child_.able();
    }

    int run() {
        while (true) {
            pollfd one{child_.socket(), POLLIN, 0};
            ::poll(&one, 1, 2);
            beat(page(), CriticalThread::loop);
            look_who_holds();
            if (journal_) journal_.as<JournalArena>()->sequence.fetch_add(1);  // "the master writes"
            ReceivedNote received;
            const Receive what = child_.receive(received, false);
            if (what == Receive::closed) return 1;
            if (what == Receive::note) on_note(received);
            if (const std::string wanted = fake::order(name_); !wanted.empty()) obey(wanted);
            if (leave_with_) return *leave_with_;
        }
    }

  private:
    BoardPage& page() { return *mapping_.as<BoardPage>(); }

    void look_who_holds() {
        const Slot holder = GrantWord::of(baton_.as<BatonPage>()->grant).holder;
        if (holder == other(child_.slot())) last_holder_ = baton_.as<BatonPage>()->board_pid[index_of(holder)];
    }

    // Which arenas it could map for writing: a slave none but its own page.
    std::string rights() {
        std::string out;
        for (const char* arena : {"baton", "board_a", "board_b", "journal", "commands", "tables", "fdb", "punt"}) {
            const int fd = child_.find(arena);
            char path[32];
            std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
            const Fd again{::open(path, O_RDWR | O_CLOEXEC)};
            for (const int each : {fd, again.get()}) {
                void* at = each < 0 ? MAP_FAILED : ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, each, 0);
                if (at == MAP_FAILED) continue;
                ::munmap(at, 4096);
                if (out.find(arena) == std::string::npos) out = joined(out, arena);
            }
        }
        return out;
    }

    void on_note(ReceivedNote& received) {
        switch (received.note.type) {
            case NoteType::give:
                given_ = joined(given_, received.note.name_view());
                if (received.note.name_view() == "journal") journal_fd_ = std::move(received.fd);
                if (received.note.name_view() == "commands") commands_fd_ = std::move(received.fd);
                break;
            case NoteType::grant: on_grant(received.note); break;
            case NoteType::leave:
                fake::tell(name_, "leave");
                if (!stubborn_) leave_with_ = 0;
                break;
            default: fake::tell(name_, fmt::format("note type={}", static_cast<int>(received.note.type)));
        }
    }

    // Told with what proves the fence: has the other board's main thread ended, and does anybody else write the
    // journal?
    void on_grant(const Note& note) {
        auto journal =
            map_arena(journal_fd_.get(), ArenaKind::journal, fingerprint<JournalArena>(), Access::read_write);
        auto commands =
            map_arena(commands_fd_.get(), ArenaKind::commands, fingerprint<CommandArena>(), Access::read_write);
        if (!journal || !commands) std::abort();
        const std::uint64_t before = journal->as<JournalArena>()->sequence;
        const bool other_ends = last_holder_ == 0 || life::is_ending(static_cast<int>(last_holder_));
        const GrantWord word = GrantWord::of(baton_.as<BatonPage>()->grant);
        const CommandRing& ring = commands->as<CommandArena>()->rings[note.term % ring_count];
        ::usleep(5000);  // a writer that is not dead writes every 2 ms
        const bool quiet = journal->as<JournalArena>()->sequence == before;
        term_ = note.term;
        page().role = BoardRole::master;
        page().term = note.term;
        page().took_over_ns = static_cast<std::uint64_t>(monotonic_now().ns);
        fake::tell(name_, fmt::format("granted term={} cause={} given={} other_ended={} quiet={} word={}/{} ring={}/{}",
                                      note.term, name_of(note.cause), given_, other_ends, quiet, word.term,
                                      name_of(word.holder), ring.term.load(), ring.written.load()));
        commands->as<CommandArena>()->rings[note.term % ring_count].written.store(note.term * 10);
        journal_ = std::move(*journal);
    }

    void obey(const std::string& wanted) {
        fake::tell(name_, "obeys " + wanted);
        if (wanted == "segv") write_to(0x1230);
        if (wanted == "segv-in-thread") std::thread([] { write_to(0x4560); }).join();
        if (wanted == "overflow") overflow(1);
        if (wanted == "abort") std::abort();
        if (wanted == "throw") throw std::runtime_error("the fan stopped");
        if (wanted == "diagnostic") dying::speak_and_abort(Cause::diagnostic, "a bit fell over");
        if (wanted == "stick")
            std::thread([] {
                while (true) ::pause();
            }).join();
        if (wanted == "hang-up") ::close(backplane_fd);
        if (wanted == "thread-exit") {  // the process lives on in its other threads
            std::thread([] {
                while (true) ::pause();
            }).detach();
            ::syscall(SYS_exit, 0);
        }
        if (wanted == "exit") leave_with_ = 3;
        if (wanted == "stubborn") stubborn_ = true;
        if (wanted == "scribble") {
            const std::uint32_t looks_dead = 0x40000000;
            std::memcpy(page().life, &looks_dead, sizeof looks_dead);
        }
        if (wanted == "fatten") {  // so that a core takes a while
            constexpr std::size_t size = 64u << 20;
            std::memset(fat_ = static_cast<char*>(std::malloc(size)), 0x77, size);
        }
        if (wanted == "release") {
            journal_ = Mapping{};
            child_.release(term_);
            leave_with_ = 0;
        }
        if (wanted == "release-and-stay") {
            journal_ = Mapping{};
            child_.release(term_);
        }
        if (wanted == "release-old-term") child_.release(term_ + 7);
        if (wanted.starts_with("reboot ")) child_.reboot(*slot_of(wanted.substr(12, 5)), wanted.substr(7, 4) == "hard");
        fake::tell(name_, "done " + wanted);
    }

    std::string name_;
    Child child_;
    Mapping mapping_, other_, baton_, journal_;
    Fd journal_fd_, commands_fd_;
    std::optional<Watchdog> watchdog_;
    std::string given_;
    Term term_ = 0;
    std::uint32_t last_holder_ = 0;  // its process, as long as the other board held the baton
    bool stubborn_ = false;
    std::optional<int> leave_with_;
    char* fat_ = nullptr;
};

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const auto slot = baton::slot_of(argv[2]);
    const std::string name(name_of(*slot));
    const std::string first = baton::fake::first_order(name);
    if (first == "exit") return 7;
    if (first == "mute") ::pause();
    try {
        baton::FakeBoard board(*slot);
        const int code = board.run();
        baton::fake::tell(name, "ends");
        std::_Exit(code);
    } catch (const baton::StartupError& error) {
        baton::fake::tell(name, "start-up failed: " + error.what);
        return error.exit_code;
    }
}
