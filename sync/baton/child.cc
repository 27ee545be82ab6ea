// SPDX-License-Identifier: Apache-2.0
#include "sync/baton/child.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace baton {
namespace {

// The chassis sets the death signal before it runs us; it is set again here because an exec that changes privileges
// clears it. A chassis that died before this line is noticed at the first receive: its end of the socket is closed.
void die_with_the_chassis() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, program_invocation_short_name);  // an exec by fd would leave a number as the name
}

void check_socket() {
    int type = 0;
    socklen_t size = sizeof type;
    if (::getsockopt(backplane_fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET)
        throw StartupError{1, std::string(program_invocation_short_name) +
                                  " is started by baton-chassis (fd 3 must be its socket): run baton-chassis instead"};
}

}  // namespace

Child::Child(Slot slot) : slot_(slot) {
    check_socket();
    die_with_the_chassis();
    const StartupError gone{1, "the chassis closed the connection before it said begin: see its log"};
    if (!send_note(backplane_fd, note(NoteType::hello))) throw gone;
    while (true) {
        ReceivedNote received;
        if (receive(received, true) != Receive::note) throw gone;
        if (received.note.type == NoteType::begin) return;
        if (received.note.type == NoteType::leave) throw StartupError{0, "the chassis asked to leave during start-up"};
        if (received.note.type == NoteType::give && received.fd)
            given_.emplace_back(std::string(received.note.name_view()), std::move(received.fd));
    }
}

Fd Child::take(std::string_view name) {
    const auto it = std::find_if(given_.begin(), given_.end(), [&](const auto& g) { return g.first == name; });
    if (it == given_.end())
        throw StartupError{1, "the chassis did not give \"" + std::string(name) +
                                  "\": chassis and this program must be of one release"};
    Fd fd = std::move(it->second);
    given_.erase(it);
    return fd;
}

int Child::find(std::string_view name) const {
    const auto it = std::find_if(given_.begin(), given_.end(), [&](const auto& g) { return g.first == name; });
    return it == given_.end() ? -1 : it->second.get();
}

std::vector<std::pair<std::string, Fd>> Child::take_all(std::string_view prefix) {
    const auto split = std::stable_partition(
        given_.begin(), given_.end(), [&](const auto& g) { return !std::string_view(g.first).starts_with(prefix); });
    std::vector<std::pair<std::string, Fd>> taken(std::make_move_iterator(split),
                                                  std::make_move_iterator(given_.end()));
    given_.erase(split, given_.end());
    return taken;
}

Note Child::note(NoteType type) const {
    Note note;
    note.type = type;
    note.slot = slot_ == Slot::none ? 0 : static_cast<std::uint32_t>(slot_);
    return note;
}

bool Child::able() const {
    return send_note(backplane_fd, note(NoteType::able));
}

bool Child::release(Term term) const {
    Note out = note(NoteType::release);
    out.term = term;
    return send_note(backplane_fd, out);
}

bool Child::reboot(Slot which, bool hard) const {
    Note out = note(NoteType::reboot);
    out.slot = static_cast<std::uint32_t>(which);
    out.hard = hard;
    return send_note(backplane_fd, out);
}

bool Child::diagnose(Slot which, bool extended) const {
    Note out = note(NoteType::diagnose);
    out.slot = static_cast<std::uint32_t>(which);
    out.hard = extended;
    return send_note(backplane_fd, out);
}

bool Child::keep(std::string_view name, int fd) const {
    Note out = note(NoteType::keep);
    out.set_name(name);
    return send_note(backplane_fd, out, fd);
}

bool Child::forget(std::string_view name) const {
    return keep(name, -1);
}

void wake(int eventfd) {
    const std::uint64_t one = 1;
    while (::write(eventfd, &one, sizeof one) < 0 && errno == EINTR) {
    }
}

}  // namespace baton
