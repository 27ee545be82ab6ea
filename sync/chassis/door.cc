// SPDX-License-Identifier: Apache-2.0
#include "sync/chassis/door.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace baton::chassis {
namespace {

/// Whoever runs the chassis, and root: the kernel says who connected.
bool may_handle_boards(int client) {
    ucred who{};
    socklen_t size = sizeof who;
    return ::getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && (who.uid == 0 || who.uid == ::geteuid());
}

}  // namespace

Door::Door(int listener, int epoll, std::uint64_t tag, Find find, Handle handle)
    : listener_(listener), epoll_(epoll), tag_(tag), find_(std::move(find)), handle_(std::move(handle)) {}

void Door::accept() {
    Fd client{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!client) return;
    std::size_t place = 0;
    while (place < most_clients && clients_[place]) ++place;
    if (place == most_clients) part_with(clients_[place = next_++ % most_clients]);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag_ + place;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.get(), &event) == 0) clients_[place] = std::move(client);
}

void Door::part_with(Fd& client) const {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, client.get(), nullptr);  // see Keeper::unwatch_and_close
    client.reset();
}

void Door::serve(std::size_t client) {
    Fd& from = clients_[client % most_clients];
    if (!from) return;
    for (int budget = 16; budget > 0; --budget) {
        ReceivedNote received;
        const Receive what = receive_note(from.get(), received, false);
        if (what == Receive::nothing_yet) return;
        if (what == Receive::closed) return part_with(from);
        int fd = -1;
        const Note said = answer(received.note, from.get(), fd);
        if (said.type == NoteType{}) return part_with(from);
        if (!send_note(from.get(), said, fd)) return part_with(from);
    }
}

/// A note without a type: that was nothing which one may say here.
Note Door::answer(const Note& asked, int client, int& fd) const {
    Note out;
    out.set_name(asked.name_view());
    if (asked.type == NoteType::want) {
        fd = find_(asked.name_view());
        out.type = fd >= 0 ? NoteType::give : NoteType::none;
        if (fd < 0) out.set_text("the chassis holds nothing of that name");
    } else if (asked.type == NoteType::remove || asked.type == NoteType::insert) {
        Result<void> done = asked.slot < board_count ? Result<void>{} : Result<void>(failure("there is no such slot"));
        if (done && !may_handle_boards(client)) done = failure("only root may remove and insert boards");
        if (done) done = handle_(asked.type, static_cast<Slot>(asked.slot));
        out.type = done ? NoteType::done : NoteType::none;
        if (!done) out.set_text(done.error().what);
    }
    return out;
}

}  // namespace baton::chassis
