// SPDX-License-Identifier: Apache-2.0
// Keeps the modules from using a plane of the fabric that is gone: says `fabric_set` whenever what the chassis says is
// there (BatonPage::plane) is not what the data plane was told. It goes ahead of all other commands, and a take-over
// begins with it, because frames are lost from the moment a plane goes until the workers have read this one word.
// Said at every take-over, changed or not. The chassis wakes the master when a plane comes or goes.
//
// Both planes gone: nothing is said. Nothing could be saved by it, and the first to come back is used at once.
#pragma once

#include "controlplane/host/surroundings.h"
#include "controlplane/program/programmer.h"
#include "sync/base/time.h"

namespace baton {

class FabricKeeper {
  public:
    FabricKeeper(const Surroundings& around, Programmer& programmer) : around_(around), programmer_(programmer) {}

    /// Called with every event and tick.
    void look(Time now);

  private:
    std::uint32_t there() const;

    const Surroundings& around_;
    Programmer& programmer_;
    std::uint32_t said_ = 0;    // last; 0: nothing yet in this term
    std::uint64_t latest_ = 0;  // counts what was said
    bool open_ = false;         // its outcome is not known
    Time again_at_{};           // not before, after a refusal
};

}  // namespace baton
