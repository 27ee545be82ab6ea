// SPDX-License-Identifier: Apache-2.0
#include "dataplane/port/open.h"
#include "dataplane/port/wire.h"

namespace baton {

std::unique_ptr<Port> open_wire(const PortPlan& plan, PortAbout about, KeptFds& kept, const PortSetting& setting) {
    const std::string who = "port " + about.name.text() + ": ";
    about.device = "port/" + about.name.text() + "/wire";
    const std::uint32_t slots = plan.number("slots"), slot_size = plan.number("slot-size");
    Fd fd = kept.take(about.device);
    const bool is_new = !fd;
    if (is_new) {
        auto made = create_wire(slots, slot_size, setting.pages);
        if (!made) throw StartupError{1, who + made.error().what};
        fd = std::move(*made);
    }
    auto mapping = map_arena(fd.get(), ArenaKind::wire, fingerprint<WireArena>(), Access::read_write);
    if (!mapping) throw StartupError{1, who + mapping.error().what};
    const auto& wire = *mapping->as<const WireArena>();
    if (wire.slot_count != slots || wire.slot_size != slot_size || mapping->size() < wire_size(slots, slot_size))
        throw StartupError{1, who + "the kept wire has " + std::to_string(wire.slot_count) + " slots of " +
                                  std::to_string(wire.slot_size) + " bytes; restart the chassis to change them"};
    if (is_new) setting.keep(about.device, fd.get());
    about.max_frame = std::min(about.max_frame, slot_size - static_cast<std::uint32_t>(sizeof(WireSlot)));
    return std::make_unique<WirePort>(std::move(about), std::move(*mapping), setting.mempool);
}

}  // namespace baton
