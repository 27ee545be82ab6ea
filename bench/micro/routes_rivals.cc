// SPDX-License-Identifier: Apache-2.0
#include "bench/micro/routes_rivals.h"

#include <rte_eal.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_lpm.h>

#include <string>

#include "bench/micro/routes_table.h"
#include "sync/base/time.h"

namespace baton::micro {
namespace {

constexpr unsigned batch = 64;
constexpr std::size_t most_in_lpm =
    1'000'000;  // it searches its rules one by one: 3 minutes for these, 12 for twice as many

/// Adds them all; routes a second, or 0 when one was refused.
template <class Add>
double fill(const std::vector<IpPrefix>& prefixes, Add&& add) {
    const Time begin = monotonic_now();
    for (std::size_t n = 0; n < prefixes.size(); ++n)
        if (add(prefixes[n], static_cast<std::uint32_t>(1 + n % gateways)) != 0) return 0;
    return static_cast<double>(prefixes.size()) / (monotonic_now() - begin).seconds();
}

void bytes_of(const IpBits& bits, std::uint8_t (&out)[16]) {
    for (unsigned n = 0; n < 16; ++n) out[n] = bits.byte(n);
}

}  // namespace

bool start_eal(bool huge) {
    std::vector<std::string> words{"routes", "--no-pci", "--no-telemetry", "--log-level=3", "-m", "1024"};
    if (huge)
        words.emplace_back("--in-memory");  // needs no hugetlbfs mounted
    else
        words.insert(words.end(), {"--no-huge", "--no-shconf"});
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    return rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) >= 0;
}

Rivals::Rivals(Family family, const std::vector<IpPrefix>& prefixes) {
    if (prefixes.empty()) return;
    const auto rules = static_cast<std::uint32_t>(prefixes.size() + 16);
    const std::uint32_t long_ones = std::max<std::uint32_t>(256, rules / 8);
    if (family == Family::ipv6) {
        rte_fib6_conf conf{};
        conf.type = RTE_FIB6_TRIE;
        conf.default_nh = 0;
        conf.max_routes = static_cast<int>(rules);
        conf.trie.nh_sz = RTE_FIB6_TRIE_4B;
        conf.trie.num_tbl8 = std::max<std::uint32_t>(1024, rules);
        fib6_ = rte_fib6_create("fib6", SOCKET_ID_ANY, &conf);
        if (!fib6_) return;
        fib_adds = fill(prefixes, [this](const IpPrefix& prefix, std::uint32_t hop) {
            std::uint8_t bytes[16];
            bytes_of(prefix.bits, bytes);
            return rte_fib6_add(fib6_, bytes, prefix.length, hop);
        });
        return;
    }
    rte_lpm_config config{rules, long_ones, 0};
    if (prefixes.size() <= most_in_lpm) lpm_ = rte_lpm_create("lpm", SOCKET_ID_ANY, &config);
    if (lpm_)  // of length 0 rte_lpm has none
        lpm_adds = fill(prefixes, [this](const IpPrefix& prefix, std::uint32_t hop) {
            return prefix.length == 0 ? 0 : rte_lpm_add(lpm_, prefix.bits.v4(), prefix.length, hop);
        });
    rte_fib_conf conf{};
    conf.type = RTE_FIB_DIR24_8;
    conf.default_nh = 0;
    conf.max_routes = static_cast<int>(rules);
    conf.dir24_8.nh_sz = RTE_FIB_DIR24_8_4B;
    conf.dir24_8.num_tbl8 = long_ones;
    fib_ = rte_fib_create("fib", SOCKET_ID_ANY, &conf);
    if (fib_)
        fib_adds = fill(prefixes, [this](const IpPrefix& prefix, std::uint32_t hop) {
            return rte_fib_add(fib_, prefix.bits.v4(), prefix.length, hop);
        });
}

Rivals::~Rivals() {
    if (lpm_) rte_lpm_free(lpm_);
    if (fib_) rte_fib_free(fib_);
    if (fib6_) rte_fib6_free(fib6_);
}

std::uint64_t Rivals::lpm(const std::uint32_t* addresses, unsigned count) const {
    std::uint32_t hops[batch];
    std::uint64_t sum = 0;
    rte_lpm_lookup_bulk(lpm_, addresses, hops, count);
    for (unsigned i = 0; i < count; ++i) sum += hops[i];
    return sum;
}

std::uint64_t Rivals::fib(const std::uint32_t* addresses, unsigned count) const {
    std::uint64_t hops[batch], sum = 0;
    rte_fib_lookup_bulk(fib_, const_cast<std::uint32_t*>(addresses), hops, static_cast<int>(count));
    for (unsigned i = 0; i < count; ++i) sum += hops[i];
    return sum;
}

std::uint64_t Rivals::fib6(const std::uint8_t (*addresses)[16], unsigned count) const {
    std::uint64_t hops[batch], sum = 0;
    rte_fib6_lookup_bulk(fib6_, const_cast<std::uint8_t(*)[16]>(addresses), hops, static_cast<int>(count));
    for (unsigned i = 0; i < count; ++i) sum += hops[i];
    return sum;
}

}  // namespace baton::micro
