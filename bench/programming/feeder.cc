// SPDX-License-Identifier: Apache-2.0
// Routes for a Baton that is measured beside others (bench/peers): the prefixes that its generator draws destinations
// from, said by FPM as a zebra would. It prints a line when all are said, and stays connected until its input ends, for
// a zebra that goes leaves a Baton that waits for it.
//
//   feeder --netns NAME --routes N --by bv2:10.0.0.2 --by bv3:10.0.1.2       prefix i by the i % 2nd
#include <fmt/core.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <iostream>

#include "bench/program.h"
#include "bench/programming/zebra.h"

namespace baton::programming {
namespace {

namespace po = boost::program_options;

/// As bench/peers/routers.py and bench/peers/generator.cc have it: from 16.0.0.0 on in steps of a /24, each twentieth
/// only a /28.
IpPrefix prefix_of(std::uint64_t i) {
    const auto network = static_cast<std::uint32_t>(16u << 24 | i << 8);
    return IpPrefix::of(IpAddress::v4(network), i % 20 == 0 ? 28 : 24);
}

NextHop next_hop(const std::string& netns, const std::string& text) {
    const std::size_t colon = text.find(':');
    const auto address = colon == text.npos ? std::nullopt : IpAddress::parse(text.substr(colon + 1));
    if (!address || address->family != Family::ipv4)
        throw StartupError{2, "--by wants INTERFACE:ADDRESS, as in bv2:10.0.0.2"};
    return {address->bits.v4(), interface_in(netns, text.substr(0, colon))};
}

int run(int argc, char** argv) {
    std::string netns;
    std::uint64_t routes = 0;
    std::vector<std::string> by;
    po::options_description known("Options");
    known.add_options()("netns", po::value(&netns)->required(), "the network namespace of Baton's FPM endpoint")(
        "routes", po::value(&routes)->default_value(1'000'000), "how many")(
        "by", po::value(&by)->required(), "INTERFACE:ADDRESS, a next hop; several take turns")("help,h", "this text");
    po::variables_map options;
    po::store(po::parse_command_line(argc, argv, known), options);
    if (options.count("help") != 0) {
        std::cout << "feeder - routes for a Baton that is measured beside others\n\n" << known;
        return 0;
    }
    po::notify(options);
    std::vector<NextHop> hops;
    for (const std::string& text : by) hops.push_back(next_hop(netns, text));
    Frames frames;
    for (std::uint64_t i = 0; i < routes; ++i) frames.set(prefix_of(i), hops[i % hops.size()]);
    frames.sentinel();
    const Zebra zebra(netns);
    zebra.say(frames);
    fmt::print("{{\"said\":{}}}\n", frames.count());
    std::fflush(stdout);
    while (std::cin.get() != std::char_traits<char>::eof()) {
    }
    return 0;
}

}  // namespace
}  // namespace baton::programming

int main(int argc, char** argv) {
    return baton::bench::finish("feeder", baton::programming::run, argc, argv);
}
