// SPDX-License-Identifier: Apache-2.0
// A switch made by hand: real arenas of small pages, the real running configuration, and no other process. Its commits
// may be held back, as those of a master that waits for its data plane are.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controlplane/commands/configuration.h"
#include "controlplane/commands/interpreter.h"
#include "sync/base/time.h"
#include "sync/layout/fdb_word.h"
#include "sync/region/arena.h"

namespace baton {

template <class Root>
class Arena {
  public:
    explicit Arena(ArenaKind kind, std::size_t size = sizeof(Root), std::size_t touch = 0) {
        auto fd = create_arena(kind, size, fingerprint<Root>(), Pages::small, touch);
        if (!fd) throw StartupError{1, fd.error().what};
        auto mapping = map_arena(fd->get(), kind, fingerprint<Root>(), Access::read_write);
        if (!mapping) throw StartupError{1, mapping.error().what};
        mapping_ = std::move(*mapping);
        fd_ = std::move(*fd);
    }

    int fd() const { return fd_.get(); }

    std::byte* bytes() const { return mapping_.bytes(); }

    Root* operator->() const { return mapping_.as<Root>(); }

    Root& operator*() const { return *mapping_.as<Root>(); }

  private:
    Mapping mapping_;
    Fd fd_;
};

class FakeSwitch final : public Switch {
  public:
    static constexpr std::int64_t wall = 1'700'000'000'123'000'000;  // 2023-11-14T22:13:20.123Z

    FakeSwitch() {
        for (PortId id = 1; id <= 4; ++id) {
            auto& port = tables_->ports[id];
            port.module = id <= 3 ? 1 : 2;
            port.port = static_cast<std::uint8_t>(id <= 3 ? id : 1);
            port.enabled = 1;
            port.link_up = id != 3;
            port.max_frame = 9216;
            port.mac = 0x020000000000ull + id;
            std::strcpy(port.kind, "wire");
            std::snprintf(port.device, sizeof port.device, "wire %u", id);
            port.present = 1;
            names_.insert({port.module, port.port});
        }
        tables_->applier.worker_count = 1;
        tables_->applier.port_count = 4;
        fdb_->seed = 7;
        fdb_->shape = FdbShape{fdb_min_bits, 0, 0}.word();
        fdb_->max_bits = fdb_max_bits;
        running_ = config::Running::factory({names_.begin(), names_.end()});
        journal_->capacity = 1 << 20;
        board_runs(Slot::msm_a, 101, BoardRole::master);
        board_runs(Slot::msm_b, 102, BoardRole::slave);
        grant(1, Slot::msm_a, Slot::none, Cause::never, 0);
    }

    const config::Running& running() const override { return running_; }

    Slot slot() const override { return slot_; }

    Term term() const override { return GrantWord::of(baton_->grant.load()).term; }

    const BatonPage& baton() const override { return *baton_; }

    const BoardPage& board(Slot slot) const override { return slot == Slot::msm_a ? *board_a_ : *board_b_; }

    SlaveView slave_view() const override { return slave_view_; }

    std::string_view remedy_for(Reason reason) const override {
        return reason == Reason::none ? "" : "do what mends it";
    }

    const TablesArena& tables() const override { return *tables_; }

    const FdbControl& fdb() const override { return *fdb_; }

    const RoutesControl& routes() const override { return *routes_; }

    const JournalArena& journal() const override { return *journal_; }

    const AclArena* acl() const override { return &*acl_; }

    FpmView fpm() const override { return fpm_; }

    std::vector<LoggedLine> log_lines() const override { return log_; }

    void clear_log() override { log_.clear(); }

    void commit(config::Transaction transaction, std::function<void(Result<void>)> done) override {
        auto finish = [this, transaction = std::move(transaction), done = std::move(done)] {
            auto result = running_.apply({transaction.changes().begin(), transaction.changes().end()}, names_);
            if (result) {
                committed_.push_back(transaction);
                ++kept_.changes;
                outcomes_[transaction.token()] = transaction.text() + journalled_besides_;
            }
            done(std::move(result));
        };
        if (hold_)
            held_.push_back(std::move(finish));
        else
            finish();
    }

    std::optional<std::string> outcome(std::uint64_t token) const override {
        const auto at = outcomes_.find(token);
        return at == outcomes_.end() ? std::nullopt : std::optional(at->second);
    }

