// SPDX-License-Identifier: Apache-2.0
// A text applied to the running configuration now, line by line. Each line is a transaction of its own, all or nothing;
// one that fails changes nothing, and the next is tried. Every line's number and outcome is said, remarks aside:
//
//   line 1: done
//   line 2: there is no VLAN 'red'; 'show vlan' lists them, 'create vlan <name>' makes one
//   %% 1 of 2 lines failed and changed nothing; the others are applied
#pragma once

#include <memory>
#include <string>

#include "controlplane/commands/call.h"

namespace baton::commands {

class Incremental final : public Pieces {
  public:
    Incremental(Switch& sw, std::string text, bool json);
    ~Incremental() override;

    bool next(std::string& out) override;                     // some 2 ms of lines
    bool sleeps(const std::function<void()>& wake) override;  // while the data plane is asked
    Code code() const override;

  private:
    struct Line;
    void report(std::string& out, std::size_t number, const Result<void>& outcome);
    void finish(std::string& out) const;

    Switch& sw_;
    std::string text_;
    bool json_;
    std::size_t at_ = 0, number_ = 0, tried_ = 0, failed_ = 0;
    std::shared_ptr<Line> line_;  // one that was committed; shared with whoever answers it
};

}  // namespace baton::commands
