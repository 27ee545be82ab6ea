// SPDX-License-Identifier: Apache-2.0
// What access lists cost by themselves, on one core: TSC cycles for each packet of bursts of 64, by number of rules,
// looked up as the switch would (AclView: compiled, or looked through when there are few), by looking through all of
// them, and by librte_acl alone; with rules that came beside a compiled image, and with matches that are gone. And how
// long a set of rules takes to compile, and a rule to be in force.
//
// Rules are those of a firewall: destinations and sources from /8 to /32, some of TCP and UDP with ports or ranges, and
// a rule that denies the rest. Packets are drawn so that half of them match some rule other than the last.
#include <rte_eal.h>

#include <x86intrin.h>
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "dataplane/table/acl_compiled.h"
#include "dataplane/table/acl_maintain.h"

namespace baton {
namespace {

constexpr unsigned burst = 64, bursts = 256;

std::mt19937_64 randomness(7);

std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>(randomness() % n);
}

AclRule any_rule(const char* name, std::uint32_t number, std::uint32_t order) {
    AclRule rule{};
    std::snprintf(rule.name, sizeof rule.name, "%s%u", name, number);
    for (auto& word : rule.ports.words) word = ~0ull;
    rule.destination_last = rule.source_last = 65535;
    rule.order = order;
    return rule;
}

AclRule random_rule(std::uint32_t n) {
    AclRule rule = any_rule("r", n, n + 1);
    constexpr std::uint8_t lengths[] = {8, 16, 24, 24, 28, 32, 32, 32};
    rule.destination_length = lengths[below(8)];
    rule.source_length = below(2) ? lengths[below(8)] : std::uint8_t{0};
    rule.destination = (10u << 24 | below(1 << 24)) & acl_mask(rule.destination_length);
    rule.source = (172u << 24 | below(1 << 24)) & acl_mask(rule.source_length);
    rule.protocol = static_cast<AclProtocol>(below(3));
    if (rule.protocol != AclProtocol::ip) {
        const auto port = static_cast<std::uint16_t>(below(1024));
        rule.destination_first = port;
        rule.destination_last = below(8) == 0 ? static_cast<std::uint16_t>(port + below(1000)) : port;
    }
    rule.action = below(2) ? AclAction::permit : AclAction::deny;
    return rule;
}

std::vector<AclEntry> random_rules(std::uint32_t count) {
    std::vector<AclEntry> out;
    for (std::uint32_t n = 0; n + 1 < count; ++n) out.push_back({random_rule(n), n, 1});
    out.push_back({any_rule("denyall", 0, count + 1), count, 1});
    out.back().rule.action = AclAction::deny;
    return out;
}

std::vector<AclKey> packets_for(const std::vector<AclEntry>& entries) {
    std::vector<AclKey> out;
    for (unsigned i = 0; i < burst * bursts; ++i) {
        const AclRule& rule = entries[below(static_cast<std::uint32_t>(entries.size()))].rule;
        AclKey key;
        const bool miss = below(2);
        key.destination =
            __builtin_bswap32(miss ? static_cast<std::uint32_t>(randomness())
                                   : rule.destination | (below(1u << 31) & ~acl_mask(rule.destination_length)));
        key.source = __builtin_bswap32(rule.source | (below(1u << 31) & ~acl_mask(rule.source_length)));
        const auto protocol = rule.protocol == AclProtocol::ip ? AclProtocol::tcp : rule.protocol;
        key.what = static_cast<std::uint8_t>(static_cast<std::uint8_t>(protocol) | acl_ports_known);
        key.destination_port = __builtin_bswap16(rule.destination_first);
        key.source_port = __builtin_bswap16(static_cast<std::uint16_t>(below(65536)));
        key.ingress = __builtin_bswap16(1);
        out.push_back(key);
    }
    return out;
}

std::uint64_t sink = 0;

/// The median burst's cycles for each packet.
template <class LookUp>
double cycles(const std::vector<AclKey>& packets, const LookUp& look_up) {
    std::vector<std::uint64_t> took;
    for (int round = 0; round < 9; ++round)
        for (unsigned b = 0; b < bursts; ++b) {
            const std::uint64_t begin = __rdtsc();
            look_up(packets.data() + b * burst);
            const std::uint64_t end = __rdtsc();
            if (round > 0) took.push_back(end - begin);
        }
    std::nth_element(took.begin(), took.begin() + static_cast<std::ptrdiff_t>(took.size() / 2), took.end());
    return static_cast<double>(took[took.size() / 2]) / burst;
}

double view_cycles(const std::vector<AclKey>& packets, const AclView& view) {
    return cycles(packets, [&view](const AclKey* keys) {
        AclVerdict verdicts[burst];
        view.look_up(keys, verdicts, burst);
        sink += verdicts[burst - 1].rank;
    });
}

struct Figures {
    double view = 0, linear = 0, library = 0, beside = 0, gone = 0, compile_ms = 0;
};

Figures measure(std::uint32_t count) {
    Figures out;
    const auto entries = random_rules(count);
    const auto packets = packets_for(entries);
    out.linear = view_cycles(packets, AclView(nullptr, {}, entries));
    const Time began = monotonic_now();
    const auto image = compile_acl(entries);
    out.compile_ms = (monotonic_now() - began).seconds() * 1e3;
    if (!image) return out;
    out.library = cycles(packets, [&image](const AclKey* keys) {
        std::uint32_t found[burst];
        image->classify(keys, found, burst);
        sink += found[burst - 1];
    });
    out.view = view_cycles(packets, AclView(image, {}, {}));
    std::vector<AclEntry> newest;
    for (std::uint32_t n = 0; n < 32; ++n) newest.push_back({random_rule(n), count + 1 + n, 1});
    out.beside = view_cycles(packets, AclView(image, {}, newest));
    std::vector<std::uint64_t> gone((entries.size() + 63) / 64, 0);
    for (std::size_t i = 0; i + 1 < entries.size(); i += 100) gone[i / 64] |= 1ull << i % 64;
    out.gone = view_cycles(packets, AclView(image, gone, {}));
    return out;
}

/// From the call to the view that has it, as the applier does it: the median of 201 rules, in microseconds.
double visible_us(std::uint32_t count) {
    auto arena = std::make_unique<AclArena>();
    Acl acl(*arena);
    AclMaintenance maintenance(*arena, acl, compile_acl);
    for (const AclEntry& entry : random_rules(count)) maintenance.set(entry.rule, 1);
    maintenance.publish();
    maintenance.compile_now();
    std::vector<double> took;
    for (std::uint32_t n = 0; n < 201; ++n) {
        const AclRule rule = any_rule("new", n, 500'000 + n);
        const Time began = monotonic_now();
        maintenance.set(rule, 1);
        maintenance.publish();
        took.push_back((monotonic_now() - began).seconds() * 1e6);
        maintenance.turn(monotonic_now(), {});
    }
    std::nth_element(took.begin(), took.begin() + 100, took.end());
    return took[100];
}

}  // namespace
}  // namespace baton

int main() {
    const char* words[] = {"acl",      "--no-huge", "--no-shconf",   "-m", "2048", "--no-pci",
                           "--lcores", "0",         "--no-telemetry"};
    if (rte_eal_init(static_cast<int>(std::size(words)), const_cast<char**>(words)) < 0) return 77;
    std::printf("cycles for each packet, TSC; median of 2,048 bursts of 64\n");
    std::printf("%8s %9s %9s %9s %9s %9s %12s %11s\n", "rules", "view", "librte", "linear", "+32new", "1%gone",
                "compile_ms", "visible_us");
    for (const std::uint32_t count : {1u, 8u, 16u, 24u, 32u, 64u, 100u, 1000u, 10000u}) {
        const auto figures = baton::measure(count);
        std::printf("%8u %9.1f %9.1f %9.1f %9.1f %9.1f %12.2f %11.1f\n", count, figures.view, figures.library,
                    figures.linear, figures.beside, figures.gone, figures.compile_ms, baton::visible_us(count));
        std::fflush(stdout);
    }
    return baton::sink == 42 ? 1 : 0;
}
