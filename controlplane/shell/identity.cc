// SPDX-License-Identifier: Apache-2.0
#include "controlplane/shell/identity.h"

#include <fmt/core.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace baton::session {

Result<Peer> peer_of(int socket) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
        return failure(fmt::format("the kernel does not say who this is: {}", std::strerror(errno)));
    Peer peer{credentials.uid, std::vector<gid_t>(64), {}};
    size = static_cast<socklen_t>(peer.groups.size() * sizeof(gid_t));
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &size) < 0) {
        peer.groups.resize(errno == ERANGE ? size / sizeof(gid_t) : 0);
        size = static_cast<socklen_t>(peer.groups.size() * sizeof(gid_t));
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &size) < 0) size = 0;
    }
    peer.groups.resize(size / sizeof(gid_t));
    peer.groups.push_back(credentials.gid);
    return peer;
}

std::string name_of_user(uid_t uid) {
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> room(16384);
    if (::getpwuid_r(uid, &entry, room.data(), room.size(), &found) == 0 && found) return found->pw_name;
    return fmt::format("uid {}", uid);
}

std::optional<gid_t> operators_of(int listening) {
    sockaddr_un address{};
    socklen_t size = sizeof address;

    struct stat file {};

    if (::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) < 0) return {};
    // it was bound under another name, .session.sock, and moved (sync/chassis/run_dir.cc)
    std::string path(address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path));
    if (::stat(path.c_str(), &file) == 0) return file.st_gid;
    if (const auto dot = path.rfind("/."); dot != std::string::npos) path.erase(dot + 1, 1);
    if (::stat(path.c_str(), &file) == 0) return file.st_gid;
    return {};
}

Result<Identity> identity(const Peer& peer, std::optional<gid_t> operators, const config::Running& running) {
    using commands::Role;
    if (peer.uid == 0 || peer.uid == ::geteuid()) return Identity{peer.name, Role::privileged};
    if (const auto* account = running.account(peer.name))
        return Identity{account->name, account->admin ? Role::privileged : Role::read};
    if (operators && std::find(peer.groups.begin(), peer.groups.end(), *operators) != peer.groups.end())
        return Identity{peer.name, Role::privileged};
    return failure(fmt::format("user {} may not use this switch; an administrator can: create account user {}",
                               peer.name, peer.name));
}

}  // namespace baton::session
