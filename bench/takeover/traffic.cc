// SPDX-License-Identifier: Apache-2.0
#include "bench/takeover/traffic.h"

#include <fmt/format.h>

namespace baton::takeover {

Traffic::Traffic(const Lab& lab, std::uint64_t addresses, double rate, unsigned core) {
    const auto end = [&](const char* name, const char* port) {
        return fmt::format("{}=wire:{}#{}", name, lab.door(), port);
    };
    tester_ = Process(
        {lab.program("baton-tester"), "--end", end("a", "1:1"), "--end", end("b", "1:2"), "--flow",
         fmt::format("name=ab,from=a,to=b,rate={}", rate), "--flow", fmt::format("name=ba,from=b,to=a,rate={}", rate),
         "--learn", fmt::format("a:{}", addresses), "--commands", "--json", "--core", std::to_string(core)},
        lab.log() + ".tester", true);
    answer("ready", seconds(20));
    if (!wait_until(seconds(20), [&] { return lab.addresses() >= addresses / 100 * 99; }))
        throw StartupError{1, fmt::format("the switch learnt {} of {} addresses", lab.addresses(), addresses)};
    known_ = lab.addresses();
}

void Traffic::mark(const std::string& window) {
    tester_.say("mark " + window);
    answer("done", seconds(10));
}

nlohmann::json Traffic::stop() {
    tester_.say("stop");
    return answer("report", seconds(30));
}

nlohmann::json Traffic::answer(const char* event, Duration at_most) {
    for (const Time until = monotonic_now() + at_most;;) {
        const std::string line = tester_.line(until - monotonic_now());
        if (line.empty()) throw StartupError{1, fmt::format("the tester did not say {}", event)};
        auto said = nlohmann::json::parse(line, nullptr, false);
        if (said.is_object() && said.value("event", "") == event) return said;
    }
}

}  // namespace baton::takeover
