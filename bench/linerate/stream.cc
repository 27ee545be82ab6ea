// SPDX-License-Identifier: Apache-2.0
#include "bench/linerate/stream.h"

#include <x86intrin.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "bench/wire/machine.h"
#include "sync/base/result.h"
#include "sync/base/time.h"

namespace baton::linerate {
namespace {

constexpr std::uint32_t burst = 64;
constexpr Duration patience = seconds(2);

/// Address i lives behind the wire of i % 2.
std::uint64_t station(std::uint64_t i) {
    return 0x020000000000ull | ((i + 1) * 0x9e3779b97f4b5ull & 0x00ffffffffffull);
}

std::uint64_t number_of(const WireSlot& slot) {
    std::uint64_t number;
    std::memcpy(&number, WireEnd::bytes(slot) + 16, sizeof number);
    return number;
}

}  // namespace

Stream::Stream(WireArena& from, WireArena& to, const Offer& offer)
    : from_(from), to_(to), in_(from, 0), out_(to, 1), back_(from, 1), offer_(offer) {
    for (WireEnd* end : {&out_, &back_}) end->release(end->waiting(from.slot_count));
    from_.peer_up.store(1, std::memory_order_release);
    to_.peer_up.store(1, std::memory_order_release);
    std::mt19937_64 random(offer.macs);
    const std::uint64_t half = std::max<std::uint64_t>(offer.macs / 2, 1);
    for (std::uint32_t i = 0; i < 1u << 16; ++i)
        pairs_.push_back(pair(station(random() % half * 2 + 1), station(random() % half * 2)));
    ns_per_tick_ = 1e9 / bench::tsc_hz();
    ticks_per_frame_ = bench::tsc_hz() / offer.frames_per_second;
}

Stream::Pair Stream::pair(std::uint64_t to, std::uint64_t from) {
    return {{__builtin_bswap64(to << 16 | from >> 32), __builtin_bswap64(from << 32 | 0x88b50000)}};
}

Stream::Pair Stream::pair_of(std::uint64_t number) const {
    const Pair& known = pairs_[number % (1u << 16)];
    if (offer_.newcomer_every == 0 || number % offer_.newcomer_every != 0) [[likely]]
        return known;
    return pair(__builtin_bswap64(known.words[0]) >> 16,
                station(offer_.macs + offer_.first_newcomer + number / offer_.newcomer_every));
}

void Stream::introduce() {
    WireEnd ends[2] = {in_, WireEnd(to_, 0)}, others[2] = {out_, back_};
    for (std::uint32_t i = 0; i < offer_.macs; ++i) {
        const Pair words = pair(station(i ^ 1), station(i));
        const Time until = monotonic_now() + patience;
        while (ends[i % 2].room(1) == 0)
            if (monotonic_now() >= until) throw StartupError{1, "the switch does not take frames"};
        WireSlot& slot = ends[i % 2].to_fill(0);
        slot.length = 60;
        std::memset(WireEnd::bytes(slot), 0, 60);
        std::memcpy(WireEnd::bytes(slot), &words, sizeof words);
        ends[i % 2].publish(1);
        while (others[i % 2].waiting(1) == 0)
            if (monotonic_now() >= until) throw StartupError{1, "a frame that introduces an address does not come out"};
        others[i % 2].release(1);
    }
    in_ = ends[0], out_ = others[0], back_ = others[1];
}

void Stream::fill(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i, ++next_in_) {
        WireSlot& slot = in_.to_fill(i);
        slot.length = offer_.lengths[next_in_ % offer_.lengths.size()];
        const Pair pair = pair_of(next_in_);
        const std::uint64_t words[8] = {pair.words[0], pair.words[1], next_in_};
        std::memcpy(WireEnd::bytes(slot), words, sizeof words);
    }
    in_.publish(count);
}