    void flush(const FdbFlush& what, std::function<void(Result<void>)> done) override {
        flushes_.push_back(what);
        if (!drop_flushes_) done({});
    }

    const arp::Database& neighbors() const override { return neighbors_; }

    void clear_neighbors(const NeighborClear& what, std::function<void(Result<std::size_t>)> done) override {
        neighbor_clears_.push_back(what);
        done(neighbors_cleared_);
    }

    void flush_hosts(const IpfdbFlush& what, std::function<void(Result<void>)> done) override {
        host_flushes_.push_back(what);
        done({});
    }

    Result<void> slave_ready() const override {
        if (why_not_.empty()) return {};
        return Error{Code::not_ready, why_not_};
    }

    Result<void> hitless_ready() const override { return slave_ready(); }

    Result<void> hand_over() override {
        if (auto ready = slave_ready(); !ready) return ready;
        ++hand_overs_;
        return {};
    }

    Result<void> reboot(Slot slot, bool hard) override {
        reboots_.emplace_back(slot, hard);
        return {};
    }

    void diagnose(Slot slot, bool extended, std::function<void(Result<void>)> done) override {
        diagnoses_.emplace_back(slot, extended);
        done(diagnosis_);
    }

    const config::KeptState& kept() const override { return kept_; }

    const Storage& storage() const override { return storage_; }

    void store(StoreRequest request, std::function<void(Result<std::string>)> done) override {
        const auto space = request.space.value_or(storage_.selected);
        auto text = request.text ? commands::storable(*request.text, {names_.begin(), names_.end()})
                                 : Result<std::string>(commands::configuration_text(running_));
        if (!text) return done(text.error());
        kept_.stored[config::index_of(space)] = config::stored(*text, 0, request.by, BATON_VERSION);
        storage_.stored[config::index_of(space)] = kept_.stored[config::index_of(space)]->stamp;
        if (!request.text) kept_.saved_changes = kept_.changes;
        auto answer = request.answer;
        answer.replace(answer.find("{}"), 2, name_of(space));
        outcomes_[request.token] = answer;
        done(answer);
    }

    void select(config::Space space, std::uint64_t, std::string,
                std::function<void(Result<std::string>)> done) override {
        storage_.selected = space;
        done(std::string("selected\n"));
    }

    void transfer(TransferRequest request, std::function<void(Result<std::string>)> done) override {
        transfers_.push_back(request);
        done(transferred_);
    }

    // --- what a test does to it ---
    BoardPage& page(Slot slot) { return slot == Slot::msm_a ? *board_a_ : *board_b_; }

    void board_runs(Slot slot, std::uint32_t pid, BoardRole role) {
        baton_->board_pid[index_of(slot)] = pid;
        baton_->board_starts[index_of(slot)] = 1;
        page(slot).pid = pid;
        page(slot).role = role;
        page(slot).release = 0x000100;
        for (std::size_t i = 0; i < subsystem_count; ++i)
            page(slot).subsystem[i] =
                SubsystemWord{SubsystemState::ready, Reason::none, SubsystemState::xfr, Reason::none}.word();
    }

    void board_is_gone(Slot slot) { baton_->board_pid[index_of(slot)] = 0; }

    /// The baton changes hands; `took_ns` is from the loss to the first command.
    void grant(Term term, Slot to, Slot from, Cause cause, std::int64_t took_ns) {
        auto& record = baton_->records[term % 64];
        record.lost_ns = 5'000'000'000;
        record.granted_ns = 5'000'100'000;
        record.cause = cause;
        record.holder = static_cast<std::uint32_t>(to) + 1;
        record.last_holder = from == Slot::none ? 0 : static_cast<std::uint32_t>(from) + 1;
        record.wall_ns = wall;
        record.term = term;
        tables_->applier.terms[term % 64].term = term;
        tables_->applier.terms[term % 64].first_accept_ns = 5'000'000'000 + took_ns;
        baton_->grant = GrantWord{term, to}.word();
        slot_ = to;
    }

