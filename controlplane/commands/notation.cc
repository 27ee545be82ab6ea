// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/notation.h"

#include <fmt/core.h>

#include <cctype>

namespace baton::commands {
namespace {

/// A piece of notation as Glushkov sees it: where it may begin, where it may end, and whether it may be nothing.
struct Piece {
    std::vector<unsigned> first, last;
    bool nothing = true;
};

void append(std::vector<unsigned>& to, const std::vector<unsigned>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Graph> parse() {
        auto whole = choice();
        if (!whole) return whole.error();
        if (at_ != text_.size()) return wrong("a bracket was closed that was never opened");
        if (whole->nothing) return wrong("the whole command may be left out");
        graph_.first = whole->first;
        for (const auto node : whole->last) graph_.nodes[node].last = true;
        return std::move(graph_);
    }

  private:
    Error wrong(std::string_view what) const {
        return failure(fmt::format("notation \"{}\", at {}: {}", text_, at_, what));
    }

    void skip() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }

    char peek() {
        skip();
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    Result<Piece> choice() {  // a | b | c
        auto out = sequence();
        while (out && peek() == '|') {
            ++at_;
            auto more = sequence();
            if (!more) return more;
            if (out->nothing || more->nothing) return wrong("an alternative is empty");
            append(out->first, more->first);
            append(out->last, more->last);
        }
        return out;
    }

    Result<Piece> sequence() {
        Piece out;
        while (true) {
            const char c = peek();
            if (c == '\0' || c == '|' || c == ']' || c == '}') return out;
            auto next = c == '[' || c == '{' ? bracketed(c) : atom(c);
            if (!next) return next;
            for (const auto node : out.last) append(graph_.nodes[node].next, next->first);
            if (out.nothing) append(out.first, next->first);
            if (!next->nothing) out.last.clear();
            append(out.last, next->last);
            out.nothing = out.nothing && next->nothing;
        }
    }

    Result<Piece> bracketed(char open) {
        ++at_;
        auto inside = choice();
        if (!inside) return inside;
        if (peek() != (open == '[' ? ']' : '}')) return wrong("a bracket is not closed");
        ++at_;
        if (inside->nothing) return wrong("a bracket holds nothing that must be said");
        inside->nothing = open == '{';
        return inside;
    }

    Result<Piece> atom(char c) {
        const auto begin = at_;
        Node node;
        if (c == '<') {
            const auto end = text_.find('>', at_);
            if (end == std::string_view::npos) return wrong("an argument has no closing >");
            node.argument = argument_type(text_.substr(begin + 1, end - begin - 1));
            if (!node.argument) return wrong("no such kind of argument");
            at_ = end + 1;
        } else {
            while (at_ < text_.size() &&
                   (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '-' || text_[at_] == '_'))
                ++at_;
            if (at_ == begin) return wrong("a keyword holds letters, digits, '-' and '_'");
            node.word = text_.substr(begin, at_ - begin);
        }
        const auto index = static_cast<unsigned>(graph_.nodes.size());
        if (node.argument && node.argument->repeats) node.next.push_back(index);
        graph_.nodes.push_back(std::move(node));
        return Piece{{index}, {index}, false};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Graph graph_;
};

}  // namespace

Result<Graph> parse_notation(std::string_view notation) {
    return Parser(notation).parse();
}

}  // namespace baton::commands
