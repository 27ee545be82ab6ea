// SPDX-License-Identifier: Apache-2.0
// Commands on standard input, one to a line; each is answered by one JSON object on standard output. End of file ends
// the run, so that a tester never outlives the program that drives it.
//
//   mark NAME      a new window begins         start FLOW     announce, probe, then send (also: after pause)
//   status         where the run stands        pause FLOW     send no more of it
//   stop           drain, report, exit         rate FLOW N    frames per second from now on
#pragma once

#include <string>

#include "bench/tester/runner.h"

namespace baton::tester {

class Commands {
  public:
    /// Reads what waits on `fd`, without waiting for more, and does it. `tell` gets the answers.
    void serve(int fd, Runner& runner, const Runner::Tell& tell);

  private:
    std::string pending_;
    bool closed_ = false;
};

/// Does one command and says how it went, as a JSON object.
std::string do_command(const std::string& line, Runner& runner);

}  // namespace baton::tester
