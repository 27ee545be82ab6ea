// SPDX-License-Identifier: Apache-2.0
// Many notations as one language: which command is this line, what is wrong with it, and what could come next. One walk
// answers all three, so `?`, Tab, abbreviations and error messages can never disagree.
//
// At each word, in this order: a keyword said in full; an argument that names something that exists; the only keyword
// it begins; an argument of the right form. Two keywords that it could begin are an error that lists them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "controlplane/commands/line.h"
#include "controlplane/commands/notation.h"

namespace baton::commands {

struct Bound {
    const ArgumentType* type = nullptr;
    Value value;
    std::string text;      // as typed
    std::size_t at = 0;    // in the line
    std::size_t size = 0;  // there, with its quotes
};

struct Match {
    unsigned row = 0;                     // index of the notation
    std::vector<Bound> arguments;         // in the order said
    std::vector<std::string_view> words;  // the keywords in full

    bool says(std::string_view keyword) const;

    /// The argument of that kind, or null when it was left out.
    template <class T>
    const T* get(std::string_view kind) const {
        for (const auto& bound : arguments)
            if (bound.type->name == kind) return &bound.value.template as<T>();
        return nullptr;
    }
};

struct Hint {
    std::string text;                        // a keyword, a live name, "<kind>", "<cr>" or "|"
    const ArgumentType* argument = nullptr;  // what it is a value of; null for a keyword
    bool placeholder = false;                // to be shown, not typed
    bool shared = false;                     // a keyword of several rows
    unsigned row = 0;                        // of one that has it
};

class Grammar {
  public:
    static Result<Grammar> make(std::span<const std::string_view> notations);

    /// `end`: where the line ends, for a complaint that something is missing.
    std::variant<Match, Complaint> match(std::span<const Word> words, std::size_t end, const LiveNames& live) const;

    /// What could stand in place of `partial`, behind `before`.
    std::variant<std::vector<Hint>, Complaint> hints(std::span<const Word> before, const Word& partial,
                                                     const LiveNames& live) const;

    const Graph& graph(unsigned row) const { return graphs_[row]; }

    unsigned size() const { return static_cast<unsigned>(graphs_.size()); }

  private:
    struct Thread {
        unsigned row = 0;
        const Node* node = nullptr;  // null: nothing said yet
        std::vector<Bound> arguments;
        std::vector<std::string_view> words;
    };

    using Threads = std::vector<Thread>;

    Threads begin() const;
    const std::vector<unsigned>& next(const Thread& thread) const;
    std::vector<std::string> expected(const Threads& threads) const;
    std::variant<Threads, Complaint> step(const Threads& threads, const Word& word, const LiveNames& live) const;
    std::variant<Threads, Complaint> walk(std::span<const Word> words, const LiveNames& live) const;

    std::vector<Graph> graphs_;
};

/// "a", "a or b", "a, b or c"
std::string any_of(const std::vector<std::string>& words);

}  // namespace baton::commands
