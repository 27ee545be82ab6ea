// SPDX-License-Identifier: Apache-2.0
// Commands read into a configuration, by the same table and the same handlers that serve an operator: the switch that
// they see is a draft.
#include <fmt/core.h>

#include "controlplane/commands/configuration.h"
#include "controlplane/commands/interpreter.h"
#include "controlplane/commands/line.h"

namespace baton::commands {
namespace {

constexpr const char* not_here = "a draft of a configuration is no switch";

template <class Page>
const Page& blank() {
    static const auto page = std::make_unique<const Page>();
    return *page;
}

struct Planned {
    Match match;
    const Row* row = nullptr;
};

Result<Planned> planned(const Switch& sw, std::string_view line) {
    const auto cut = split(line);
    if (const auto* complaint = std::get_if<Complaint>(&cut)) return Error{Code::syntax, complaint->what};
    const auto& words = std::get<Line>(cut);
    if (!words.bars.empty()) return Error{Code::syntax, "a filter has no place in a configuration"};
    auto matched = command_grammar().match(words.words, line.size(), live_names(sw));
    if (const auto* complaint = std::get_if<Complaint>(&matched)) return Error{Code::syntax, complaint->what};
    Planned out{std::move(std::get<Match>(matched)), nullptr};
    out.row = &commands()[out.match.row];
    if (!out.row->handler.plan)
        return Error{Code::syntax, fmt::format("\"{}\" does not change the configuration, so it has no place in one",
                                               out.row->notation.substr(0, out.row->notation.find_first_of("<{[")))};
    return out;
}

Result<std::vector<config::Change>> changes_of(Switch& sw, const Planned& planned, std::string_view line) {
    const Ask ask{line};
    auto plan = planned.row->handler.plan(Call{sw, planned.match, ask});
    if (!plan) return plan.error();
    return std::move(plan->changes);
}

}  // namespace

/// Only running() and port_names() mean something: what a plan may look at.
class ConfigurationReader::Draft final : public Switch {
  public:
    explicit Draft(const std::vector<PortName>& ports)
        : running_(config::Running::factory(ports)), ports_(ports.begin(), ports.end()) {}

    void name_ports(const PortList& list) {
        for (const PortRange& range : list) {
            if (range.whole_module) continue;
            ports_.insert(range.last);
            if (range.first.module != range.last.module || range.last < range.first) {
                ports_.insert(range.first);
                continue;
            }
            for (PortName port = range.first; port != range.last; ++port.port) ports_.insert(port);
        }
    }

    const config::Running& running() const override { return running_; }

    config::Running& running() { return running_; }

    std::set<PortName> port_names() const override { return ports_; }

    Slot slot() const override { return Slot::none; }

    Term term() const override { return 0; }

    const BatonPage& baton() const override { return blank<BatonPage>(); }

    const BoardPage& board(Slot) const override { return blank<BoardPage>(); }

    const TablesArena& tables() const override { return blank<TablesArena>(); }

    const FdbControl& fdb() const override { return blank<FdbControl>(); }

    const RoutesControl& routes() const override { return blank<RoutesControl>(); }

    const JournalArena& journal() const override { return blank<JournalArena>(); }

    std::vector<LoggedLine> log_lines() const override { return {}; }

    void clear_log() override {}

    void commit(config::Transaction, std::function<void(Result<void>)> done) override { done(failure(not_here)); }

    std::optional<std::string> outcome(std::uint64_t) const override { return std::nullopt; }

    void flush(const FdbFlush&, std::function<void(Result<void>)> done) override { done(failure(not_here)); }

    const arp::Database& neighbors() const override { return blank<arp::Database>(); }

    void clear_neighbors(const NeighborClear&, std::function<void(Result<std::size_t>)> done) override {
        done(failure(not_here));
    }

    void flush_hosts(const IpfdbFlush&, std::function<void(Result<void>)> done) override { done(failure(not_here)); }

    Result<void> slave_ready() const override { return failure(not_here); }

    Result<void> hitless_ready() const override { return failure(not_here); }

    Result<void> hand_over() override { return failure(not_here); }

    Result<void> reboot(Slot, bool) override { return failure(not_here); }

    void diagnose(Slot, bool, std::function<void(Result<void>)> done) override { done(failure(not_here)); }

    const config::KeptState& kept() const override { return blank<config::KeptState>(); }

    const Storage& storage() const override { return blank<Storage>(); }

    void store(StoreRequest, std::function<void(Result<std::string>)> done) override { done(failure(not_here)); }

    void select(config::Space, std::uint64_t, std::string, std::function<void(Result<std::string>)> done) override {
        done(failure(not_here));
    }

    void transfer(TransferRequest, std::function<void(Result<std::string>)> done) override { done(failure(not_here)); }

  private:
    config::Running running_;
    std::set<PortName> ports_;
};

ConfigurationReader::ConfigurationReader(const std::vector<PortName>& ports) : draft_(std::make_unique<Draft>(ports)) {}

ConfigurationReader::~ConfigurationReader() = default;

const config::Running& ConfigurationReader::running() const {
    return draft_->running();
}

Result<void> ConfigurationReader::line(std::string_view line) {
    if (is_remark(line)) return {};
    const auto plan = planned(*draft_, line);
    if (!plan) return plan.error();
    for (const Bound& argument : plan->match.arguments) draft_->name_ports(argument.value.ports);
    const auto changes = changes_of(*draft_, *plan, line);
    if (!changes) return changes.error();
    heard_password_ = heard_password_ || has_secret(plan->match);
    return draft_->running().replay(*changes);
}

bool is_remark(std::string_view line) {
    const auto begin = line.find_first_not_of(" \t\r");
    return begin == std::string_view::npos || line[begin] == '#';
}

namespace {

Result<void> read_lines(ConfigurationReader& reader, std::string_view text) {
    std::size_t commands = 0;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        while (line.ends_with('\r')) line.remove_suffix(1);
        if (is_remark(line)) continue;
        ++commands;
        if (auto good = reader.line(line); !good)
            return Error{good.error().code, fmt::format("line {}: {}", number, good.error().what)};
    }
    if (commands == 0) return failure("this is no configuration: it holds no command");
    return {};
}

}  // namespace

Result<config::Running> read_configuration(std::string_view text, const std::vector<PortName>& ports) {
    ConfigurationReader reader(ports);
    if (auto good = read_lines(reader, text); !good) return good.error();
    return reader.running();
}

Result<std::string> storable(std::string text, const std::vector<PortName>& ports) {
    ConfigurationReader reader(ports);
    if (auto good = read_lines(reader, text); !good) return good.error();
    return reader.heard_password() ? configuration_text(reader.running()) : std::move(text);
}

Result<config::Transaction> transaction_of(Switch& sw, std::string_view line) {
    const auto plan = planned(sw, line);
    if (!plan) return plan.error();
    auto changes = changes_of(sw, *plan, line);
    if (!changes) return changes.error();
    config::Transaction transaction;
    for (auto& change : *changes) *transaction.add_changes() = std::move(change);
    transaction.set_line(without_secrets(line, plan->match));
    return transaction;
}

}  // namespace baton::commands
