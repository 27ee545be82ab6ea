// SPDX-License-Identifier: Apache-2.0
// One operator's session as the client sees it; it outlives the master it talks to.
//
//   hello   which master is this, and would the line change anything?
//   run     the answer, in pieces
//   broken  a read is asked once more, of the new master. A change never is: the new master, which has read the journal
//           to its end, is asked what became of the token that went with it, and says "committed" or "not applied".
#pragma once

#include <functional>
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
        bool json = false;
        std::size_t page_rows = 0;
        std::function<bool(const std::string& question)> confirm;  // empty: yes
        std::function<void(const std::string& line)> notice;       // one line about a change of master
    };

    explicit Client(Options options) : options_(std::move(options)), link_(options_.path) {}

    /// Runs one line; what it prints goes to fd `out`.
    Answer run(const std::string& line, int out);

    /// Waits for a master, to have its prompt.
    Answer hello();

    std::vector<std::string> complete(const std::string& line, std::size_t cursor);
    /// "word\texplanation"; one entry without a tab is a complaint.
    std::vector<std::string> help(const std::string& line, std::size_t cursor);

    const std::string& prompt() const { return prompt_; }

    Options& options() { return options_; }

    bool output_gone() const { return output_gone_; }

  private:
    Result<Reply> say_hello(const std::string& line);
    Result<void> attach(const std::string& path);
    Answer outcome(std::uint64_t token, const Reply& greeting, const std::string& line, Screen& screen);
    Answer failed(Code code, const std::string& what) const;
    std::vector<std::string> words(Request::Kind kind, const std::string& line, std::size_t cursor);

    Time deadline() const { return monotonic_now() + options_.timeout; }

    Options options_;
    Link link_;
    std::string prompt_ = "Baton # ";
    std::uint64_t term_ = 0;   // of the master that answered last; 0: none yet
    std::uint32_t count_ = 0;  // lines run
    bool output_gone_ = false;
};

}  // namespace baton::session
