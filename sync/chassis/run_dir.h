// SPDX-License-Identifier: Apache-2.0
// The chassis's place in the file system: chassis.pid (locked while it lives, so a second chassis is refused and a
// killed one's leavings are told apart), chassis.sock (fds for outside programs), session.sock (the CLI; listening
// here, inherited by the boards, so that connections wait in its backlog while the baton changes hands), cores/ (where
// boards dump).
#pragma once

#include <string>

#include "sync/region/arena.h"

namespace baton::chassis {

class RunDir {
  public:
    /// Throws StartupError: a chassis runs here already, or the folder cannot be made. `board_user`: owner of cores/.
    RunDir(const std::string& path, unsigned board_uid, unsigned board_gid);

    /// Removes sockets and pid file. Cores stay.
    ~RunDir();
    RunDir(const RunDir&) = delete;
    RunDir& operator=(const RunDir&) = delete;

    int door() const { return door_.get(); }

    int session() const { return session_.get(); }

    const std::string& cores() const { return cores_; }

    bool cleaned() const { return cleaned_; }  // a killed chassis had left something

  private:
    void lock();
    Fd listen_at(const std::string& name, int type, int backlog) const;

    std::string path_, cores_;
    Fd pid_file_, door_, session_;
    bool cleaned_ = false;
};

}  // namespace baton::chassis
