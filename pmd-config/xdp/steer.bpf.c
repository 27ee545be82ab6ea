// SPDX-License-Identifier: Apache-2.0
// Baton's XDP program: a frame goes to the AF_XDP socket of the queue it came in on, or, where that queue has none, to
// the kernel. It stays on the interface when the data plane dies; the socket in the map is held by the chassis, so
// frames wait there for the next process. Attached over netlink, never as a link that dies with its owner.
// "xdp.frags": frames above a page arrive in fragments; without that word a driver refuses a large MTU.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, __u32);
} baton_sockets SEC(".maps");

SEC("xdp.frags")
int baton_steer(struct xdp_md *frame) {
    return bpf_redirect_map(&baton_sockets, frame->rx_queue_index, XDP_PASS);
}

char baton_license[] SEC("license") = "Apache-2.0";
