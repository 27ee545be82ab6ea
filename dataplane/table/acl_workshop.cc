// SPDX-License-Identifier: Apache-2.0
#include "dataplane/table/acl_workshop.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

namespace baton {

AclWorkshop::AclWorkshop(Make make) : make_(std::move(make)) {
    if (make_) thread_ = std::thread([this] { work(); });
}

AclWorkshop::~AclWorkshop() {
    {
        const std::lock_guard hold(mutex_);
        end_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void AclWorkshop::begin(std::vector<AclEntry> entries) {
    busy_ = true;
    {
        const std::lock_guard hold(mutex_);
        order_ = std::move(entries);
    }
    wake_.notify_all();
}

void AclWorkshop::wait() {
    if (!busy_) return;
    std::unique_lock hold(mutex_);
    wake_.wait(hold, [this] { return made_.has_value(); });
}

std::optional<AclWorkshop::Made> AclWorkshop::take() {
    if (!busy_) return std::nullopt;
    const std::lock_guard hold(mutex_);
    if (!made_) return std::nullopt;
    busy_ = false;
    return std::exchange(made_, std::nullopt);
}

void AclWorkshop::work() {
    ::pthread_setname_np(::pthread_self(), "acl-workshop");
    // What it takes from the housekeeping cores is time of the applier, or of a board.
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 5);
    std::unique_lock hold(mutex_);
    while (true) {
        wake_.wait(hold, [this] { return end_ || order_.has_value(); });
        if (end_) return;
        Made made;
        made.entries = std::move(*order_);
        order_.reset();
        hold.unlock();
        const Time began = monotonic_now();
        if (!made.entries.empty()) made.image = make_(made.entries);
        made.took = monotonic_now() - began;
        hold.lock();
        made_ = std::move(made);
        wake_.notify_all();
    }
}

}  // namespace baton
