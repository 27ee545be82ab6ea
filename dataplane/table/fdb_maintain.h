// SPDX-License-Identifier: Apache-2.0
// What the applier does to the L2 FDB beside the workers: static entries, flush, aging, the sweep, growth. One thread,
// one object; workers learn and look up all the while, and nobody waits for anybody. turn() does one bounded slice of
// whatever is due (some 100 us), so that commands are never behind a sweep of 256 MB.
//
// Killed at any store, it leaves every reader content, and the next process goes on from the shared bytes alone: the
// shape says where growth was, a sweep begins again, a command is given again.
//
// Aging      A tick is a fifth of the aging time. The epoch advances at a tick, if a sweep that began after the last
//            advance is complete: that sweep cleared all words whose age is the epoch to come, so none is reborn. A
//            word written in epoch e dies at the start of e + 6, which is 5 to 6 ticks on: T to 1.2 T.
// Flush      A word of (port p, VLAN v) is valid while port_gen[p] + vlan_gen[v] mod 16 is what it was when written. A
//            flush adds at most 1 to the sum of any pair: `port` and `VLAN` add to one array each, `all` to every VLAN
//            and to no port, and port + VLAN, which would need a third array, scans instead. So after n flushes a sum
//            has risen by at most n, and a word that was flushed can only look valid again at the 16th. `flushes`
//            counts those since the last complete sweep began, and is stored before the generations, so that a kill
//            between them counts too many; at 14 a whole sweep comes before the next flush.
// Growth     At 0.70 live words to a slot, or when a worker found no room: a table of twice the size is allocated in
//            slices; then bucket by bucket each word is copied to the same slot of bucket 2i or 2i+1 and frozen where
//            it was, in this order, so that a frozen word is known to be copied; then the cursor passes the bucket. The
//            old table's memory goes back when every worker has passed a turn, and after two seconds for boards.
#pragma once

#include <functional>
#include <span>

#include "dataplane/table/fdb.h"
#include "sync/base/mac.h"
#include "sync/base/result.h"
#include "sync/base/time.h"
#include "sync/region/arena.h"

namespace baton {

struct MaintenanceStores : PlainStores {
    static bool allocate(int fd, std::size_t offset, std::size_t size) { return baton::allocate(fd, offset, size); }

    static void deallocate(int fd, std::size_t offset, std::size_t size) { baton::deallocate(fd, offset, size); }
};

/// Bits of the smallest table that holds `entries` at the load at which tables grow.
unsigned fdb_bits_for(std::uint64_t entries);

/// Sums over all workers' counters, and each worker's count of turns. Counters only grow.
struct FdbWorkers {
    std::uint64_t learned = 0;
    std::uint64_t full = 0;  // learn_full
    std::span<const std::uint64_t> turns;
};

/// Buckets that one turn() sweeps and moves: 100 and 50 us, measured with 16 M entries.
struct FdbSlices {
    std::uint64_t sweep = 2048;
    std::uint64_t growth = 1024;
};

template <class Geometry, class Stores>
class BasicFdbMaintenance {
  public:
    using View = BasicFdbView<Geometry, Stores>;

    /// Opens the arena (`fd`, mapped for writing at `arena`): makes the first table in a fresh one, from `seed`, else
    /// goes on where the last process was. Workers may begin afterwards. `max_bits` bounds growth (fdb_bits_for).
    static Result<BasicFdbMaintenance> open(int fd, std::byte* arena, unsigned max_bits, std::uint64_t seed, Time now);

    /// 0: never. Entries that are known keep the epochs they have lived.
    void set_aging(std::uint32_t seconds, Time now);

    /// One slice of what is due. True: there is more to do, call again without sleeping.
    bool turn(Time now, const FdbWorkers& workers);

    void set_slices(FdbSlices slices) { slices_ = slices; }

    /// A static entry; `dest` is a port or fdb_dest_blackhole. Takes the place of a dynamic one, of another address if
    /// need be; false when both buckets are full of static entries.
    bool set_static(VlanId vlan, Mac mac, std::uint16_t dest);
    /// False when there was none.
    bool delete_static(VlanId vlan, Mac mac);
    /// Deletes the static entries that are not `wanted`; how many. Walks the whole table (60 ms at 16 M).
    std::uint64_t keep_statics(const std::function<bool(VlanId, Mac)>& wanted);

