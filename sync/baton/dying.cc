// SPDX-License-Identifier: Apache-2.0
#include "sync/baton/dying.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "sync/channel/backplane.h"

namespace baton::dying {
namespace {

constexpr int crash_signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
constexpr std::size_t stack_size = 64 * 1024;
constexpr std::size_t guard_size = 4096;

BoardPage* page_of_board = nullptr;  // set once, before the handlers are
bool core_wanted = false;            // RLIMIT_CORE at prepare(): getrlimit is not on the list of safe calls
std::uint32_t main_thread = 0;
std::atomic<std::uint32_t> speaker{0};  // the thread that says the words; there is one

std::uint64_t program_counter_of(void* context) {
#if defined(__x86_64__)
    return static_cast<std::uint64_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
    return static_cast<std::uint64_t>(static_cast<ucontext_t*>(context)->uc_mcontext.pc);
#else
    return 0;
#endif
}

std::uint32_t this_thread() {
    return static_cast<std::uint32_t>(::syscall(SYS_gettid));
}

// True for the thread that may speak. A second thread that crashes meanwhile waits here for the _exit of the first.
bool take_the_floor() {
    std::uint32_t nobody = 0;
    const std::uint32_t me = this_thread();
    if (speaker.compare_exchange_strong(nobody, me)) return true;
    while (nobody != me) ::pause();
    return false;
}

void say(Cause cause, int signal, std::uint64_t address, std::uint64_t counter, std::string_view what) {
    DyingWords& words = page_of_board->words;
    words.cause.store(cause, std::memory_order_relaxed);
    words.signal.store(static_cast<std::uint32_t>(signal), std::memory_order_relaxed);
    words.thread.store(this_thread(), std::memory_order_relaxed);
    words.address.store(address, std::memory_order_relaxed);
    words.program_counter.store(counter, std::memory_order_relaxed);
    const std::size_t size = std::min(what.size(), sizeof words.what - 1);
    std::memcpy(words.what, what.data(), size);
    words.what[size] = 0;
    words.said.store(1, std::memory_order_release);
}

// In the process split off: die of `signal` with the default action. A fault raised by the CPU comes again when the
// handler returns to the instruction, and then the core tells the true address; a signal that was sent has to be sent
// again. (raise() alone would stay pending: the signal is masked inside its own handler.)
void dump(int signal, bool comes_again) {
    // The new master has more urgent use for this core. Both ways to say so: see set_nice() in sync/chassis/process.h.
    ::syscall(SYS_setpriority, PRIO_PROCESS, 0, 19);
    if (const int group = ::open("/proc/self/autogroup", O_WRONLY); group >= 0 && ::write(group, "19", 2) < 0)
        errno = 0;
    ::syscall(SYS_close_range, 0u, ~0u, 0u);
    ::signal(signal, SIG_DFL);
    ::signal(SIGALRM, SIG_DFL);
    ::alarm(5);  // should it not die of the instruction, it shall not live on as a board without fds
    if (comes_again) return;
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, signal);
    ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
    ::syscall(SYS_tgkill, ::syscall(SYS_getpid), ::syscall(SYS_gettid), signal);
    ::_exit(128 + signal);
}

// The board's process ends at once with `code`; what returns from here is a new process on the same memory, which keeps
// it for the core. No page table is copied: a fork of 200 MB took more than 50 ms on a busy machine, and the grant
// waits for the board's exit. Both run on one stack, so the board's side of it must not use it: two syscalls, no memory
// in between.
void split_off(int code) {
#if defined(__x86_64__)
    long result = SYS_clone;
    std::uint64_t flags = CLONE_VM | SIGCHLD;
    asm volatile(
        "xor %%r10d, %%r10d\n\t"
        "xor %%r8d, %%r8d\n\t"
        "syscall\n\t"
        "test %%rax, %%rax\n\t"
        "jz 1f\n\t"
        "mov %[code], %%edi\n\t"
        "mov %[exit], %%eax\n\t"
        "syscall\n\t"
        "1:"
        : "+a"(result), "+D"(flags)
        : "S"(0L), "d"(0L), [code] "r"(code), [exit] "i"(SYS_exit_group)
        : "rcx", "r8", "r10", "r11", "memory", "cc");
#else
    if (::_Fork() != 0) ::_exit(code);  // not fork(): it would wait for malloc's lock, which this thread may hold
#endif
}

// Steps 2 to 4; returns only in the process that dumps.
void leave_a_core(int signal, bool comes_again) {
    ::shutdown(backplane_fd, SHUT_RDWR);
    if (!core_wanted) ::_exit(128 + signal);
    split_off(128 + signal);
    dump(signal, comes_again);
}

void on_crash(int signal, siginfo_t* info, void* context) {
    const bool fault = info->si_code > 0;  // raised by the CPU, not sent by somebody
    const std::uint64_t counter = program_counter_of(context);
    if (take_the_floor()) {
        const char* name = ::sigdescr_np(signal);
        say(Cause::exception, signal, fault ? reinterpret_cast<std::uint64_t>(info->si_addr) : 0, counter,
            name ? name : "");
    } else {
        page_of_board->words.program_counter.store(counter, std::memory_order_relaxed);
    }
    leave_a_core(signal,
                 fault && signal != SIGTRAP && signal != SIGSYS);  // these two would go on behind the instruction
}

[[noreturn]] void on_terminate() {
    char what[sizeof DyingWords::what] = "std::terminate";
    if (const auto exception = std::current_exception()) {
        std::strcpy(what, "uncaught exception");
        try {
            std::rethrow_exception(exception);
        } catch (const std::exception& error) {
            std::snprintf(what, sizeof what, "uncaught exception: %s", error.what());
        } catch (...) {
        }
    }
    if (take_the_floor()) say(Cause::exception, SIGABRT, 0, 0, what);
    std::abort();
}

// An alternate stack with a guard page below it, for the life of one thread.
class CrashStack {
  public:
    CrashStack() {
        void* at = ::mmap(nullptr, guard_size + stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) return;
        address_ = at;
        ::mprotect(address_, guard_size, PROT_NONE);
        stack_t stack{};
        stack.ss_sp = static_cast<char*>(address_) + guard_size;
        stack.ss_size = stack_size;
        ::sigaltstack(&stack, nullptr);
    }

