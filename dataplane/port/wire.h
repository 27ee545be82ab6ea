// SPDX-License-Identifier: Apache-2.0
// The switch's end of a wire (sync/layout/wire.h): a port whose cable is a memfd. What waits in it when the data plane
// dies is received by the next one. A frame for which there is no mbuf or no free slot waits; none is lost here, save
// one whose slot lies about its length. A length of the peer's is never trusted.
#pragma once

#include "dataplane/port/port.h"
#include "sync/channel/wire.h"

namespace baton {

class WirePort final : public Port {
  public:
    WirePort(PortAbout about, Mapping mapping, rte_mempool* pool);

    std::uint16_t receive(rte_mbuf** into, std::uint16_t count) override;
    std::uint16_t transmit(rte_mbuf** frames, std::uint16_t count) override;
    bool link_up() override;
    std::uint64_t missed() override;
    std::uint64_t transmit_refused() override;
    void set_enabled(bool enabled) override;
    void shut_down() override;

  private:
    WireEnd in_, out_;
    rte_mempool* pool_;
    std::uint32_t longest_in_, longest_out_, room_;
    std::atomic<std::uint64_t> broken_ = 0;   // owner: worker; slots whose length cannot be
    std::atomic<std::uint64_t> refused_ = 0;  // owner: worker; frames longer than a slot
    Mapping mapping_;
};

}  // namespace baton
