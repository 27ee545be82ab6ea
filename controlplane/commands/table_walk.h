// SPDX-License-Identifier: Apache-2.0
// A walk over a table that may hold millions of entries while others write it: what is found is held back until the
// whole table was seen, and shown sorted; a table with more than `most` entries that fit is shown as it lies, because a
// board must stay small (each GB that it holds delays the notice of its death by 65 ms).
#pragma once

#include <deque>

#include "controlplane/commands/call.h"

namespace baton::commands {

template <class Entry>
class TableWalk : public Walk {
  public:
    explicit TableWalk(std::size_t most) : most_(most) {}

    Step next(Json& row) final {
        if (at_ < found_.size() && (walked_ || overflown_)) {
            row = json(found_[at_++]);
            return Step::row;
        }
        if (at_ == found_.size()) {
            found_.clear();
            at_ = 0;
        }
        if (walked_) return Step::end;
        walked_ = !look_further();
        if (found_.size() > most_) overflown_ = true;
        if (walked_ && !overflown_) sort(found_);
        return Step::nothing_yet;
    }

  protected:
    void show(Entry entry) { found_.push_back(std::move(entry)); }

    /// All that is to be shown was: nothing is looked through.
    void settle() { walked_ = true; }

  private:
    /// Takes some microseconds to show() what it finds; false: that was all.
    virtual bool look_further() = 0;
    virtual void sort(std::deque<Entry>& entries) const = 0;
    virtual Json json(const Entry& entry) = 0;

    const std::size_t most_;
    std::deque<Entry> found_;  // and not yet shown, from at_ on
    std::size_t at_ = 0;
    bool walked_ = false;     // the whole table was seen
    bool overflown_ = false;  // too many to sort
};

}  // namespace baton::commands
