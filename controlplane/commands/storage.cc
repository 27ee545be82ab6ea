// SPDX-License-Identifier: Apache-2.0
// Configurations at rest: shown, saved on both boards' flashes, selected, and carried to and from files. A file is the
// client's own (<path>: the client reads or writes it, with its user's rights; the board, which runs as nobody, could
// not and must not), or a TFTP server's (<server> <filename>: the board speaks to it).
#include <fmt/core.h>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/complain.h"
#include "controlplane/commands/configuration.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/incremental.h"
#include "controlplane/commands/walk_pieces.h"

namespace baton::commands {
namespace {

class ConfigurationWalk final : public Walk {
  public:
    explicit ConfigurationWalk(const config::Running& running, bool accounts = true)
        : commands_(running, accounts), name_(running.name()) {}

    std::string_view name() const override { return "commands"; }

    std::string heading() const override { return configuration_heading(BATON_VERSION); }

    Step next(Json& row) override {
        std::string command;
        if (!commands_.next(command)) return Step::end;
        row = std::move(command);
        return Step::row;
    }

    std::string text(const Json& row) const override { return row.get<std::string>() + "\n"; }

    Json summary() override { return {{"name", name_}, {"version", BATON_VERSION}}; }

    std::string footer(const Json&) const override { return configuration_footing(name_); }

  private:
    ConfigurationCommands commands_;
    std::string name_;
};

std::optional<config::Space> space_said(const Call& call) {
    for (const auto space : config::spaces)
        if (call.match.says(name_of(space))) return space;
    return std::nullopt;
}

Output output_of(const Result<std::string>& result, bool json) {
    Output out;
    out.code = result ? Code::ok : result.error().code;
    out.text = result ? text_of_done(*result, json) : text_of(result.error(), json);
    return out;
}

std::string place_of(const TransferRequest& request) {
    return fmt::format("'{}' on {}", request.file, request.host);
}

TransferRequest transfer_of(const Call& call, bool upload) {
    return {*call.match.get<std::string>("server"), *call.match.get<std::string>("filename"), upload};
}

/// Into the selected space, to be booted from; or line by line into the running configuration.
void use_text(Switch& sw, std::string text, StoreRequest request, bool incremental, bool json,
              const std::function<void(Output)>& answer) {
    if (incremental) {
        Output out;
        out.rest = std::make_unique<Incremental>(sw, std::move(text), json);
        return answer(std::move(out));
    }
    request.text = std::move(text);
    sw.store(std::move(request), [answer, json](Result<std::string> result) { answer(output_of(result, json)); });
}

}  // namespace

Result<std::unique_ptr<Walk>> show_configuration(const Call& call) {
    return std::unique_ptr<Walk>(std::make_unique<ConfigurationWalk>(call.sw.running(), call.ask.role != Role::read));
}

void save_configuration(const Call& call, Done done) {
    call.sw.store({space_said(call), std::nullopt, call.ask.token, std::string(call.ask.user),
                   "The configuration is saved as {}, on both boards.\n"},
                  std::move(done));
}

void use_configuration(const Call& call, Done done) {
    call.sw.select(*space_said(call), call.ask.token, std::string(call.ask.user), std::move(done));
}

void upload_configuration(const Call& call, std::function<void(Output)> answer) {
    if (call.match.get<std::string>("path")) {  // the client writes what is said here
        Output out;
        out.rest = std::make_unique<WalkPieces>(std::make_unique<ConfigurationWalk>(call.sw.running()), false);
        return answer(std::move(out));
    }
    const auto request = transfer_of(call, true);
    call.sw.transfer(request, [answer, json = call.ask.json, where = place_of(request)](Result<std::string> result) {
        if (result) *result = fmt::format("The configuration was sent to {}.\n", where);
        answer(output_of(result, json));
    });
}

void download_configuration(const Call& call, std::function<void(Output)> answer) {
    const bool incremental = call.match.says("incremental"), json = call.ask.json;
    StoreRequest store{std::nullopt, std::nullopt, call.ask.token, std::string(call.ask.user), {}};
    store.answer =
        "The downloaded configuration is stored as {}, on both boards. It will be used when the switch boots "
        "next;\nthe running configuration is as it was. To apply a file now: download configuration ... incremental\n";
    if (call.match.get<std::string>("path"))
        return use_text(call.sw, std::string(call.ask.attachment), std::move(store), incremental, json, answer);
    call.sw.transfer(transfer_of(call, false), [&sw = call.sw, store = std::move(store), incremental, json,
                                                answer](Result<std::string> text) mutable {
        if (!text) return answer(output_of(text, json));
        use_text(sw, std::move(*text), std::move(store), incremental, json, answer);
    });
}

Result<Plan> unconfigure_switch(const Call& call) {
    const auto ports = call.sw.port_names();
    Plan plan;
    plan.changes = config::changes_between(call.sw.running(), config::Running::factory({ports.begin(), ports.end()}));
    plan.text = plan.changes.empty() ? "The switch has the factory's configuration already.\n"
                                     : "The switch has the factory's configuration. What was saved is as it was.\n";
    return plan;
}

}  // namespace baton::commands
