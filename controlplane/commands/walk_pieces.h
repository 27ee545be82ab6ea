// SPDX-License-Identifier: Apache-2.0
// A walk (call.h) as pieces of text or of a JSON document. A piece ends after 32 KB or 2 ms, whichever comes first, so
// that a table of a million entries costs the board's loop no more at a time than one heartbeat notices.
#pragma once

#include <memory>
#include <string>

#include "controlplane/commands/interpreter.h"
#include "sync/base/time.h"

namespace baton::commands {

class WalkPieces final : public Pieces {
  public:
    WalkPieces(std::unique_ptr<Walk> walk, bool json) : walk_(std::move(walk)), json_(json) {}

    bool next(std::string& out) override {
        const auto until = monotonic_now() + milliseconds(2);
        const auto full = out.size() + 32 * 1024;
        if (!begun_) {
            if (json_)
                out.append("{\n  \"").append(walk_->name()).append("\": [");
            else
                out += walk_->heading();
            begun_ = true;
        }
        while (out.size() < full && monotonic_now() < until) {
            Json row;
            switch (walk_->next(row)) {
                case Walk::Step::row: put(row, out); break;
                case Walk::Step::nothing_yet: break;
                case Walk::Step::end: finish(out); return false;
            }
        }
        return true;
    }

  private:
    void put(const Json& row, std::string& out) {
        if (json_) {
            out += rows_++ == 0 ? "\n    " : ",\n    ";
            out += row.dump(-1, ' ', false, Json::error_handler_t::replace);
        } else {
            out += walk_->text(row);
        }
    }

    void finish(std::string& out) {
        const auto summary = walk_->summary();
        if (!json_) {
            out += walk_->footer(summary);
            return;
        }
        const auto text = dump(summary);
        out += rows_ == 0 ? "]" : "\n  ]";
        out.append(",").append(text, 1).append("\n");
    }

    std::unique_ptr<Walk> walk_;
    bool json_;
    bool begun_ = false;
    std::uint64_t rows_ = 0;
};

}  // namespace baton::commands
