// SPDX-License-Identifier: Apache-2.0
// One operator's session as the client sees it; it outlives the master it talks to.
//
//   hello   which master is this, and would the line change anything? On a new connection it also says who we are, and
//           which session this was
//   run     the answer, in pieces
//   broken  a read is asked once more, of the new master. A change never is: the new master, which has read the journal
//           to its end, is asked what became of the token that went with it, and says "committed" or "not applied".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/shell/link.h"
#include "controlplane/shell/screen.h"
#include "sync/base/result.h"

namespace baton::session {

class Client {
  public:
    struct Answer {
        Code code = Code::ok;
        std::string local;      // what the client is to do itself
        std::string complaint;  // to be shown as an error, in the form asked for (text or JSON)
    };

    struct Options {
        std::string path;
        Duration timeout = seconds(10);  // for a master to answer, and for each piece of an answer
        std::string from = "local";      // where the operator sits, for show session
        std::string account;             // to log in as; empty: as the user one is
        std::string password;
        bool by_password = false;  // the password counts; else being that user must suffice
        bool json = false;
        std::size_t page_rows = 0;
        std::function<bool(const std::string& question)> confirm;  // empty: yes
        std::function<void(const std::string& line)> notice;       // one line about a change of master
        std::function<std::optional<std::string>(const std::string& question)> secret;  // unseen; nothing: given up
    };

    explicit Client(Options options) : options_(std::move(options)), link_(options_.path) {}

    /// Runs one line; what it prints goes to fd `out`.
    Answer run(const std::string& line, int out);

    /// Waits for a master, to have its prompt.
    Answer hello();

    std::vector<std::string> complete(const std::string& line, std::size_t cursor);
    /// "word\texplanation"; one entry without a tab is a complaint.
    std::vector<std::string> help(const std::string& line, std::size_t cursor);

    /// To be watched while nothing is asked; -1: nothing to watch.
    int fd() const { return link_.fd(); }

    /// The link had something to say while nothing was asked: most likely its master is gone. Goes to the next one,
    /// without waiting for it; call again when fd() speaks. With `tell` a change of master is said at once, else before
    /// the next answer. True when something was said.
    bool idle(bool tell);

    /// Somebody ended this session; the sentence was said.
    bool ended() const { return ended_; }

    /// As of the last answer: there is something to save, and we may.
    bool unsaved() const { return unsaved_; }

    /// The last line held a password.
    bool had_secret() const { return had_secret_; }

    /// It was asked for, so the line as typed held none.
    bool asked_secret() const { return asked_secret_; }

    const std::string& prompt() const { return prompt_; }

    Options& options() { return options_; }

    bool output_gone() const { return output_gone_; }

  private:
    Request greeting(const std::string& line) const;
    void greeted(const Reply& reply, bool tell);
    Result<Reply> say_hello(const std::string& line);
    Result<void> attach(const std::string& path);
    Result<std::string> with_secret(const std::string& line);
    Answer outcome(std::uint64_t token, const Reply& greeting, const std::string& line, Screen& screen);
    Answer failed(Code code, const std::string& what) const;
    std::vector<std::string> words(Request::Kind kind, const std::string& line, std::size_t cursor);

    Time deadline() const { return monotonic_now() + options_.timeout; }

    Options options_;
    Link link_;
    std::string prompt_ = "Baton # ";
    std::uint64_t term_ = 0;   // of the master that answered last; 0: none yet
    std::uint32_t count_ = 0;  // lines run
    std::uint32_t session_ = 0;
    std::uint64_t began_ns_ = 0;
    bool greeted_ = false;    // on this connection
    bool hello_out_ = false;  // idle() waits for the answer
    int idle_tries_ = 0;
    bool ended_ = false;
    bool unsaved_ = false;
    bool had_secret_ = false;
    bool asked_secret_ = false;
    bool output_gone_ = false;
};

}  // namespace baton::session
