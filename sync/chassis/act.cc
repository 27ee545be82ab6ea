// SPDX-License-Identifier: Apache-2.0
#include "sync/chassis/act.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdio>
#include <cstring>

#include "sync/channel/backplane.h"

namespace baton::chassis {

int act(const Options& options) {
    const std::string door = options.run_dir + "/chassis.sock";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    door.copy(address.sun_path, sizeof address.sun_path - 1);
    const Fd socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        fmt::print(stderr, "no chassis answers at {}: {}; name its run-dir with --run-dir or --config\n", door,
                   std::strerror(errno));
        return 1;
    }
    const bool remove = options.act == Act::remove;
    Note note{.type = remove ? NoteType::remove : NoteType::insert, .slot = static_cast<std::uint32_t>(options.slot)};
    ReceivedNote answer;
    if (!send_note(socket.get(), note) || receive_note(socket.get(), answer, true) != Receive::note) {
        fmt::print(stderr, "the chassis at {} gave no answer; see its log\n", door);
        return 1;
    }
    if (answer.note.type != NoteType::done) {
        fmt::print(stderr, "{}\n", std::string_view(answer.note.text, ::strnlen(answer.note.text, sizeof note.text)));
        return 1;
    }
    fmt::print("{} is {}\n", name_of(options.slot), remove ? "out of its slot" : "in its slot, and starts");
    return 0;
}

}  // namespace baton::chassis
