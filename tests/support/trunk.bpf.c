// SPDX-License-Identifier: Apache-2.0
// 802.1Q for a host whose kernel has no 8021q module: tc puts the tag on and takes it off. The host's interface in VLAN v is one end of
// a veth pair; the other end has interface index 1000 + v, and the trunk itself has 100 (lab.py makes them so), so the
// programs need no map.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TRUNK 100
#define FIRST 1000

SEC("tc/from_trunk")
int from_trunk(struct __sk_buff *frame) {
    __u32 vlan = frame->vlan_tci & 0xfff;
    if (!frame->vlan_present) return TC_ACT_OK;
    if (bpf_skb_vlan_pop(frame)) return TC_ACT_SHOT;
    return bpf_redirect(FIRST + vlan, 0);
}

SEC("tc/to_trunk")
int to_trunk(struct __sk_buff *frame) {
    if (bpf_skb_vlan_push(frame, bpf_htons(0x8100), frame->ifindex - FIRST)) return TC_ACT_SHOT;
    return bpf_redirect(TRUNK, 0);
}

char terms[] SEC("license") = "Apache-2.0";
