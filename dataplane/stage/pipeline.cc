// SPDX-License-Identifier: Apache-2.0
#include "dataplane/stage/pipeline.h"

#include "dataplane/stage/route_pipeline.h"

namespace baton {
namespace {

/// Unicast in runs, flooded frames between them one by one: frames leave in the order in which they came, also when a
/// flow changes from flooded to known (or back) inside the burst.
void send_in_order(Context& context, Batch& batch) {
    unsigned sent = 0;
    for (unsigned i = 0; i < batch.count; ++i) {
        if (batch.egress[i] != fdb_dest_none) continue;
        stage::transmit(context, batch, sent, i);
        stage::flood(context, batch, i);
        sent = i + 1;
    }
    stage::transmit(context, batch, sent, batch.count);
}

}  // namespace

void send_on(Context& context, Batch& batch) {
    stage::lookup(context, batch);
    compact(batch);
    if (batch.flooded == 0) [[likely]]
        stage::transmit(context, batch, 0, batch.count);
    else
        send_in_order(context, batch);
}

void send_own(Context& context) {
    OwnFrames& own = context.own;
    if (own.count == 0) [[likely]]
        return;
    Batch batch(context.fdb->begin_batch());
    for (unsigned i = 0; i < own.count; ++i) append_own(batch, own.frame[i], own.vlan[i], own.tag[i]);
    own.count = 0;
    send_on(context, batch);
}

void run_pipeline(Context& context, Batch& batch) {
    stage::parse(context, batch);
    stage::punt(context, batch);
    compact(batch);
    stage::classify(context, batch);
    compact(batch);
    stage::learn(context, batch);
    compact(batch);
    stage::acl(context, batch);
    compact(batch);
    if (batch.own | batch.group) route_burst(context, batch);
    send_on(context, batch);
    send_own(context);
}

}  // namespace baton
