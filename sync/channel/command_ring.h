// SPDX-License-Identifier: Apache-2.0
// Both ends of the command rings. The master of a term pushes into ring term % ring_count and nowhere else; the applier
// reads the ring of the current term. A master never waits here: a full ring, or one that is not (or no longer) its
// own, is an answer. What is free is learnt from the applier's account (TablesArena::applier), the only word that it
// sends back.
//
//   master   fill slot, then store `written` (release)        applier   load `written` (acquire), copy the slot
//            load `term`, `applied` (acquire)       <-                  store outcomes, then `applied` (release)
#pragma once

#include <cstring>

#include "sync/layout/command.h"
#include "sync/layout/tables.h"

namespace baton {

/// The master's end. One thread; made when the baton arrives, thrown away with it.
class CommandWriter {
  public:
    CommandWriter(CommandArena& arena, const Applier& applier, Term term)
        : ring_(&arena.rings[term % ring_count]), applier_(&applier), term_(term) {}

    Term term() const { return term_; }

    /// Sequence of the last command in the ring. Read from the ring and not kept here, so that a zombie that moved it
    /// costs this master a refused command at the worst, and never the ring.
    std::uint64_t written() const { return ring_->written.load(std::memory_order_acquire); }

    /// How many commands of this term the applier has dealt with.
    std::uint64_t applied() const {
        if (applier_->term.load(std::memory_order_acquire) != term_) return 0;
        return applier_->applied.load(std::memory_order_acquire);
    }

    /// How many commands push() would take now; 0 also when the chassis gave the ring to another term.
    std::size_t room() const {
        if (ring_->term.load(std::memory_order_acquire) != term_) return 0;
        const std::uint64_t waiting = written() - applied();
        return waiting >= ring_slots ? 0 : ring_slots - static_cast<std::size_t>(waiting);
    }

    /// Puts one command in the ring: its sequence, or 0 when there is no room (try again later, never wait here).
    template <class Body>
    std::uint64_t push(CommandType type, Owner owner, const Body& body) {
        if (room() == 0) return 0;
        Command command;
        command.term = term_;
        command.sequence = written() + 1;
        command.type = type;
        command.owner = owner;
        command.set(body);
        std::memcpy(&ring_->slots[(command.sequence - 1) % ring_slots], &command, sizeof command);
        ring_->written.store(command.sequence, std::memory_order_release);
        return command.sequence;
    }

    /// What became of a command pushed here. Ask before ring_slots more have been pushed: slots are used again.
    Outcome outcome(std::uint64_t sequence) const {
        if (sequence == 0 || sequence > applied()) return Outcome::pending;
        return static_cast<Outcome>(applier_->outcomes[(sequence - 1) % ring_slots].load(std::memory_order_acquire));
    }

  private:
    CommandRing* ring_;
    const Applier* applier_;
    Term term_;
};

/// The applier's end: looks, never writes (its mapping of the arena is read-only).
class CommandReader {
  public:
    explicit CommandReader(const CommandArena& arena) : arena_(&arena) {}

    /// Commands ever written in that term; 0 when the ring is not (yet) that term's.
    std::uint64_t written(Term term) const {
        const CommandRing& ring = arena_->rings[term % ring_count];
        return ring.term.load(std::memory_order_acquire) == term ? ring.written.load(std::memory_order_acquire) : 0;
    }

    /// The next command of `term` after `applied`, copied, since a zombie may still scribble in the slot: what is
    /// judged is what is applied. False when there is none, or the ring is not (yet) that term's.
    bool next(Term term, std::uint64_t applied, Command& into) const {
        if (written(term) <= applied) return false;
        std::memcpy(&into, &arena_->rings[term % ring_count].slots[applied % ring_slots], sizeof into);
        std::atomic_thread_fence(std::memory_order_acq_rel);
        return true;
    }

  private:
    const CommandArena* arena_;
};

}  // namespace baton
