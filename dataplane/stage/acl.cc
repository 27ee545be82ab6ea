// SPDX-License-Identifier: Apache-2.0
// Access lists: every IPv4 packet that comes in by a port, bridged or routed or for the router itself, is looked up in
// the rules that are in force, and what they deny ends here. Frames of other types pass: ARP, IPv6, and IPv4 in
// LLC/SNAP or behind a second tag, which this switch does not take for IPv4 anywhere.
//
// With a rule in force an IPv4 header that cannot be right ends as ip_malformed, also where it would only be bridged:
// else it would be what no rule can deny.
//
// A rule with `log` tells the master of what it matched: 100 times a second for each worker at the most, never in the
// way of the frame, and saying how many it did not tell of.
#include <rte_cycles.h>

#include "dataplane/stage/stages.h"
#include "dataplane/worker/retag.h"

namespace baton::stage {
namespace {

constexpr std::uint16_t ipv4_type = 0x0800;
constexpr std::uint64_t tellings_per_second = 100;
constexpr std::size_t told_bytes = 112;

void tell(Context& context, const Batch& batch, unsigned i, const AclVerdict& verdict, bool denied) {
    AclLog& log = context.acl_log;
    const std::uint64_t now = rte_rdtsc();
    if (now < log.next_at) {
        ++log.held_back;
        return;
    }
    const rte_mbuf* frame = batch.frame[i];
    std::uint8_t bytes[sizeof(PuntedRule) + told_bytes];
    const PuntedRule rule{verdict.slot, verdict.version, denied ? 1u : 0u, log.held_back};
    const std::size_t size = std::min<std::size_t>(frame->data_len, told_bytes);
    std::memcpy(bytes, &rule, sizeof rule);
    std::memcpy(bytes + sizeof rule, rte_pktmbuf_mtod(frame, const std::uint8_t*), size);
    if (!context.punt.push({bytes, sizeof rule + size}, batch.ingress, batch.vlan[i], PuntReason::acl)) {
        ++log.held_back;
        return;
    }
    log.held_back = 0;
    log.next_at = now + rte_get_tsc_hz() / tellings_per_second;
}

/// Packets of one rule come in runs: its counters are raised once for each.
class Hits {
  public:
    explicit Hits(AclHits* hits) : hits_(hits) {}

    ~Hits() { flush(); }

    void count(std::uint32_t slot, std::uint32_t length) {
        if (slot != slot_) {
            flush();
            slot_ = slot;
        }
        ++frames_;
        bytes_ += length;
    }

  private:
    void flush() {
        if (frames_ == 0) return;
        add(hits_[slot_].frames, frames_);
        add(hits_[slot_].bytes, bytes_);
        frames_ = bytes_ = 0;
    }

    AclHits* hits_;
    std::uint32_t slot_ = 0;
    std::uint64_t frames_ = 0, bytes_ = 0;
};

void judge(Context& context, Batch& batch, const AclView& view) {
    AclKey keys[burst_size];
    std::uint8_t places[burst_size];
    unsigned count = 0;
    for (unsigned i = 0; i < batch.count; ++i) {
        const rte_mbuf* frame = batch.frame[i];
        const auto* data = rte_pktmbuf_mtod(frame, const std::uint8_t*);
        const unsigned at = addresses_size + (batch.tag[i] == TagForm::none ? 0 : tag_size);
        if (load_be16(data + at) != ipv4_type) continue;
        if (!read_acl_key(data + at + 2, frame->data_len - at - 2, batch.ingress, keys[count])) {
            drop_from(context, batch, i, Drop::ip_malformed);
            continue;
        }
        places[count++] = static_cast<std::uint8_t>(i);
    }
    static_assert(burst_size <= AclView::most);
    AclVerdict verdicts[burst_size];
    view.look_up(keys, verdicts, count);
    Hits hits(context.acl_hits);
    for (unsigned k = 0; k < count; ++k) {
        const AclVerdict& verdict = verdicts[k];
        if (verdict.rank == ~0ull) continue;
        const unsigned i = places[k];
        const bool denied = verdict.action == AclAction::deny ||
                            (verdict.action == AclAction::permit_established && !is_established(keys[k].tcp_flags));
        hits.count(verdict.slot, batch.frame[i]->pkt_len);
        if (verdict.flags & acl_log) [[unlikely]]
            tell(context, batch, i, verdict, denied);
        if (denied) drop_from(context, batch, i, Drop::acl_denied);
    }
}

}  // namespace

void acl(Context& context, Batch& batch) {
    if (const AclView* view = context.acl->view()) [[unlikely]]
        judge(context, batch, *view);
}

}  // namespace baton::stage