    /// Forgets dynamic entries: of a port, of a VLAN, of both together, of all (0 means any). Both together walks the
    /// whole table (60 ms of CPU at 16 M entries, 2 at 500,000); the others are increments. A 15th within one sweep
    /// waits for a whole sweep (200 ms at 16 M), which turn() forestalls by beginning one after the 7th.
    void flush(VlanId vlan, PortId port);
    /// Forgets one dynamic entry (at `port` only, unless 0); false when there was none.
    bool forget(VlanId vlan, Mac mac, PortId port = no_port);

    /// Asks for a table of twice the size, which turn() also does by itself; false, and counted, at the largest
    /// allowed.
    bool begin_growth();

    bool is_growing() const { return allocating_ != 0 || shape().growing != 0; }

    bool is_sweeping() const { return sweeping_; }

    /// Memory of tables no longer in use is still held for those who may be reading.
    bool is_retiring() const { return retiring_; }

    /// Whole sweep, whole growth, at once: for tests and for a forced flush.
    void sweep_all();
    void grow_all();

  private:
    BasicFdbMaintenance(int fd, std::byte* arena);

    FdbShape shape() const { return FdbShape::of(control_->shape.load(std::memory_order_relaxed)); }

    View view() const { return View(arena_, hash_); }

    FdbBucket& bucket_at(unsigned bits, std::uint64_t number) const;

    static constexpr std::uint64_t offset_of(unsigned bits) { return Geometry::tables + fdb_table_offset(bits); }

    void begin_sweep();
    void sweep(std::uint64_t buckets);
    void sweep_bucket(View& view, std::uint64_t position);
    void check_pending(View& view);
    void end_sweep();
    void tick(Time now);

    void grow(std::uint64_t buckets);
    void allocate_slice();
    void move_bucket(const View& view, unsigned bits, std::uint64_t number);
    void finish_growth(unsigned bits);
    void refuse_growth();
    void consider_growth(Time now);
    void retire(Time now);

    template <class Visit>
    void each_bucket(std::uint64_t from, std::uint64_t to, Visit&& visit);
    template <class Match>
    std::uint64_t clear_words(std::uint64_t mask, std::uint64_t want, Match&& match);
    template <class Match>
    std::uint64_t clear_named(VlanId vlan, Mac mac, Match&& match);

    int fd_;
    std::byte* arena_;
    FdbControl* control_;
    FdbHash hash_;

    FdbSlices slices_ = {};

    std::uint64_t place_ = 0;    // of the sweep, a live bucket
    std::uint64_t counted_ = 0;  // live words the sweep has seen so far
    std::uint32_t flushes_before_ = 0;
    bool sweeping_ = false;
    bool clean_ = false;    // a sweep begun in this epoch is complete
    unsigned pending_ = 0;  // alt words whose primary bucket is being fetched
    std::uint64_t pending_mixed_[32] = {};

    Duration tick_ = {};  // 0: no aging
    Time next_tick_ = {};

    unsigned allocating_ = 0;        // bits of the table that is being allocated
    std::uint64_t allocated_ = 0;    // bytes of it
    std::uint64_t moved_words_ = 0;  // live words that growth has moved
    bool moved_all_ = false;         // by this process: so the count is whole
    FdbWorkers workers_ = {};        // as turn() was last told
    bool told_ = false;
    std::uint64_t learned_at_count_ = 0;   // `learned` when the count in `entries` began
    std::uint64_t learned_at_sweep_ = 0;   // when the present sweep began
    std::uint64_t learned_at_growth_ = 0;  // when the present growth began
    std::uint64_t full_seen_ = 0;          // overflows already answered
    Time early_sweep_at_ = {};             // none before
    Time growth_at_ = {};                  // no attempt before, after one was refused
    bool refused_ = false;

    bool retiring_ = false;
    bool retire_marked_ = false;
    Time retire_at_ = {};
    std::uint64_t retire_turns_[max_workers] = {};
};

using FdbMaintenance = BasicFdbMaintenance<FdbGeometry, MaintenanceStores>;

}  // namespace baton
