// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/fabric.h"

#include "controlplane/program/commands.h"
#include "sync/base/log.h"
#include "sync/layout/fabric.h"

namespace baton {
namespace {

constexpr Duration retry_after = seconds(1);

std::string names_of(std::uint32_t planes) {
    std::string out;
    for (std::size_t plane = 0; plane < plane_count; ++plane)
        if (planes >> plane & 1) out += (out.empty() ? "" : " and ") + std::string(plane_name(plane));
    return out;
}

}  // namespace

std::uint32_t FabricKeeper::there() const {
    std::uint32_t planes = 0;
    for (std::size_t plane = 0; plane < plane_count; ++plane)
        if (around_.baton.plane[plane].load(std::memory_order_acquire) == PlaneState::working) planes |= 1u << plane;
    return planes;
}

void FabricKeeper::look(Time now) {
    if (around_.tables.applier.incarnation.load(std::memory_order_acquire) == 0) return;
    const std::uint32_t wanted = there();
    if (wanted == 0 || now < again_at_) return;
    const std::uint32_t programmed = around_.tables.fabric.usable.load(std::memory_order_acquire);
    if (wanted == said_ && (open_ || wanted == programmed)) return;
    said_ = wanted;
    open_ = true;
    programmer_.add_first({fabric_usable(wanted)}, [this, which = ++latest_](const std::vector<Refusal>& refusals) {
        if (which != latest_) return;
        open_ = false;
        if (refusals.empty()) return;
        said_ = 0;
        again_at_ = monotonic_now() + retry_after;
        log::error("the data plane refused the setting of the fabric; saying it again in 1 s");
    });
    if (programmer_.pump()) around_.wake_dataplane();
    if (wanted != programmed) log::notice("fabric: modules use plane {} from now on", names_of(wanted));
}

}  // namespace baton
