// SPDX-License-Identifier: Apache-2.0
#include "dataplane/port/open.h"

#include <rte_mbuf.h>

#include "pmd-config/check.h"
#include "sync/base/log.h"

namespace baton {
namespace {

/// A locally administered address that no two ports of a switch share: 02:62:74:6e:module:port ("btn").
Mac own_mac(PortName name) {
    return {{0x02, 0x62, 0x74, 0x6e, name.module, name.port}};
}

}  // namespace

std::uint16_t mbuf_data_room(std::uint32_t max_frame) {
    return static_cast<std::uint16_t>(RTE_PKTMBUF_HEADROOM + frame_room(max_frame));
}

std::vector<std::unique_ptr<Port>> open_ports(const std::vector<PortSpec>& specs, KeptFds& kept,
                                              const PortSetting& setting) {
    if (const auto faults = check_ports(specs, setting.max_frame, *setting.profiles); !faults.empty())
        throw StartupError{2, faults.front()};
    std::vector<std::unique_ptr<Port>> ports;
    for (const auto& spec : specs) {
        std::vector<std::string> faults;
        const auto plan = plan_port(spec, *setting.profiles, setting.max_frame, faults);
        PortAbout about{spec.name, spec.kind, "", setting.max_frame, own_mac(spec.name)};
        auto port = spec.kind == "wire"  ? open_wire(*plan, std::move(about), kept, setting)
                    : spec.kind == "tap" ? open_tap(*plan, std::move(about), kept, setting)
                    : spec.kind == "xsk" ? open_xsk(*plan, std::move(about), kept, setting)
                                         : open_ethdev(*plan, std::move(about), setting);
        const auto& opened = port->about();
        log::info("event=port_open port={} kind={} device={} max_frame={} mac={}", opened.name.text(), opened.kind,
                  opened.device, opened.max_frame, opened.mac.text());
        ports.push_back(std::move(port));
    }
    return ports;
}

}  // namespace baton
