// SPDX-License-Identifier: Apache-2.0
#include "sync/chassis/door.h"

#include <sys/epoll.h>
#include <sys/socket.h>

namespace baton::chassis {

Door::Door(int listener, int epoll, std::uint64_t tag, Find find)
    : listener_(listener), epoll_(epoll), tag_(tag), find_(std::move(find)) {}

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
        if (what == Receive::closed || received.note.type != NoteType::want) return part_with(from);
        Note answer;
        answer.set_name(received.note.name_view());
        const int fd = find_(answer.name_view());
        answer.type = fd >= 0 ? NoteType::give : NoteType::none;
        if (fd < 0) answer.set_text("the chassis holds nothing of that name");
        if (!send_note(from.get(), answer, fd)) return part_with(from);
    }
}

}  // namespace baton::chassis
