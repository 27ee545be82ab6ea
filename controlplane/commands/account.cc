// SPDX-License-Identifier: Apache-2.0
// Operators: their accounts, and who is logged in. The password goes no further than this file: what is journalled,
// shown and saved is crypt(3)'s hash of it.
#include <fmt/core.h>

#include "controlplane/commands/columns.h"
#include "controlplane/commands/handlers.h"
#include "controlplane/commands/password.h"

namespace baton::commands {
namespace {

std::string_view access(bool admin) {
    return admin ? "R/W" : "RO";
}

/// The hash that the line gives, or makes; nothing when it says neither.
Result<std::optional<std::string>> hash_said(const Match& match) {
    if (const auto* hash = match.get<std::string>("hash")) return std::optional(*hash);
    const auto* password = match.get<std::string>("password");
    if (!password) return std::optional<std::string>();
    if (password->empty()) return std::optional<std::string>("");
    auto hash = hash_password(*password);
    if (!hash) return hash.error();
    return std::optional(std::move(*hash));
}

Plan account_set(const std::string& name, bool admin, const std::string& hash, std::string text) {
    Plan plan;
    auto* change = plan.changes.emplace_back().mutable_account_set();
    change->set_name(name);
    change->set_admin(admin);
    change->set_hash(hash);
    plan.text = std::move(text);
    return plan;
}

}  // namespace

Result<Plan> create_account(const Call& call) {
    const auto& name = *call.match.get<std::string>("name");
    if (const auto* there = call.sw.running().account(name))
        return failure(fmt::format("account \"{}\" exists already; configure account {} changes its password",
                                   there->name, there->name));
    if (call.sw.running().accounts().size() >= config::max_accounts)
        return failure(fmt::format("there are {} accounts already; delete one first", config::max_accounts));
    auto hash = hash_said(call.match);
    if (!hash) return hash.error();
    const bool admin = call.match.says("admin");
    return account_set(
        name, admin, hash->value_or(""),
        fmt::format("Account \"{}\" created{}.\n", name,
                    hash->value_or("").empty() ? "; it has no password, so nobody logs in with one" : ""));
}

Result<Plan> configure_account(const Call& call) {
    const auto& name = *call.match.get<std::string>("account");
    const auto* there = call.sw.running().account(name);
    if (!there) return failure(fmt::format("there is no account \"{}\"; show accounts lists them", name));
    auto hash = hash_said(call.match);
    if (!hash) return hash.error();
    if (!*hash)
        return Error{Code::syntax, fmt::format("say the password too: configure account {} <password>", there->name)};
    return account_set(
        there->name, there->admin, **hash,
        fmt::format("Account \"{}\" has {}.\n", there->name, (*hash)->empty() ? "no password now" : "a new password"));
}

Result<Plan> delete_account(const Call& call) {
    const auto& name = *call.match.get<std::string>("account");
    Plan plan;
    plan.changes.emplace_back().mutable_account_delete()->set_name(name);
    plan.text = fmt::format("Account \"{}\" deleted.\n", name);
    return plan;
}

Result<Json> show_accounts(const Call& call) {
    Json out;
    out["accounts"] = Json::array();
    for (const auto& [key, account] : call.sw.running().accounts()) {
        const auto logins = call.ask.sessions ? call.ask.sessions->logins(account.name) : Sessions::Logins{};
        out["accounts"].push_back({{"name", account.name},
                                   {"access", access(account.admin)},
                                   {"role", account.admin ? "admin" : "user"},
                                   {"password", !account.hash.empty()},
                                   {"logins", logins.good},
                                   {"failed", logins.failed}});
    }
    return out;
}

std::string show_accounts_text(const Json& json) {
    Columns table({"User Name", "Access", ">LoginOK", ">Failed", "Password"});
    for (const auto& account : json["accounts"])
        table.add({plain(account["name"]), plain(account["access"]), plain(account["logins"]), plain(account["failed"]),
                   account["password"].get<bool>() ? "yes" : "none: no login by password"});
    return table.text();
}

Result<Json> show_session(const Call& call) {
    Json out;
    out["sessions"] = Json::array();
    if (!call.ask.sessions) return out;
    for (const auto& one : call.ask.sessions->list())
        out["sessions"].push_back({{"number", one.number},
                                   {"user", one.user},
                                   {"role", one.role == Role::read ? "user" : "admin"},
                                   {"from", one.from},
                                   {"login_at", wall_time(one.began_ns)},
                                   {"idle_seconds", one.idle_ms / 1000},
                                   {"own", one.number == call.ask.session}});
    return out;
}

std::string show_session_text(const Json& json) {
    Columns table({">#", "", "Login Time", "User", "Access", "Idle", "From"});
    for (const auto& one : json["sessions"])
        table.add({plain(one["number"]), one["own"].get<bool>() ? "*" : "", plain(one["login_at"]), plain(one["user"]),
                   std::string(access(one["role"] == "admin")), fmt::format("{} s", plain(one["idle_seconds"])),
                   plain(one["from"])});
    return table.text();
}

void clear_session(const Call& call, Done done) {
    const auto number = *call.match.get<std::uint64_t>("session");
    if (number == call.ask.session) return done(failure("this is your own session; exit ends it"));
    if (!call.ask.sessions || !call.ask.sessions->end(static_cast<unsigned>(number), call.ask.user))
        return done(failure(fmt::format("there is no session {}; show session lists them", number)));
    done(fmt::format("Session {} ended.\n", number));
}

}  // namespace baton::commands
