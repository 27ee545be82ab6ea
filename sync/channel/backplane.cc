// SPDX-License-Identifier: Apache-2.0
#include "sync/channel/backplane.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace baton {
namespace {

template <std::size_t N>
void copy_text(char (&to)[N], std::string_view from) {
    const std::size_t size = std::min(from.size(), N - 1);
    std::memcpy(to, from.data(), size);
    std::memset(to + size, 0, N - size);
}

}  // namespace

std::string_view Note::name_view() const { return {name, ::strnlen(name, sizeof name)}; }

void Note::set_name(std::string_view from) { copy_text(name, from); }

void Note::set_text(std::string_view from) { copy_text(text, from); }

bool send_note(int socket, const Note& note, int fd) {
    iovec part{const_cast<Note*>(&note), sizeof note};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    ssize_t sent;
    do {
        sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == sizeof note;
}

Receive receive_note(int socket, ReceivedNote& into, bool wait) {
    into = {};
    iovec part{&into.note, sizeof into.note};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t size;
    do {
        size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    } while (size < 0 && errno == EINTR);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Receive::nothing_yet;
    for (cmsghdr* header = size > 0 ? CMSG_FIRSTHDR(&message) : nullptr; header; header = CMSG_NXTHDR(&message, header))
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
            into.fd = Fd{fd};
        }
    return size == sizeof into.note ? Receive::note : Receive::closed;
}

}  // namespace baton