/// What has come out, a burst at the most; how many there were.
std::uint32_t Stream::take(Account& account, Phase phase, std::uint64_t now) {
    std::uint32_t waiting = out_.waiting(burst);
    if (waiting == 0) return 0;
    if (waiting == burst && out_.waiting(to_.slot_count) == to_.slot_count) ++account.overflows;
    const auto due = static_cast<std::uint64_t>(static_cast<double>(number_of(out_.to_read(0))) * ticks_per_frame_);
    const std::uint64_t passed = now - begin_;
    account.latency[static_cast<int>(phase)].add(
        passed > due ? static_cast<std::uint64_t>(static_cast<double>(passed - due) * ns_per_tick_) : 0);
    for (std::uint32_t i = 0; i < waiting; ++i) {
        const WireSlot& slot = out_.to_read(i);
        const std::uint64_t number = number_of(slot);
        const Pair wanted = pair_of(number);
        if (std::memcmp(WireEnd::bytes(slot), &wanted, sizeof wanted) != 0 || number >= next_in_ ||
            slot.length != offer_.lengths[number % offer_.lengths.size()]) [[unlikely]] {
            ++account.corrupted;
            continue;
        }
        if (number == next_out_) [[likely]] {
            ++next_out_;
            ++account.delivered;
        } else {
            odd(account, phase, number);
        }
    }
    out_.release(waiting);
    return waiting;
}

/// A frame that is not the next one.
void Stream::odd(Account& account, Phase phase, std::uint64_t number) {
    if (number > next_out_) {
        missing_[next_out_] = number;
        account.lost[static_cast<int>(phase)] += number - next_out_;
        next_out_ = number + 1;
        ++account.delivered;
        return;
    }
    auto range = missing_.upper_bound(number);
    if (range == missing_.begin() || (--range)->second <= number) {
        ++account.duplicated;
        return;
    }
    const auto [first, end] = *range;
    missing_.erase(range);
    if (first < number) missing_[first] = number;
    if (number + 1 < end) missing_[number + 1] = end;
    --account.lost[static_cast<int>(account.lost[static_cast<int>(phase)] > 0 ? phase : Phase::quiet)];
    ++account.reordered;
    ++account.delivered;
}

void Stream::turn_back(Account& account) {
    const std::uint32_t waiting = back_.waiting(burst);
    if (waiting == 0) return;
    account.misdelivered += waiting;
    back_.release(waiting);
}

Account Stream::run(const std::atomic<bool>& stop, const std::atomic<Phase>& phase) {
    Account account;
    next_in_ = next_out_ = 0;
    missing_.clear();
    begin_ = __rdtsc();
    std::uint64_t last = begin_, longest = 0;
    for (std::uint32_t trip = 0; !stop.load(std::memory_order_relaxed); ++trip) {
        const std::uint64_t now = __rdtsc();
        longest = std::max(longest, now - last);
        last = now;
        const auto due = static_cast<std::uint64_t>(static_cast<double>(now - begin_) / ticks_per_frame_);
        if (due > next_in_) {
            account.most_behind = std::max(account.most_behind, due - next_in_);
            const auto wanted = static_cast<std::uint32_t>(std::min<std::uint64_t>(due - next_in_, burst));
            const std::uint32_t room = in_.room(wanted);
            account.blocked += room < wanted;
            if (room != 0) fill(room);
        }
        const Phase at = phase.load(std::memory_order_relaxed);
        take(account, at, now);
        take(account, at, now);  // catches up after a pause although as much comes in
        if (trip % 1024 == 0) turn_back(account);
    }
    for (Time until = monotonic_now() + patience; next_out_ != next_in_ && monotonic_now() < until;)
        if (take(account, phase, __rdtsc()) != 0) until = monotonic_now() + patience;
    turn_back(account);
    account.offered = next_in_;
    account.lost[static_cast<int>(phase.load())] += next_in_ - next_out_;
    account.longest_trip_ns = static_cast<std::uint64_t>(static_cast<double>(longest) * ns_per_tick_);
    return account;
}

}  // namespace baton::linerate
