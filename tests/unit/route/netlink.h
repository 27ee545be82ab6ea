// SPDX-License-Identifier: Apache-2.0
// Builds the netlink messages that zebra's FPM sends, for tests of their reader.
#pragma once

#include <arpa/inet.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "sync/layout/routes.h"

namespace baton::zebra::test {

using Buffer = std::vector<std::uint8_t>;

inline void append(Buffer& to, const void* bytes, std::size_t size) {
    const auto* from = static_cast<const std::uint8_t*>(bytes);
    to.insert(to.end(), from, from + size);
    while (to.size() % 4 != 0) to.push_back(0);
}

inline Buffer address(const std::string& text) {
    Buffer out(text.find(':') == std::string::npos ? 4 : 16);
    ::inet_pton(out.size() == 4 ? AF_INET : AF_INET6, text.c_str(), out.data());
    return out;
}

inline IpBits bits(const std::string& text) {
    const Buffer bytes = address(text);
    IpBits out;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        (i < 8 ? out.high : out.low) |= std::uint64_t{bytes[i]} << (56 - i % 8 * 8);
    return out;
}

inline void attribute(Buffer& to, std::uint16_t type, const Buffer& value) {
    const rtattr header{static_cast<unsigned short>(sizeof(rtattr) + value.size()), type};
    append(to, &header, sizeof header);
    append(to, value.data(), value.size());
}

inline Buffer number(std::uint32_t value) {
    Buffer out(4);
    std::memcpy(out.data(), &value, 4);
    return out;
}

struct Route {
    std::uint16_t message = RTM_NEWROUTE;
    std::string prefix = "10.1.0.0";
    unsigned length = 16;
    std::uint8_t type = RTN_UNICAST;
    std::uint8_t protocol = 188;
    std::uint8_t table = RT_TABLE_MAIN;
    std::uint32_t pid = 77;
    std::vector<std::pair<std::string, std::uint32_t>> hops = {{"192.0.2.1", 5}};  // gateway ("": none), interface
    bool nested = true;

    Buffer message_bytes() const {
        Buffer body;
        rtmsg route{};
        const Buffer destination = address(prefix);
        route.rtm_family = destination.size() == 4 ? AF_INET : AF_INET6;
        route.rtm_dst_len = static_cast<std::uint8_t>(length);
        route.rtm_table = table;
        route.rtm_protocol = protocol;
        route.rtm_type = message == RTM_DELROUTE ? std::uint8_t{0} : type;
        append(body, &route, sizeof route);
        attribute(body, RTA_DST, destination);
        attribute(body, RTA_PRIORITY, number(20));
        if (message == RTM_NEWROUTE && hops.size() == 1) {
            if (!hops[0].first.empty()) attribute(body, RTA_GATEWAY, address(hops[0].first));
            attribute(body, RTA_OIF, number(hops[0].second));
        } else if (message == RTM_NEWROUTE && hops.size() > 1) {
            Buffer all;
            for (const auto& [gateway, interface] : hops) {
                Buffer inner;
                if (!gateway.empty()) attribute(inner, RTA_GATEWAY, address(gateway));
                rtnexthop hop{};
                hop.rtnh_len = static_cast<unsigned short>(sizeof hop + inner.size());
                hop.rtnh_ifindex = static_cast<int>(interface);
                append(all, &hop, sizeof hop);
                all.insert(all.end(), inner.begin(), inner.end());
            }
            attribute(body, static_cast<std::uint16_t>(RTA_MULTIPATH | (nested ? 0x8000 : 0)), all);
        }
        nlmsghdr header{};
        header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + body.size());
        header.nlmsg_type = message;
        header.nlmsg_flags = 0x501;
        header.nlmsg_pid = pid;
        Buffer out;
        append(out, &header, sizeof header);
        out.insert(out.end(), body.begin(), body.end());
        return out;
    }
};

inline Buffer frame(std::initializer_list<Route> routes) {
    Buffer out;
    for (const Route& route : routes) {
        const Buffer one = route.message_bytes();
        out.insert(out.end(), one.begin(), one.end());
    }
    return out;
}

inline Route removal(const std::string& prefix, unsigned length) {
    Route route;
    route.message = RTM_DELROUTE;
    route.prefix = prefix;
    route.length = length;
    return route;
}

inline Route sentinel() {
    Route route;
    route.prefix = "fefe:ffff::1";
    route.length = 128;
    route.type = RTN_BLACKHOLE;
    route.protocol = 196;
    route.hops = {};
    return route;
}

}  // namespace baton::zebra::test