    void put_mac(VlanId vlan, std::uint64_t mac, std::uint16_t dest, bool fixed = false, unsigned age = 0) {
        const FdbHash hash(fdb_->seed.load());
        const auto mixed = hash.mix(fdb_key(vlan, mac));
        auto* arena = reinterpret_cast<std::byte*>(&*fdb_);
        for (const bool alt : {false, true}) {
            const auto position = alt ? hash.second<FdbGeometry>(mixed) : mixed;
            auto& bucket = *reinterpret_cast<FdbBucket*>(
                arena + fdb_bucket_offset(fdb_min_bits, fdb_bucket_of(position, fdb_min_bits)));
            const auto name = FdbWord::name(mixed, alt);
            const auto epoch = (fdb_->epoch.load() + fdb_ages - age) % fdb_ages;
            for (auto& word : bucket.words) {
                if (word.load() != 0) continue;
                word = (fixed ? FdbWord::fixed(name, dest) : FdbWord::dynamic(name, epoch, 0, dest)).bits;
                return;
            }
        }
        FAIL() << "no room for an address";
    }

    void release_commits() {
        for (auto& one : std::exchange(held_, {})) one();
    }

    Arena<BatonPage> baton_{ArenaKind::baton};
    Arena<BoardPage> board_a_{ArenaKind::board_a}, board_b_{ArenaKind::board_b};
    Arena<TablesArena> tables_{ArenaKind::tables};
    Arena<FdbControl> fdb_{ArenaKind::fdb, fdb_arena_size, 4096};
    Arena<RoutesControl> routes_{ArenaKind::routes, routes_arena_size, 4096};
    Arena<JournalArena> journal_{ArenaKind::journal};
    Arena<AclArena> acl_{ArenaKind::acl};
    config::Running running_;
    config::KeptState kept_;
    Storage storage_{true, config::Space::primary, {}, {}};
    std::vector<TransferRequest> transfers_;
    Result<std::string> transferred_ = std::string();
    std::set<PortName> names_;
    std::vector<LoggedLine> log_;
    std::vector<config::Transaction> committed_;
    std::map<std::uint64_t, std::string> outcomes_;
    std::string journalled_besides_;  // what the host adds to the text of a change
    std::vector<FdbFlush> flushes_;
    arp::Database neighbors_;
    std::vector<NeighborClear> neighbor_clears_;
    std::size_t neighbors_cleared_ = 0;
    std::vector<IpfdbFlush> host_flushes_;
    std::vector<std::pair<Slot, bool>> reboots_, diagnoses_;
    Result<void> diagnosis_;
    std::vector<std::function<void()>> held_;
    Slot slot_ = Slot::msm_a;
    std::string why_not_;
    SlaveView slave_view_;
    FpmView fpm_;
    int hand_overs_ = 0;
    bool hold_ = false;
    bool drop_flushes_ = false;  // flushes are never answered
};

/// Runs one line to its end; the code and the whole text.
struct Said {
    Code code = Code::failed;
    std::string text;
    std::string local;
};

/// The rows of the table that some test has run to success (registry_test.cc wants all of them).
struct Tried {
    static std::set<unsigned>& rows() {
        static std::set<unsigned> rows;
        return rows;
    }

    static bool& counting() {
        static bool on = true;
        return on;
    }

    struct Pause {
        Pause() { counting() = false; }

        ~Pause() { counting() = true; }
    };

    static void note(const commands::Interpreter& interpreter, std::string_view line) {
        const auto cut = commands::split(line);
        const auto* good = std::get_if<commands::Line>(&cut);
        if (!counting() || !good) return;
        const auto match = interpreter.grammar().match(good->words, line.size(), {});
        if (const auto* found = std::get_if<commands::Match>(&match)) rows().insert(found->row);
    }
};

inline Said say(const commands::Interpreter& interpreter, std::string_view line, bool json = false,
                std::uint64_t token = 0, commands::Ask ask = {}) {
    Said out;
    bool called = false;
    ask.line = line;
    ask.json = json;
    ask.token = token;
    interpreter.run(ask, [&](commands::Output output) {
        called = true;
        out.code = output.code;
        out.text = output.text;
        out.local = output.local;
        while (output.rest && output.rest->next(out.text)) {
        }
    });
    EXPECT_TRUE(called) << line;
    if (out.code == Code::ok) Tried::note(interpreter, line);
    return out;
}

inline commands::Json json_of(const commands::Interpreter& interpreter, std::string_view line) {
    const auto said = say(interpreter, line, true);
    EXPECT_EQ(said.code, Code::ok) << said.text;
    return commands::Json::parse(said.text);
}

}  // namespace baton
