// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/incremental.h"

#include <fmt/core.h>

#include <optional>

#include "controlplane/commands/configuration.h"
#include "controlplane/commands/interpreter.h"
#include "sync/base/time.h"

namespace baton::commands {
namespace {

constexpr Duration slice = milliseconds(2);
constexpr std::size_t piece = 32 * 1024;

}  // namespace

struct Incremental::Line {
    std::size_t number = 0;
    std::optional<Result<void>> outcome;
    std::function<void()> wake;
};

Incremental::Incremental(Switch& sw, std::string text, bool json) : sw_(sw), text_(std::move(text)), json_(json) {}

Incremental::~Incremental() = default;

Code Incremental::code() const {
    return failed_ == 0 && tried_ > 0 ? Code::ok : Code::failed;
}

bool Incremental::sleeps(const std::function<void()>& wake) {
    if (!line_ || line_->outcome) return false;
    line_->wake = wake;
    return true;
}

void Incremental::report(std::string& out, std::size_t number, const Result<void>& outcome) {
    ++tried_;
    if (!outcome) ++failed_;
    if (!json_) {
        out += fmt::format("line {}: {}\n", number, outcome ? "done" : outcome.error().what);
        return;
    }
    Json row{{"line", number}, {"ok", outcome.has_value()}};
    if (!outcome) row["error"] = outcome.error().what;
    out += tried_ == 1 ? "{\n  \"lines\": [\n    " : ",\n    ";
    out += row.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void Incremental::finish(std::string& out) const {
    std::string said;
    if (tried_ == 0)
        said = "this is no configuration: it holds no command";
    else if (failed_ == 0)
        said = fmt::format("{} {} applied", tried_, tried_ == 1 ? "line" : "lines");
    else
        said = fmt::format("{} of {} lines failed and changed nothing{}", failed_, tried_,
                           failed_ == tried_ ? "" : "; the others are applied");
    if (!json_) {
        out += failed_ == 0 && tried_ > 0 ? said + "\n" : fmt::format("%% {}\n", said);
        return;
    }
    out += tried_ == 0 ? "{\n  \"lines\": []" : "\n  ]";
    auto summary = dump({{"applied", tried_ - failed_}, {"failed", failed_}, {"text", said}});
    out.append(",").append(summary, 1).append("\n");
}

bool Incremental::next(std::string& out) {
    const auto until = monotonic_now() + slice;
    const auto begin = out.size(), full = begin + piece;
    while (true) {
        if (line_) {
            if (!line_->outcome) return true;
            report(out, line_->number, *line_->outcome);
            line_.reset();
        }
        if (at_ >= text_.size() || out.size() >= full || monotonic_now() >= until) break;
        const auto end = std::min(text_.find('\n', at_), text_.size());
        auto line = std::string_view(text_).substr(at_, end - at_);
        while (line.ends_with('\r')) line.remove_suffix(1);
        at_ = end + 1;
        ++number_;
        if (is_remark(line)) continue;
        auto transaction = transaction_of(sw_, line);
        if (!transaction || transaction->changes().empty()) {
            report(out, number_, transaction ? Result<void>() : Result<void>(transaction.error()));
            continue;
        }
        line_ = std::make_shared<Line>();
        line_->number = number_;
        sw_.commit(std::move(*transaction), [shared = line_](Result<void> outcome) {
            shared->outcome = std::move(outcome);
            if (const auto wake = std::exchange(shared->wake, nullptr)) wake();
        });
    }
    // The summary goes alone: when lines failed it is an error, and they are not.
    if (line_ || at_ < text_.size() || out.size() > begin) return true;
    finish(out);
    return false;
}

}  // namespace baton::commands
