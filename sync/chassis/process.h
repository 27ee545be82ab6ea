// SPDX-License-Identifier: Apache-2.0
// One child: started with its end of a socket pair as fd 3, pinned, stripped of what it need not have, and bound to the
// chassis's life. Held by a pidfd, so that a signal never reaches another process that got the number.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "sync/base/result.h"
#include "sync/region/arena.h"

namespace baton::chassis {

struct Identity {  // whom a child runs as
    bool change = false;
    unsigned uid = 0, gid = 0;
};

/// The user of that name. Not root: nobody can change, so everything runs as the caller.
Identity identity_of(const std::string& user);

struct Launch {
    std::string program;
    std::vector<std::string> arguments;
    Identity identity;
    std::vector<unsigned> cores;
    std::string folder;           // working directory: where a core goes
    int nice = 0;                 // of its threads, and of its session as a whole (see set_nice)
    const char* oom_score = "0";  // -1000..1000, higher is killed first when memory runs out
};

struct Process {
    pid_t pid = 0;
    Fd pidfd;
    Fd socket;  // our end, non-blocking

    explicit operator bool() const { return pid != 0; }

    void kill() const;
};

Result<Process> launch(const Launch& what);

/// Gives every thread of a running child another nice value, and its session: where the kernel groups tasks by session
/// (autogroup, Debian's default) a thread's own value counts only among those of its session.
void set_nice(const Process& process, int nice);

struct Ended {
    int code = 0;  // exit code, when signal is 0
    std::uint32_t signal = 0;
};

/// How a child has ended; false while it runs. It keeps its number until it is buried.
bool has_ended(const Process& process, Ended& how);

/// Collects what is left of a dead child. Takes its time.
void bury(pid_t pid);

}  // namespace baton::chassis
