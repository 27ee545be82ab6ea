// SPDX-License-Identifier: Apache-2.0
// Where an answer goes: through the line filters, then to a terminal or a pipe. It is held back until it is whole (or
// larger than `hold`), so that a read whose master dies in the middle can begin anew and nothing is printed twice.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "controlplane/commands/filter.h"

namespace baton::session {

class Screen {
  public:
    static constexpr std::size_t hold = 16u << 20;  // about 200,000 FDB entries
    static constexpr std::size_t hold_paged = 128u << 20;

    Screen(int fd, commands::FilterChain filters, std::size_t page_rows)
        : fd_(fd), filters_(std::move(filters)), page_rows_(page_rows) {}

    /// A piece of an answer.
    void text(std::string_view piece);

    /// Forgets what was held back; false when something was printed already.
    bool restart(commands::FilterChain filters);

    /// The answer is whole.
    void finish();

    /// The reader went away (`| head`): say no more.
    bool gone() const { return gone_; }

  private:
    void print(std::string_view what);
    void print_pages(std::string_view what);

    int fd_;
    commands::FilterChain filters_;
    std::size_t page_rows_;  // 0: never stop
    std::string held_;
    bool printed_ = false;
    bool gone_ = false;
};

/// Writes all of it; false when the reader went away.
bool write_all(int fd, std::string_view what);

}  // namespace baton::session
