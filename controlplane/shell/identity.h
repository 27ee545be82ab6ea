// SPDX-License-Identifier: Apache-2.0
// Who a client is, and what it may. The kernel says which user is at the other end of the socket; nothing the client
// says of itself counts for more than that, but a password.
//
//   root, and the user that the board runs as                          administrator
//   a user with an account of the same name on the switch              what the account says
//   a member of the group that owns the socket (baton), no account     administrator
//   anybody else                                                       refused (the socket's mode keeps them out
//   already)
//
// So people come in over ssh with their own users, which sshd has authenticated, and an account takes rights away or
// lets a shared user be told apart (baton --login, --as).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "controlplane/commands/call.h"

namespace baton::session {

struct Peer {
    uid_t uid = 0;
    std::vector<gid_t> groups;
    std::string name;  // of the operating system's user; empty until it is looked up
};

/// As the kernel knows it.
Result<Peer> peer_of(int socket);

/// From the user database, which may be slow (a directory server): not for the board's loop. "uid 1234" if unknown.
std::string name_of_user(uid_t uid);

/// The group that owns the socket's file; nothing when it cannot be seen.
std::optional<gid_t> operators_of(int listening);

struct Identity {
    std::string user;
    commands::Role role{};
};

Result<Identity> identity(const Peer& peer, std::optional<gid_t> operators, const config::Running& running);

}  // namespace baton::session
