// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/route_stream.h"

#include <utility>

#include "sync/base/log.h"

namespace baton {
namespace {

constexpr Duration complain_every = seconds(10);

}  // namespace

RouteStream::RouteStream(const Surroundings& around, Programmer& programmer, Reconciler& reconciler,
                         const config::Running& running)
    : around_(around),
      programmer_(programmer),
      reconciler_(reconciler),
      running_(running),
      interfaces_(around.tables) {}

/// The guide's failover timer is what a router waits for protocols that learn anew, whatever made them.
Duration RouteStream::patience() const {
    return seconds(running_.msm_failover().timeout_seconds);
}

void RouteStream::take_up(Time now) {
    const std::uint64_t written = around_.fpm.written.load(std::memory_order_acquire);
    cursor_ = fpm_cursor(around_.own, around_.other, written);
    const bool others = around_.other.fpm_cursor.load(std::memory_order_acquire) >
                        around_.own.fpm_cursor.load(std::memory_order_acquire);
    const BoardPage& page = others ? around_.other : around_.own;
    generation_ = zebra::generation_of(page.fpm_pids.load(std::memory_order_acquire),
                                       page.fpm_phase.load(std::memory_order_acquire));
    const zebra::Deed deed = zebra::on_takeover(generation_, now, patience());
    reconciler_.own(Owner::routing, [] { return std::vector<Command>(); });
    if (zebra::finished(generation_)) reconciler_.finished(Owner::routing);
    if (deed == zebra::Deed::mark) {
        log::warning("no routing daemon is connected: its routes stay until the failover timer expires, or it comes");
        programmer_.add({zebra::mark_command()}, nullptr);
    }
    if (cursor_ != written)
        log::info("fpm: going on with {} bytes that the last master did not deal with", written - cursor_);
}

void RouteStream::on_wake(Time now) {
    if (stopped_) return;
    interfaces_.again();
    while (batches_.size() < batches_most && programmer_.waiting() < commands_waiting_most && read_batch(now)) {
    }
    if (const zebra::Phase phase = generation_.phase;
        zebra::on_tick(generation_, now, all_read()) == zebra::Deed::sweep) {
        log::notice("fpm: {}; what zebra (pid {:#x}) has not said is deleted",
                    phase == zebra::Phase::hold ? "a new zebra had its time to learn" : "no sentinel has come in time",
                    generation_.pid);
        act(zebra::Deed::sweep);
    }
    complain(now);
}

bool RouteStream::all_read() const {
    return batches_.empty() && cursor_ == around_.fpm.written.load(std::memory_order_acquire);
}

/// False: there was nothing to read.
bool RouteStream::read_batch(Time now) {
    bool lost = false;
    unsigned records = 0;
    const std::uint64_t first = cursor_;
    for (; records < records_a_batch; ++records) {
        const auto record = read_fpm_ring(around_.fpm, cursor_, lost);
        if (!record) break;
        switch (record->kind) {
            case FpmRecordKind::connected:
                log::notice("fpm: zebra has come; what it does not say again will be deleted");
                act(zebra::on_connected(generation_, now, patience()));
                break;
            case FpmRecordKind::disconnected:
                log::notice("fpm: zebra has gone; its routes stay");
                zebra::on_disconnected(generation_);
                break;
            case FpmRecordKind::message: read_message(record->bytes, now); break;
            case FpmRecordKind::skip: break;
        }
    }
    if (lost) log::error("fpm: the ring holds no record at byte {}; going on behind it", first);
    if (cursor_ == first) return false;
    flush();
    return true;
}

void RouteStream::read_message(std::span<const std::uint8_t> bytes, Time now) {
    const zebra::Fault fault = zebra::read_frame(bytes, frame_);
    ++counts_.messages;
    counts_.passed_over += frame_.passed_over;
    counts_.without_hops += frame_.without_hops;
    counts_.hops_cut += frame_.hops_cut;
    if (fault != zebra::Fault::none) {
        ++counts_.faults;
        counts_.last_fault = zebra::fault_names[static_cast<std::size_t>(fault)];
        return;
    }
    zebra::on_message(generation_, frame_.pid);
    zebra::Deed deed = zebra::Deed::none;
    for (const zebra::Change& change : frame_.changes) {
        if (!change.sentinel) {
            tell(change);
            continue;
        }
        deed = zebra::on_sentinel(generation_, now, patience());
        if (deed == zebra::Deed::sweep) log::notice("fpm: zebra has said all its routes (pid {:#x})", generation_.pid);
        if (generation_.phase == zebra::Phase::hold && generation_.due == now + patience())
            log::notice("fpm: a new zebra (pid {:#x}) has said what it knows; it has {} s to learn the rest",
                        generation_.pid, patience().ns / 1'000'000'000);
    }
    act(deed);
}

void RouteStream::tell(const zebra::Change& change) {
    switch (zebra::append_commands(change, interfaces_, commands_)) {
        case zebra::Told::set: ++counts_.sets; break;
        case zebra::Told::removed: ++counts_.removals; break;
        case zebra::Told::elsewhere: ++counts_.elsewhere; break;
    }
}

/// The marker of a sweep is the reconciler's to say, which may say it again. What came before it is on its way first. A
/// master that dies between the two leaves a page that says `complete`, and the next one begins with the marker.
void RouteStream::act(zebra::Deed deed) {
    if (deed == zebra::Deed::mark) {
        reconciler_.reopened(Owner::routing);
        commands_.push_back(zebra::mark_command());
    } else if (deed == zebra::Deed::sweep) {
        flush();
        reconciler_.finished(Owner::routing);
    }
}

void RouteStream::flush() {
    auto batch = std::make_shared<Batch>();
    batch->cursor = cursor_;
    batch->generation = generation_;
    batches_.push_back(batch);
    programmer_.add(std::exchange(commands_, {}),
                    [this, batch](const std::vector<Refusal>& refusals) { settled(*batch, refusals); });
    if (programmer_.pump()) around_.wake_dataplane();
}

void RouteStream::settled(Batch& batch, const std::vector<Refusal>& refusals) {
    for (const Refusal& refusal : refusals) {
        ++counts_.refused;
        if (refusal.outcome == Outcome::table_full) ++counts_.table_full;
    }
    batch.done = true;
    while (!batches_.empty() && batches_.front()->done) {
        const Batch& first = *batches_.front();
        around_.own.fpm_pids.store(zebra::pids_word(first.generation), std::memory_order_relaxed);
        around_.own.fpm_phase.store(zebra::phase_word(first.generation), std::memory_order_release);
        around_.own.fpm_cursor.store(first.cursor, std::memory_order_release);
        batches_.pop_front();
    }
}

void RouteStream::complain(Time now) {
    if (now < complain_at_) return;
    complain_at_ = now + complain_every;
    if (const std::uint64_t more = counts_.refused - std::exchange(refused_told_, counts_.refused); more != 0)
        log::error("the data plane refused {} changes of routes, {} of all for want of room; see 'show fpm'", more,
                   counts_.table_full);
    if (const std::uint64_t more = counts_.faults - std::exchange(faults_told_, counts_.faults); more != 0)
        log::error("fpm: {} messages were malformed and passed over, the last one: {}", more, counts_.last_fault);
}

FpmView RouteStream::view(Time now) const {
    FpmView view = counts_;
    view.phase = zebra::phase_names[static_cast<std::size_t>(generation_.phase)];
    view.pid = generation_.pid;
    if (generation_.connected && generation_.due != Time::never() && generation_.due > now)
        view.sweep_in_seconds = static_cast<std::uint64_t>((generation_.due - now).ns / 1'000'000'000);
    view.connected = around_.fpm.connected.load(std::memory_order_acquire) != 0;
    view.connects = around_.fpm.connects.load(std::memory_order_relaxed);
    view.received = around_.fpm.messages.load(std::memory_order_relaxed);
    view.malformed = around_.fpm.malformed.load(std::memory_order_relaxed);
    view.written = around_.fpm.written.load(std::memory_order_acquire);
    view.dealt_with = around_.own.fpm_cursor.load(std::memory_order_relaxed);
    return view;
}

}  // namespace baton