    ~CrashStack() {
        if (!address_) return;
        stack_t none{};
        none.ss_flags = SS_DISABLE;
        ::sigaltstack(&none, nullptr);
        ::munmap(address_, guard_size + stack_size);
    }

  private:
    void* address_ = nullptr;
};

}  // namespace

void prepare_thread() {
    thread_local CrashStack stack;
}

void prepare(BoardPage& page) {
    page_of_board = &page;
    main_thread = this_thread();
    rlimit limit{};
    core_wanted = ::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur > 0;
    prepare_thread();

    struct sigaction action {};

    action.sa_sigaction = on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    for (const int signal : crash_signals) ::sigaction(signal, &action, nullptr);
    std::set_terminate(on_terminate);
}

void speak_and_abort(Cause cause, std::string_view what) {
    if (page_of_board && take_the_floor()) {
        say(cause, SIGABRT, 0, 0, what);
        // The core and the program counter shall be those of the main thread, so it is made to crash. If it cannot take
        // the signal, the chassis is told from here, and kills the board before the second nap is over.
        if (this_thread() != main_thread) {
            speaker.store(main_thread);
            ::syscall(SYS_tgkill, ::getpid(), main_thread, SIGABRT);
            ::usleep(10'000);
            ::shutdown(backplane_fd, SHUT_RDWR);
            ::usleep(200'000);
            speaker.store(this_thread());
        }
    }
    std::abort();
}

}  // namespace baton::dying
