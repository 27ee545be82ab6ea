// SPDX-License-Identifier: Apache-2.0
// What a command's handler is given and what it gives back. There are six kinds, and each says less than a general
// function could, so that the rest is done in one place (interpreter.cc):
//
//   show   reads, and builds one JSON value; a renderer makes the text from that same value, so both say the same
//   walk   a show of a table that may be huge: row by row, in slices that never hold the board's loop
//   plan   a change of configuration, as a value; the interpreter commits it with the client's token
//   act    an act that is not configuration (flush, hand over, reboot); its outcome is not in the journal
//   perform  an act whose answer comes in pieces as it goes on
//   local  the client does it itself (exit, history, paging)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/commands/grammar.h"
#include "controlplane/commands/switch.h"

namespace baton::commands {

using Json = nlohmann::ordered_json;  // fields come out in the order in which they were put in

enum class Role : std::uint8_t {
    read,
    change,
    privileged
};  // what an operator must be allowed; each includes the last

/// One operator's session, as `show session` lists it.
struct SessionView {
    unsigned number = 0;
    std::string user, from;
    Role role{};
    std::int64_t began_ns = 0;  // CLOCK_REALTIME
    std::int64_t idle_ms = 0;
};

/// The sessions of this master; what commands may know of the session server.
class Sessions {
  public:
    virtual ~Sessions() = default;
    virtual std::vector<SessionView> list() const = 0;
    /// False when there is no such session.
    virtual bool end(unsigned number, std::string_view by) = 0;

    struct Logins {
        std::uint64_t good = 0, failed = 0;
    };

    /// Of an account, since this board became master.
    virtual Logins logins(std::string_view account) const = 0;
};

/// A line, and who asks.
struct Ask {
    std::string_view line = {};
    bool json = false;
    std::uint64_t token = 0;  // of the client, for Switch::outcome
    Role role = Role::privileged;
    std::string_view user = "operator";  // also for what is written down
    std::string_view attachment = {};    // the client's file that the command reads (Handler::file)
    unsigned session = 0;
    Sessions* sessions = nullptr;  // null: there are none
};

class Pieces {
  public:
    virtual ~Pieces() = default;
    /// Appends some more, perhaps nothing yet; false when that was the last.
    virtual bool next(std::string& out) = 0;

    /// True: next() has nothing to say before `wake` is called, once.
    virtual bool sleeps(const std::function<void()>& wake) {
        (void)wake;
        return false;
    }

    /// After the last: the verdict (Output::verdict).
    virtual Code code() const { return Code::ok; }
};

struct Output {
    Code code = Code::ok;
    std::string text;  // all of it, unless `rest`
    std::unique_ptr<Pieces> rest;
    Code verdict = Code::ok;  // said behind the text: an answer that is no error, and yet a no
    std::string_view local;   // what the client does itself: "exit", "history", "paging on", ... (registry.cc)
};

struct Call {
    Switch& sw;
    const Match& match;
    const Ask& ask;
};

class Walk {
  public:
    enum class Step { row, nothing_yet, end };

    virtual ~Walk() = default;
    virtual std::string_view name() const = 0;            // of the list in the JSON document
    virtual std::string heading() const = 0;              // lines above the text rows
    virtual Step next(Json& row) = 0;                     // takes some microseconds, not more
    virtual std::string text(const Json& row) const = 0;  // one line
    virtual Json summary() = 0;  // further fields of the document, at least one; after the last row
    virtual std::string footer(const Json& summary) const = 0;
};

struct Plan {
    std::vector<config::Change> changes;
    std::string text;  // what the operator is told once it is done
};

using Done = std::function<void(Result<std::string>)>;

enum class ClientFile : std::uint8_t { none, read, write };  // read: attached; write: the answer goes there

struct Handler {
    Result<Json> (*show)(const Call&) = nullptr;
    std::string (*text)(const Json&) = nullptr;
    Result<std::unique_ptr<Walk>> (*walk)(const Call&) = nullptr;
    Result<Plan> (*plan)(const Call&) = nullptr;
    void (*act)(const Call&, Done) = nullptr;
    void (*perform)(const Call&, std::function<void(Output)>) = nullptr;
    std::string_view local = {};
    Code (*verdict)(const Json&) = nullptr;  // of a show that judges: the exit code that goes with what is shown
    std::string (*question)(const Call&) = nullptr;  // asked of a person first, when what is the case asks for it
    bool journalled = false;     // Switch::outcome will know what became of an act
    ClientFile file = {};        // what is done with the client's file <path>
    std::uint32_t patience = 0;  // seconds that a client should wait for an answer, when more than usual
};

constexpr Handler shows(Result<Json> (*show)(const Call&), std::string (*text)(const Json&)) {
    return {.show = show, .text = text};
}

/// A show whose answer is also an exit code: scripts may ask it as a condition.
constexpr Handler judges(Result<Json> (*show)(const Call&), std::string (*text)(const Json&),
                         Code (*verdict)(const Json&)) {
    return {.show = show, .text = text, .verdict = verdict};
}

constexpr Handler walks(Result<std::unique_ptr<Walk>> (*walk)(const Call&)) {
    return {.walk = walk};
}

constexpr Handler plans(Result<Plan> (*plan)(const Call&)) {
    return {.plan = plan};
}

constexpr Handler acts(void (*act)(const Call&, Done)) {
    return {.act = act};
}

/// Asks back, or not, by what is the case; an empty question is none.
constexpr Handler acts_after(std::string (*question)(const Call&), void (*act)(const Call&, Done)) {
    return {.act = act, .question = question};
}

/// An act that is journalled with the client's token.
constexpr Handler keeps(void (*act)(const Call&, Done)) {
    return {.act = act, .journalled = true};
}

constexpr Handler performs(void (*perform)(const Call&, std::function<void(Output)>), std::uint32_t patience,
                           ClientFile file = ClientFile::none) {
    return {.perform = perform, .file = file, .patience = patience};
}

constexpr Handler local(std::string_view what) {
    return {.local = what};
}

}  // namespace baton::commands
