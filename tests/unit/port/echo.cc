// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/port/echo.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sync/channel/backplane.h"
#include "tests/unit/port/rig.h"

namespace baton::rig {
namespace {

Note note_of(NoteType type, std::string_view name = {}) {
    Note note;
    note.type = type;
    note.set_name(name);
    return note;
}

}  // namespace

int echo(const char* spec) {
    KeptFds kept;
    for (ReceivedNote received; receive_note(backplane_fd, received, true) == Receive::note;) {
        if (received.note.type == NoteType::begin) break;
        kept.add(std::string(received.note.name_view()), std::move(received.fd));
    }
    PortSetting setting;
    setting.max_frame = max_frame;
    setting.pages = Pages::small;
    setting.mempool = pool();
    setting.keep = [](std::string_view name, int fd) { send_note(backplane_fd, note_of(NoteType::keep, name), fd); };
    const auto ports = open_ports({parse_port(spec).value()}, kept, setting);
    send_note(backplane_fd, note_of(NoteType::hello));
    const pid_t parent = ::getppid();
    for (std::uint64_t turn = 0;; ++turn) {
        rte_mbuf* burst[32];
        const auto got = ports.front()->receive(burst, 32);
        for (std::uint16_t sent = 0; sent < got;)
            sent = static_cast<std::uint16_t>(
                sent + ports.front()->transmit(burst + sent, static_cast<std::uint16_t>(got - sent)));
        if (turn % 4096 == 0 && ::getppid() != parent) return 0;
    }
}

bool EchoChassis::start() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return false;
    socket_ = Fd{ends[0]};
    Fd child_end{ends[1]};
    pid_ = ::fork();
    if (pid_ == 0) {
        if (child_end.get() == backplane_fd)
            (void)child_end.release();
        else
            ::dup2(child_end.get(), backplane_fd);
        ::execl("/proc/self/exe", "port_test", "--echo", spec_.c_str(), nullptr);
        ::_exit(127);
    }
    child_end.reset();
    for (const auto& [name, fd] : kept_) send_note(socket_.get(), note_of(NoteType::give, name), fd.get());
    send_note(socket_.get(), note_of(NoteType::begin));
    for (const auto end = Clock::now() + std::chrono::seconds(20); Clock::now() < end;) {
        pollfd asked{socket_.get(), POLLIN, 0};
        ::poll(&asked, 1, 100);
        ReceivedNote received;
        const Receive what = receive_note(socket_.get(), received, false);
        if (what == Receive::closed) return false;
        if (what == Receive::nothing_yet) continue;
        if (received.note.type == NoteType::hello) return true;
        kept_[std::string(received.note.name_view())] = std::move(received.fd);
    }
    return false;
}

void EchoChassis::kill_it() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
}

int EchoChassis::fd(const std::string& name) const {
    const auto found = kept_.find(name);
    return found == kept_.end() ? -1 : found->second.get();
}

}  // namespace baton::rig
