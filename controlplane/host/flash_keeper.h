// SPDX-License-Identifier: Apache-2.0
// A board's flash, kept on a thread of its own, and made to hold what the journal says was stored and selected since
// the switch booted: follow(). That is how a slave's flash gets what the master saved, also when it was away then, and
// how a master puts back what lay there when it wrote but could not journal.
#pragma once

#include "controlplane/host/board_flash.h"
#include "controlplane/loop/errands.h"
#include "sync/base/time.h"

namespace baton {

class FlashKeeper final : public BoardFlash {
  public:
    /// `news`: something that was waited for is there; called from the loop.
    FlashKeeper(boost::asio::io_context& loop, const std::string& folder, std::function<void()> news);

    /// The data plane has said which ports there are: only now can a configuration be read.
    bool knows_ports() const { return ports_.has_value(); }

    void know_ports(const std::set<PortName>& ports);

    /// Called with every event; cheap when there is nothing to do.
    void follow(const config::KeptState& kept, Time now);

    /// Takes 0.2 s for 10,000 lines when nothing was read ahead; it is, whenever the flash changes.
    config::Flash::Boot boot_now(const config::KeptState& kept) override;

    const Storage& storage() const override { return storage_; }

    const config::Flash::Boot* boot() override { return boot_ ? &*boot_ : nullptr; }

    void write(FlashWrite what, std::function<void(Result<config::Stored>)> done) override;
    void select(config::Selection what, std::function<void(Result<void>)> done) override;
    void transfer(TransferRequest what, std::optional<config::Running> running,
                  std::function<void(Result<std::string>)> done) override;

  private:
    void survey();
    void read_boot();
    void wrote(config::Space space, const config::Stored& what);
    void failed(std::string_view what, const Error& error, Time now);

    config::Flash flash_;
    std::function<void()> news_;
    Storage storage_;
    std::optional<config::Flash::Boot> boot_;
    std::optional<std::vector<PortName>> ports_;
    bool surveyed_ = false;
    bool following_ = false;  // a write or selection for follow() is on its way
    bool transferring_ = false;
    std::uint64_t boot_round_ = 0;  // of the reading that counts; an earlier one comes too late
    Time retry_at_{};
    Errands files_, network_;  // last: they end first
};

}  // namespace baton
