// SPDX-License-Identifier: Apache-2.0
// Any bytes as a Transaction message, applied to a configuration: it is taken whole or refused whole, with a sentence,
// and whatever it leads to can be told again as changes, undone, and said as commands.
#include <cstdlib>

#include "controlplane/config/running.h"
#include "controlplane/program/commands.h"

namespace {

using namespace baton;

void must(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    static const std::vector<PortName> ports{{1, 1}, {1, 2}, {1, 3}, {2, 1}};
    static const std::set<PortName> port_set(ports.begin(), ports.end());
    config::Transaction transaction;
    if (size > 16384 || !transaction.ParseFromArray(input, static_cast<int>(size))) return 0;

    const config::Running before = config::Running::factory(ports);
    config::Running after = before;
    // one by one, so that the good ones take effect; then all together, which must be all or nothing
    for (const auto& change : transaction.changes()) {
        const config::Running last = after;
        const auto done = after.apply({change}, port_set);
        must(done || (after == last && !done.error().what.empty()));
    }
    config::Running together = before;
    if (!together.apply({transaction.changes().begin(), transaction.changes().end()}, port_set))
        must(together == before);

    config::Running again;
    must(again.replay(after.as_changes()).has_value() && again == after);
    config::Running back = after;
    const auto undo = config::changes_between(after, before);
    must(undo.empty() || back.replay(undo).has_value());
    must(back == before);
    for (const Command& command : difference(image_of(before, {}), image_of(after, {})))
        must(!describe(command).empty());
    return 0;
}
