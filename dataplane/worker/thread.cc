// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/thread.h"

#include <pthread.h>
#include <rte_lcore.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <future>

#include "sync/base/log.h"
#include "sync/base/result.h"

namespace baton {
namespace {

/// Empty when the thread is ready to turn, else why not.
std::string settle(WorkerId id, unsigned core) {
    const std::string who = "worker " + std::to_string(id);
    ::pthread_setname_np(::pthread_self(), ("worker-" + std::to_string(id)).c_str());
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    if (const int error = ::pthread_setaffinity_np(::pthread_self(), sizeof cores, &cores))
        return who + " cannot run on core " + std::to_string(core) + " (" + std::strerror(error) +
               "); give --worker-cores cores that this machine has";
    if (rte_thread_register() != 0) return who + ": DPDK has no room for one more thread; use fewer workers";
    if (::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), -20) != 0)
        log::warning("worker={} nice=-20 refused=\"{}\" effect=\"other programs on core {} will delay frames\"", id,
                     std::strerror(errno), core);
    return {};
}

}  // namespace

WorkerThread::WorkerThread(Worker& worker, unsigned core) {
    std::promise<std::string> settled;
    auto answer = settled.get_future();
    thread_ = std::thread([this, &worker, core, settled = std::move(settled)]() mutable {
        std::string fault = settle(worker.id(), core);
        const bool ready = fault.empty();
        settled.set_value(std::move(fault));
        if (!ready) return;
        worker.run(stop_);
        rte_thread_unregister();
    });
    std::string fault = answer.get();
    if (fault.empty()) return;
    stop();
    throw StartupError{1, std::move(fault)};
}

void WorkerThread::stop() {
    stop_.store(true, std::memory_order_relaxed);
    if (thread_.joinable()) thread_.join();
}

}  // namespace baton
