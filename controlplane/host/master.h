// SPDX-License-Identifier: Apache-2.0
// A board that carries the baton. Made at the moment of the take-over, from what the slave held; thrown away with the
// process when the baton is gone. It implements what commands may ask of the switch (commands/switch.h).
//
// The take-over, in this order:
//   1 the slave has drained the journal to its last whole record            (host/board.cc)
//   2 the command ring of the term is opened, and the fabric's planes are said, before anything else
//   3 the journal's writer goes on exactly at head; a snapshot if there is none. What the cause and the configuration
//     do not preserve (config/consequences.h) is given up here: a configuration from flash is a snapshot, too
//   4 hardware_reset, if there is to be one; then everything is said, and then end_of_table
//   5 sessions are accepted; took_over_ns                                    (host/board.cc)
// With an empty journal and a data plane that is still starting, steps 3 and 4 wait for its port table: only then is it
// known what the factory's configuration is. Until then every change is refused with that sentence.
#pragma once

#include <memory>
#include <optional>

#include "controlplane/commands/switch.h"
#include "controlplane/config/consequences.h"
#include "controlplane/host/acl_log.h"
#include "controlplane/host/board_flash.h"
#include "controlplane/host/committer.h"
#include "controlplane/host/fabric.h"
#include "controlplane/host/neighbors.h"
#include "controlplane/host/peer.h"
#include "controlplane/host/punts.h"
#include "controlplane/host/route_stream.h"
#include "controlplane/host/syslog.h"

namespace baton {

/// What the master asks of the loop around it.
struct MasterHooks {
    std::function<void()> hand_over;              // begin to; the answer goes out first
    std::function<bool(Slot, bool hard)> reboot;  // false: the chassis is gone
    /// What this board begins with in place of what its flash holds; for tests.
    std::function<std::optional<config::Running>()> boot_configuration = nullptr;
    /// Who owns entries beside the configuration says so here, before anything is said to the data plane.
    std::function<void(Reconciler&)> join = nullptr;
    std::function<Result<void>(bool extended)> examine = nullptr;  // this board itself; on an error it ends soon after
    std::function<bool(Slot, bool extended)> diagnose = nullptr;   // the other board; its page says what came of it
    BoardFlash* flash = nullptr;                                   // null: the board has none
};

class Master : public Switch {
  public:
    /// `replica`: what the slave held; `last_sequence`: of the last record it read; `consequences`: of this take-over.
    Master(const Surroundings& around, Term term, JournalArena& journal, CommandArena& commands, Replica& replica,
           std::uint64_t last_sequence, const config::Consequences& consequences, MasterHooks hooks);

    /// The applier has applied, a link has changed, the other board has news, or 100 ms have passed.
    void on_wake(Time now);

    /// A line of this board's log: kept, and journalled within the rate that the journal is good for.
    void log_line(log::Level level, std::string_view line);

    /// So that a slave that cannot follow, or that found the journal damaged, begins again from here.
    void write_snapshot(std::string_view why);

    /// Stops taking changes; when quiet(), nothing is on its way any more and the baton may go.
    void quiesce() {
        committer_.close();
        route_stream_.stop();
    }

    bool quiet() const { return committer_.idle() && programmer_.idle() && !storing_; }

    void retire() { retired_ = true; }  // from here on nothing is written to the journal

    const config::Running& running() const override { return databases_.running; }

    Slot slot() const override { return around_.slot; }

    Term term() const override { return term_; }

    const BatonPage& baton() const override { return around_.baton; }

    const BoardPage& board(Slot slot) const override { return slot == around_.slot ? around_.own : around_.other; }

    SlaveView slave_view() const override;

    std::string_view remedy_for(Reason reason) const override { return remedy(reason); }

    const TablesArena& tables() const override { return around_.tables; }

    const FdbControl& fdb() const override { return around_.fdb; }

    const RoutesControl& routes() const override { return around_.routes; }

    const JournalArena& journal() const override { return journal_; }

    const AclArena* acl() const override { return &around_.acl; }

    std::vector<LoggedLine> log_lines() const override;
    void clear_log() override;

    std::vector<SyslogAccount> syslog_accounts() const override { return syslog_.accounts(); }

    FpmView fpm() const override { return route_stream_.view(monotonic_now()); }

    void commit(config::Transaction transaction, std::function<void(Result<void>)> done) override;
    std::optional<std::string> outcome(std::uint64_t token) const override;
    void flush(const FdbFlush& what, std::function<void(Result<void>)> done) override;
    const arp::Database& neighbors() const override { return databases_.neighbors.database; }

    void clear_neighbors(const NeighborClear& what, std::function<void(Result<std::size_t>)> done) override;

    void flush_hosts(const IpfdbFlush& what, std::function<void(Result<void>)> done) override;
    Result<void> slave_ready() const override;
    Result<void> hitless_ready() const override;
    Result<void> hand_over() override;
    Result<void> reboot(Slot slot, bool hard) override;
    void diagnose(Slot slot, bool extended, std::function<void(Result<void>)> done) override;

    const config::KeptState& kept() const override { return databases_.kept; }

    const Storage& storage() const override;
    void store(StoreRequest request, std::function<void(Result<std::string>)> done) override;
    void select(config::Space space, std::uint64_t token, std::string by,
                std::function<void(Result<std::string>)> done) override;
    void transfer(TransferRequest request, std::function<void(Result<std::string>)> done) override;

    const Punts& punts() const { return punts_; }

  private:
    void begin_anew();
    void give_up(const config::Consequences& consequences);
    void boot_from_flash();
    void boot_with(config::Flash::Boot boot, const PortMap& ports);
    void act(const Command& command, std::string_view what, std::function<void(Result<void>)> done);
    Result<void> may_store() const;
    Result<std::string> journal_saved(config::Saved saved, std::string answer);
    void publish();
    Reason lost_by() const;
    void look_at_diagnosis(Time now);
    void look_at_neighbors(Time now);

    struct Diagnosis {  // of the other board, under way
        std::function<void(Result<void>)> done;
        std::uint32_t pid = 0;
        std::uint64_t runs = 0;
        Time deadline{};
    };

    const Surroundings& around_;
    Term term_;
    JournalArena& journal_;
    Replica& replica_;
    Databases& databases_;
    MasterHooks hooks_;
    Scribe scribe_;
    Programmer programmer_;
    FabricKeeper fabric_;
    Reconciler reconciler_;
    Committer committer_;
    Peer peer_;
    Neighbors neighbors_;
    Punts punts_;
    AclLogger acl_log_;
    RouteStream route_stream_;
    SyslogSender syslog_;
    LineRate line_rate_{200, 20}, warning_rate_{200, 20};  // apart, so that no flood of notices hides a warning
    std::optional<Diagnosis> diagnosis_;
    bool writing_line_ = false;
    bool handing_over_ = false;
    bool storing_ = false;  // a save or a selection is being written to this board's flash
    bool retired_ = false;
};

}  // namespace baton
