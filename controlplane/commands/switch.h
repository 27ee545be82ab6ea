// SPDX-License-Identifier: Apache-2.0
// What a command may see of the switch, and what it may ask of it. Implemented by controlplane/host; commands know
// nothing else, so they can be tried in a test against a Switch made by hand.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controlplane/arp/state.h"
#include "controlplane/config/kept.h"
#include "sync/base/log.h"
#include "sync/layout/acl.h"
#include "sync/layout/baton.h"
#include "sync/layout/board.h"
#include "sync/layout/fdb.h"
#include "sync/layout/journal.h"
#include "sync/layout/routes.h"
#include "sync/layout/tables.h"

namespace baton {

struct LoggedLine {
    std::int64_t at_ns = 0;  // CLOCK_REALTIME
    log::Level level{};
    std::string slot;
    std::string line;
};

/// What became of the lines for one syslog host, on this master.
struct SyslogAccount {
    std::string host;
    std::uint64_t sent = 0;
    std::uint64_t lost = 0;  // not sent: no route, refused, or the socket's queue was full; never waited for
    std::string last_error;  // of the last one that was lost
};

/// What the master knows of the other board beyond its page.
struct SlaveView {
    bool beats = true;             // false: its page is what a board said that may no longer be there
    Reason absent = Reason::none;  // why it is not there, if that matters
};

/// What lies on the flash of the board that answers.
struct Storage {
    bool present = false;  // it has one
    config::Space selected = config::Space::primary;
    std::optional<config::Stamp> stored[std::size(config::spaces)];
    std::string complaint[std::size(config::spaces)];  // why there is none; empty: nothing was ever saved there
};

/// A configuration to be stored on both boards' flashes.
struct StoreRequest {
    std::optional<config::Space> space;  // none: the selected one
    std::optional<std::string> text;     // none: the running configuration; else it is read first, and must be good
    std::uint64_t token = 0;
    std::string by;
    std::string answer;  // what the operator is told, once it is done; {} in it becomes the space's name
};

struct TransferRequest {
    std::string host, file;
    bool upload = false;  // of the running configuration; else the answer is the file's text
};

/// Which dynamic neighbours are to be forgotten: one address, or those of a VLAN (0: of all).
struct NeighborClear {
    Family family{};
    VlanId vlan = 0;
    std::optional<IpAddress> address = {};
};

/// What routing daemons say, and what became of it. Counts are this master's; those of the endpoint are the switch's.
struct FpmView {
    bool connected = false;
    std::uint64_t connects = 0, received = 0, malformed = 0;  // endpoint: comings, messages, connections closed as malformed
    std::string_view phase = "none";                          // controlplane/route/generation.h
    std::uint32_t pid = 0;
    std::optional<std::uint64_t> sweep_in_seconds;
    std::uint64_t written = 0, dealt_with = 0;  // bytes of the ring
    std::uint64_t messages = 0, sets = 0, removals = 0, elsewhere = 0, without_hops = 0, hops_cut = 0, passed_over = 0;
    std::uint64_t faults = 0, refused = 0, table_full = 0;
    std::string_view last_fault;
};

class Switch {
  public:
    virtual ~Switch() = default;

    virtual const config::Running& running() const = 0;
    virtual Slot slot() const = 0;
    virtual Term term() const = 0;

    virtual const BatonPage& baton() const = 0;
    virtual const BoardPage& board(Slot slot) const = 0;

    virtual SlaveView slave_view() const { return {}; }

    /// The sentence that mends a subsystem that is not ready for this reason.
    virtual std::string_view remedy_for(Reason reason) const {
        return reason == Reason::none ? "" : "reboot the slave";
    }

    virtual const TablesArena& tables() const = 0;
    virtual const FdbControl& fdb() const = 0;        // begins the whole mapped fdb arena
    virtual const RoutesControl& routes() const = 0;  // begins the whole mapped routes arena
    virtual const JournalArena& journal() const = 0;

    /// Access lists in force; null: a switch without a data plane.
    virtual const AclArena* acl() const { return nullptr; }

    virtual std::vector<LoggedLine> log_lines() const = 0;
    virtual void clear_log() = 0;

    virtual std::vector<SyslogAccount> syslog_accounts() const { return {}; }

    virtual FpmView fpm() const { return {}; }

    /// All or nothing: checked against the running configuration, journalled, applied, said to the data plane; then
    /// `done` is called once, with the error or with nothing. The data plane's refusal of one entry (table full) is an
    /// error too, and the change is taken back. May call `done` before it returns.
    virtual void commit(config::Transaction transaction, std::function<void(Result<void>)> done) = 0;

    /// What became of a transaction; nothing when no transaction with that token was committed.
    virtual std::optional<std::string> outcome(std::uint64_t token) const = 0;

    /// Removes dynamic FDB entries at once; not configuration, so not journalled.
    virtual void flush(const FdbFlush& what, std::function<void(Result<void>)> done) = 0;

    /// The neighbours of both families, as they are known now.
    virtual const arp::Database& neighbors() const = 0;

    /// Forgets dynamic ones; `done` with how many there were.
    virtual void clear_neighbors(const NeighborClear& what, std::function<void(Result<std::size_t>)> done) = 0;

    /// Removes hosts of the IP FDB at once, likewise.
    virtual void flush_hosts(const IpfdbFlush& what, std::function<void(Result<void>)> done) = 0;

    /// Could the slave carry on with all that this board holds? The error says which subsystem is not ready, and why.
    virtual Result<void> slave_ready() const = 0;

    /// Is a failover now hitless? That is: slave_ready(), the data plane is there, and the operator configured it so.
    virtual Result<void> hitless_ready() const = 0;

    /// Lets the slave carry on, with what the configuration makes of that; refused with Code::not_ready unless
    /// slave_ready(). The answer is sent before the baton is released.
    virtual Result<void> hand_over() = 0;

    virtual Result<void> reboot(Slot slot, bool hard) = 0;

    /// Lets a board examine itself; `done` once, perhaps before it returns. A board that finds itself damaged ends.
    virtual void diagnose(Slot slot, bool extended, std::function<void(Result<void>)> done) = 0;

    /// The ports that there are.
    virtual std::set<PortName> port_names() const {
        std::set<PortName> out;
        for (const PortEntry& port : tables().ports)
            if (port.present.load(std::memory_order_acquire) != 0) out.insert({port.module, port.port});
        return out;
    }

    /// Was the running configuration changed since it was last saved?
    virtual bool unsaved() const { return kept().unsaved(); }

    virtual const config::KeptState& kept() const = 0;
    virtual const Storage& storage() const = 0;

    /// Writes this board's flash, then the journal, from which the other board writes its own. May call `done` later;
    /// the answer is what the operator is told.
    virtual void store(StoreRequest request, std::function<void(Result<std::string>)> done) = 0;

    /// Which stored configuration the switch boots with; on both boards. An error when nothing is stored there.
    virtual void select(config::Space space, std::uint64_t token, std::string by,
                        std::function<void(Result<std::string>)> done) = 0;

    /// By TFTP, off the loop. An upload's answer is empty.
    virtual void transfer(TransferRequest request, std::function<void(Result<std::string>)> done) = 0;
};

}  // namespace baton
