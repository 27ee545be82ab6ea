// SPDX-License-Identifier: Apache-2.0
// What a master asks of its board's flash and of the network. All of it takes time, so answers come later, on the loop;
// host/flash_keeper.h does it with threads, a test at once.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "controlplane/commands/switch.h"

namespace baton {

struct FlashWrite {
    config::Space space{};
    std::optional<config::Running> running;  // what to write as commands; or
    std::string text;                        // a text, which is read first and must be a configuration
    std::int64_t at = 0;                     // seconds since 1970
    std::string by;
    std::size_t most = config::largest_configuration;  // bytes of text
};

class BoardFlash {
  public:
    virtual ~BoardFlash() = default;

    virtual const Storage& storage() const = 0;

    /// What the board boots with; null while it is still being read, and asked again then.
    virtual const config::Flash::Boot* boot() = 0;

    /// The same at a take-over that discards the last master's state: now, and with what was saved but has perhaps not
    /// reached this flash yet.
    virtual config::Flash::Boot boot_now(const config::KeptState& kept) = 0;

    virtual void write(FlashWrite what, std::function<void(Result<config::Stored>)> done) = 0;
    virtual void select(config::Selection what, std::function<void(Result<void>)> done) = 0;

    /// `running` is what an upload sends.
    virtual void transfer(TransferRequest what, std::optional<config::Running> running,
                          std::function<void(Result<std::string>)> done) = 0;
};

}  // namespace baton
