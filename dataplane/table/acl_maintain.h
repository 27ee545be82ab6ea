// SPDX-License-Identifier: Apache-2.0
// The applier's part of access lists. Rules come and go in the acl arena at once; with the end of the round (publish)
// they are in force for every packet from then on. Compiling them takes from milliseconds to seconds and happens in a
// thread of its own (AclWorkshop); until the image is there, what came lies beside the last one and what went is marked
// in it.
//
// The life of a slot whose rule went: marked gone in the arena; a view is published that does not find it any more;
// every worker has ended the turn that could have seen the view before; free. So no hit falls to a rule that came
// later.
//
// A data plane that starts puts all the rules that it finds in force beside no image, before its workers' first turn:
// no packet is ever looked at without them.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/table/acl.h"
#include "dataplane/table/acl_slots.h"
#include "dataplane/table/acl_workshop.h"
#include "sync/base/time.h"
#include "sync/layout/command.h"

namespace baton {

class AclMaintenance {
  public:
    /// `make`: compiles; without it every rule is looked through. Publishes what the arena holds.
    AclMaintenance(AclArena& arena, Acl& acl, AclWorkshop::Make make);
    ~AclMaintenance();
    AclMaintenance(const AclMaintenance&) = delete;
    AclMaintenance& operator=(const AclMaintenance&) = delete;

    Outcome set(const AclRule& rule, Term term);
    Outcome remove(const AclRule& rule);

    /// Rules that no master said in `term` or later, the ones that decide last first: in this order they can go one by
    /// one, and no packet is treated in a way that neither those that stay nor all of them would treat it.
    std::vector<AclRule> stale(Term term) const;
    bool is_stale(const AclRule& rule, Term term) const;

    /// What was said since the last time is in force from here on.
    void publish();

    /// A round: takes over an image that is ready, begins the next, gives back what no worker sees any more. `turns`:
    /// how many each worker has ended, read after the last publish().
    void turn(Time now, std::span<const std::uint64_t> turns);

    /// Waits for the workshop and takes its image over: all rules are compiled then, if there is memory for it. For
    /// tests and benches.
    bool compile_now();

    std::size_t size() const { return slots_.size(); }

  private:
    struct Retired {
        std::unique_ptr<const AclView> view;
        std::vector<std::uint32_t> slots;  // that it was the last one to find
        std::vector<std::uint64_t> turns;  // of the workers, once it had been replaced; empty: not looked at yet
    };

    static constexpr std::uint32_t none = ~0u;
    static constexpr std::size_t few = 48;  // rules that are sooner looked through than compiled (bench/micro/acl)

    void leave(std::uint32_t slot, std::uint64_t rank);
    void give_back(std::span<const std::uint64_t> turns);
    void take_image();
    void begin_image(Time now);
    bool wants_image() const;

    AclArena* arena_;
    Acl* acl_;
    AclSlots<> slots_;
    AclWorkshop workshop_;

    std::shared_ptr<const AclImage> image_;
    std::vector<std::uint32_t> places_;  // in image_, by slot, of what is in force; none
    std::vector<std::uint64_t> gone_;    // by place in image_: not in force any more
    std::uint32_t gone_count_ = 0;
    std::map<std::uint64_t, AclEntry> beside_;  // by rank
    std::vector<std::uint32_t> leaving_;        // slots gone since the last view

    std::unique_ptr<const AclView> view_;
    std::deque<Retired> retired_;
    bool dirty_ = false;
    Time dirty_since_{}, changed_at_{};  // since when something is not compiled, and when the last of it came
    Time retry_at_{};                    // there was no memory for an image: not before then
    std::uint64_t began_at_change_ = 0;  // AclArena::changes of the image that is being made
};

}  // namespace baton
