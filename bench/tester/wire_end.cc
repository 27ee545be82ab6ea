// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/wire_end.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sync/channel/backplane.h"

namespace baton::tester {

Result<Fd> ask_for_wire(const std::string& socket_path, std::string_view port) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_path.size() >= sizeof address.sun_path)
        return failure(socket_path + ": a socket's path may be 107 bytes long");
    std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
    Fd socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    if (!socket || ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0)
        return failure("cannot reach the chassis at " + socket_path + ": " + std::strerror(errno));
    Note want;
    want.type = NoteType::want;
    want.set_name("port/" + std::string(port) + "/wire");
    if (!send_note(socket.get(), want)) return failure("the chassis at " + socket_path + " does not listen");
    for (;;) {
        pollfd waiting{socket.get(), POLLIN, 0};
        if (::poll(&waiting, 1, 5000) <= 0) return failure("the chassis at " + socket_path + " gave no answer in 5 s");
        ReceivedNote answer;
        if (receive_note(socket.get(), answer, true) != Receive::note)
            return failure("the chassis at " + socket_path + " hung up");
        if (answer.note.type == NoteType::give && answer.note.name_view() == want.name_view() && answer.fd)
            return std::move(answer.fd);
        if (answer.note.type == NoteType::none)
            return failure("the chassis has no wire for port " + std::string(port) +
                           "; is there a line `port = " + std::string(port) + " wire` in its configuration?");
    }
}

Result<std::unique_ptr<End>> WirePeer::attach(Fd fd) {
    auto mapping = map_arena(fd.get(), ArenaKind::wire, fingerprint<WireArena>(), Access::read_write);
    if (!mapping) return mapping.error();
    const auto& arena = *mapping->as<WireArena>();
    if (mapping->size() < wire_size(arena.slot_count, arena.slot_size))
        return failure("the wire is smaller than its own slots");
    return std::unique_ptr<End>(std::make_unique<WirePeer>(std::move(*mapping)));
}

WirePeer::WirePeer(Mapping mapping) : mapping_(std::move(mapping)), out_(arena(), 0), in_(arena(), 1) {
    in_.release(in_.waiting(arena().slot_count));
    arena().peer_up.store(1, std::memory_order_release);
}

WirePeer::~WirePeer() {
    arena().peer_up.store(0, std::memory_order_release);
}

std::uint8_t* WirePeer::to_fill(unsigned n, std::size_t size) {
    auto& slot = out_.to_fill(n);
    slot.length = static_cast<std::uint32_t>(size);
    return reinterpret_cast<std::uint8_t*>(WireEnd::bytes(slot));
}

unsigned WirePeer::send(unsigned count) {
    out_.publish(count);
    return count;
}

std::span<const Arrived> WirePeer::receive() {
    const auto waiting = in_.waiting(arena().slot_count);
    if (waiting == arena().slot_count) ++trouble_.overflows;
    held_ = std::min(waiting, burst_size);
    for (unsigned n = 0; n < held_; ++n) {
        const auto& slot = in_.to_read(n);
        const auto size = std::min<std::size_t>(slot.length, in_.largest_frame());
        arrived_[n].bytes = {reinterpret_cast<const std::uint8_t*>(WireEnd::bytes(slot)), size};
    }
    return {arrived_.data(), held_};
}

void WirePeer::done() {
    if (held_) in_.release(held_);
    held_ = 0;
}

}  // namespace baton::tester
