// SPDX-License-Identifier: Apache-2.0
// What workers look packets up in. A view is made whole and then never changed; the applier publishes the next one with
// one store, and frees the last one when every worker has ended the turn that could have seen it. So a burst sees the
// rules as they were at one moment, and a rule is in force, or not, for all of a packet.
//
//   image    most rules, compiled (AclImage; librte_acl in the data plane), made aside by a thread of its own
//   gone     those of its rules that are no longer in force: a packet whose compiled match is gone is looked up in the
//            image's own list, from behind that match on
//   beside   rules that came after the image was begun, looked through one after the other
//
// Of the image's match and that beside it the lower rank decides. No rules at all: no view, one test for a burst.
#pragma once

#include <atomic>
#include <memory>

#include "dataplane/table/acl_linear.h"
#include "sync/layout/acl.h"

namespace baton {

/// Rules compiled for looking up many packets at once.
class AclImage {
  public:
    explicit AclImage(const std::vector<AclEntry>& entries) : list(entries) {}

    virtual ~AclImage() = default;
    AclImage(const AclImage&) = delete;
    AclImage& operator=(const AclImage&) = delete;

    /// For each key 1 + the place in `list` of the first rule that matches; 0: none does.
    virtual void classify(const AclKey* keys, std::uint32_t* found, unsigned count) const = 0;

    const AclLinear list;
};

class AclView {
  public:
    static constexpr unsigned most = 64;  // keys at a time

    AclView(std::shared_ptr<const AclImage> image, std::vector<std::uint64_t> gone, const std::vector<AclEntry>& beside)
        : image_(std::move(image)), gone_(std::move(gone)), beside_(beside) {}

    /// The rule that decides over each packet; rank ~0: no rule matches.
    void look_up(const AclKey* keys, AclVerdict* verdicts, unsigned count) const {
        std::uint32_t found[most] = {};
        if (image_) image_->classify(keys, found, count);
        for (unsigned i = 0; i < count; ++i) {
            AclVerdict verdict;
            if (found[i] != 0) verdict = compiled(keys[i], found[i] - 1);
            if (beside_.size() != 0) {
                const std::uint32_t at = beside_.find(keys[i]);
                if (at != AclLinear::none && beside_.verdict(at).rank < verdict.rank) verdict = beside_.verdict(at);
            }
            verdicts[i] = verdict;
        }
    }

    std::uint32_t beside() const { return beside_.size(); }

  private:
    AclVerdict compiled(const AclKey& key, std::uint32_t at) const {
        if (!gone_.empty() && (gone_[at / 64] >> at % 64 & 1)) [[unlikely]] {
            at = image_->list.find(key, at + 1, gone_.data());
            if (at == AclLinear::none) return {};
        }
        return image_->list.verdict(at);
    }

    std::shared_ptr<const AclImage> image_;
    std::vector<std::uint64_t> gone_;  // by place in the image; empty: none has
    AclLinear beside_;
};

/// The word that workers read with every burst. One for the process; `publish` is the applier's.
class Acl {
  public:
    Acl() = default;

    explicit Acl(AclArena& arena) : arena_(&arena) {}

    Acl(const Acl&) = delete;
    Acl& operator=(const Acl&) = delete;

    const AclView* view() const { return view_.load(std::memory_order_acquire); }

    AclHits* hits(WorkerId worker) const { return arena_ ? arena_->hits[worker] : nullptr; }

    void publish(const AclView* view) { view_.store(view, std::memory_order_seq_cst); }

  private:
    AclArena* arena_ = nullptr;
    std::atomic<const AclView*> view_ = nullptr;
};

}  // namespace baton
