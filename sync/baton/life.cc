// SPDX-License-Identifier: Apache-2.0
#include "sync/baton/life.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <new>
#include <string>

namespace baton::life {
namespace {

static_assert(sizeof(pthread_mutex_t) <= sizeof(BoardPage::life));
// The kernel's robust-futex ABI is about one 32-bit word; glibc keeps it first in the mutex, and always has.
static_assert(offsetof(pthread_mutex_t, __data.__lock) == 0);

pthread_mutex_t* mutex_of(BoardPage& page) {
    return reinterpret_cast<pthread_mutex_t*>(page.life);
}

std::uint32_t* word_of(BoardPage& page) {
    return reinterpret_cast<std::uint32_t*>(page.life);
}

void sleep_on(std::uint32_t* word, std::uint32_t while_it_is, Duration at_most) {
    const timespec limit{at_most.ns / 1'000'000'000, at_most.ns % 1'000'000'000};
    ::syscall(SYS_futex, word, FUTEX_WAIT, while_it_is, &limit, nullptr, 0);
}

}  // namespace

// Made aside and copied by atomic words, the lock word last: a watcher that was disarmed may still be looking at it.
void reset(BoardPage& page) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_t fresh;
    pthread_mutex_init(&fresh, &attributes);
    pthread_mutexattr_destroy(&attributes);
    std::uint32_t words[sizeof page.life / sizeof(std::uint32_t)] = {};
    std::memcpy(words, &fresh, sizeof fresh);
    for (std::size_t i = std::size(words); i-- > 0;) __atomic_store_n(word_of(page) + i, words[i], __ATOMIC_RELEASE);

    for (auto& number : page.heartbeat) number.store(0, std::memory_order_relaxed);
    for (auto& word : page.subsystem) {  // nothing is known of the next one yet; what the last one said is now old
        const auto last = SubsystemWord::of(word.load(std::memory_order_relaxed));
        const bool used = last.state != SubsystemState::disable;
        const SubsystemWord next{SubsystemState::unknown, Reason::none, last.state, last.reason};
        word.store(used ? next.word() : 0, std::memory_order_relaxed);
    }
    for (auto* number :
         {&page.transfer_from, &page.transfer_to, &page.transfer_first, &page.transfer_last, &page.longest_gap_ns})
        number->store(0, std::memory_order_relaxed);
    page.role.store(BoardRole::starting, std::memory_order_relaxed);
    page.term.store(0, std::memory_order_relaxed);
    page.journal_position.store(0, std::memory_order_relaxed);
    page.journal_sequence.store(0, std::memory_order_relaxed);
    page.took_over_ns.store(0, std::memory_order_relaxed);
    page.diagnostics.store(0, std::memory_order_relaxed);
    ::new (&page.words) DyingWords;
    page.pid.store(0, std::memory_order_release);
}

Result<void> hold(BoardPage& page) {
    if (const int error = pthread_mutex_trylock(mutex_of(page)); error != 0)
        return failure("cannot lock the life mutex of the board page: " + std::string(std::strerror(error)) +
                       " (a second board in this slot?)");
    page.pid.store(static_cast<std::uint32_t>(::getpid()), std::memory_order_release);
    ::syscall(SYS_futex, &page.pid, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
    return {};
}

Sign wait(BoardPage& page, Duration at_most) {
    const Time until = monotonic_now() + at_most;
    auto* const word = word_of(page);
    bool held = false;
    while (true) {
        std::uint32_t value = __atomic_load_n(word, __ATOMIC_ACQUIRE);
        if ((value & ~static_cast<std::uint32_t>(FUTEX_WAITERS)) == FUTEX_OWNER_DIED) return Sign::ended;
        const Duration left = until - monotonic_now();
        if (left <= Duration{}) return held ? Sign::running : Sign::not_yet;
        if (value == 0) {  // hold() wakes us
            if (page.pid.load(std::memory_order_acquire) == 0)
                sleep_on(reinterpret_cast<std::uint32_t*>(&page.pid), 0, left);
            else
                sleep_on(word, value, left < milliseconds(10) ? left : milliseconds(10));
            continue;
        }
        held = true;
        const std::uint32_t waiting = value | FUTEX_WAITERS;
        if (value != waiting &&
            !__atomic_compare_exchange_n(word, &value, waiting, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            continue;
        sleep_on(word, waiting, left);
    }
}

bool is_ending(int pid) {
    constexpr unsigned long exiting = 0x4;  // PF_EXITING, set before the robust list is walked
    char path[32], line[512];
    std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT;
    const ssize_t size = ::read(fd, line, sizeof line - 1);
    ::close(fd);
    if (size <= 0) return true;  // ESRCH: gone since the open
    line[size] = 0;
    const char* after_name = std::strrchr(line, ')');  // the name may hold anything
    unsigned long flags = 0;
    return after_name && std::sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %lu", &flags) == 1 &&
           (flags & exiting) != 0;
}

}  // namespace baton::life
