// SPDX-License-Identifier: Apache-2.0
#include "bench/tester/hosts.h"

#include <algorithm>
#include <cstring>

#include "bench/tester/packet.h"

namespace baton::tester {
namespace {

constexpr std::uint32_t most_announced = 256;  // addresses of one host
constexpr std::size_t arp_size = 28, ip6_size = 40;
constexpr std::uint8_t icmp6 = 58, solicitation = 135, advertisement = 136;
constexpr std::uint8_t solicited = 0x40, override_ = 0x20;
constexpr Mac broadcast = Mac::of(0xffffffffffff);

/// The frame that is being put together; `send` pads it to what a cable demands.
class Letter {
  public:
    Letter(const HostPlan& host, const Mac& to, std::uint16_t type) {
        add(to.bytes);
        add(host.mac.bytes);
        if (host.at.tag) {
            number(0x8100, 2);
            number(host.at.tag, 2);
        }
        number(type, 2);
        body_at_ = bytes_.size();
    }

    void add(std::span<const std::uint8_t> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

    void number(std::uint64_t value, int size) {
        for (int i = size - 1; i >= 0; --i) bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }

    std::uint8_t* body() { return bytes_.data() + body_at_; }

    std::span<const std::uint8_t> body_from(std::size_t at) const {
        return std::span<const std::uint8_t>(bytes_).subspan(body_at_ + at);
    }

    void send(Ends& ends, const Place& at) {
        bytes_.resize(std::max(bytes_.size(), at.tag ? least_frame + 4 : least_frame));
        auto& end = *ends[at.end];
        if (end.room(1) == 0) return;  // the other side asks again
        std::copy(bytes_.begin(), bytes_.end(), end.to_fill(0, bytes_.size()));
        end.send(1);
    }

  private:
    std::vector<std::uint8_t> bytes_;
    std::size_t body_at_ = 0;
};

void send_arp(Ends& ends, const HostPlan& host, std::uint16_t operation, const Ip& own, const Mac& to,
              const Ip& target) {
    Letter letter(host, to, 0x0806);
    letter.number(0x0001'0800'0604, 6);
    letter.number(operation, 2);
    letter.add(host.mac.bytes);
    letter.add(own.view());
    letter.add(operation == 1 ? Mac{}.bytes : to.bytes);
    letter.add(target.view());
    letter.send(ends, host.at);
}

Ip all_nodes() {
    return *Ip::parse("ff02::1");
}

Ip solicited_node(const Ip& address) {
    auto group = *Ip::parse("ff02::1:ff00:0");
    std::copy(address.bytes.begin() + 13, address.bytes.end(), group.bytes.begin() + 13);
    return group;
}

Mac group_mac(const Ip& group) {
    Mac mac{{0x33, 0x33}};
    std::copy(group.bytes.begin() + 12, group.bytes.end(), mac.bytes.begin() + 2);
    return mac;
}

/// A solicitation or an advertisement, with the host's MAC as its option.
void send_neighbor(Ends& ends, const HostPlan& host, std::uint8_t type, std::uint8_t flags, const Ip& own,
                   const Mac& to, const Ip& destination, const Ip& target) {
    Letter letter(host, to, 0x86dd);
    letter.number(0x60000000, 4);
    letter.number(32, 2);
    letter.number(icmp6, 1);
    letter.number(255, 1);
    letter.add(own.view());
    letter.add(destination.view());
    letter.number(type, 1);
    letter.number(0, 3);  // code, checksum
    letter.number(flags, 1);
    letter.number(0, 3);
    letter.add(target.view());
    letter.number(type == solicitation ? 1 : 2, 1);  // source or target link-layer address
    letter.number(1, 1);
    letter.add(host.mac.bytes);
    const auto checksum = transport_checksum(own, destination, icmp6, letter.body_from(ip6_size));
    std::memcpy(letter.body() + ip6_size + 2, &checksum, 2);
    letter.send(ends, host.at);
}

Mac mac_at(std::span<const std::uint8_t> bytes, std::size_t at) {
    Mac mac;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 6, mac.bytes.begin());
    return mac;
}

}  // namespace

Hosts::Hosts(const Plan& plan) {
    for (const auto& host : plan.hosts) hosts_.emplace_back(host);
}

void Hosts::arrived(unsigned end, const Arrived& frame, Ends& ends) {
    const auto bytes = frame.bytes;
    if (hosts_.empty() || bytes.size() < 18) return;
    const bool tag_inside = bytes[12] == 0x81 && bytes[13] == 0;
    const std::size_t type_at = tag_inside ? 16 : 12;
    const VlanId tag = frame.tag    ? static_cast<VlanId>(*frame.tag & 0xfff)
                       : tag_inside ? static_cast<VlanId>((bytes[14] & 15) << 8 | bytes[15])
                                    : VlanId{0};
    const unsigned type = bytes[type_at] << 8 | bytes[type_at + 1];
    for (auto& host : hosts_) {
        if (host.plan.at.end != end || host.plan.at.tag != tag) continue;
        if (type == 0x0806)
            arp(host, bytes.subspan(type_at + 2), ends);
        else if (type == 0x86dd)
            neighbor(host, bytes.subspan(type_at + 2), mac_at(bytes, 6), ends);
    }
}

void Hosts::arp(Host& host, std::span<const std::uint8_t> packet, Ends& ends) {
    constexpr std::uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4, 0};
    if (host.plan.address.v6() || packet.size() < arp_size ||
        !std::equal(std::begin(ethernet_ipv4), std::end(ethernet_ipv4), packet.begin()))
        return;
    const auto sender = Ip::of(packet.subspan(14, 4)), target = Ip::of(packet.subspan(24, 4));
    const auto sender_mac = mac_at(packet, 8);
    const bool ours = host.plan.address.distance(target, host.plan.count).has_value();
    if (packet[7] == 1 && ours && sender_mac != host.plan.mac) {
        ++host.report.requests;
        if (host.plan.answers) send_arp(ends, host.plan, 2, target, sender_mac, sender);
    } else if (packet[7] == 2 && ours && sender == host.plan.gateway && host.outstanding) {
        host.outstanding = false;
        host.report.gateway = sender_mac;
        ++host.report.asked;
        ++host.report.answered;
    }
}

void Hosts::neighbor(Host& host, std::span<const std::uint8_t> packet, const Mac& sender, Ends& ends) {
    if (!host.plan.address.v6() || packet.size() < ip6_size + 24 || packet[6] != icmp6 || packet[7] != 255) return;
    const auto source = Ip::of(packet.subspan(8, 16)), destination = Ip::of(packet.subspan(24, 16));
    const std::size_t size = packet[4] << 8 | packet[5];
    if (size < 24 || size > packet.size() - ip6_size) return;
    const auto message = packet.subspan(ip6_size, size);
    if (transport_checksum(source, destination, icmp6, message) != 0) return;
    const auto target = Ip::of(message.subspan(8, 16));
    if (message[0] == solicitation && host.plan.address.distance(target, host.plan.count)) {
        ++host.report.requests;
        if (!host.plan.answers) return;
        const bool nobody = source.bytes == Ip{}.bytes;
        const auto to = nobody ? all_nodes() : source;
        const auto flags = static_cast<std::uint8_t>(nobody ? override_ : solicited | override_);
        send_neighbor(ends, host.plan, advertisement, flags, target, nobody ? group_mac(to) : sender, to, target);
    } else if (message[0] == advertisement && target == host.plan.gateway && host.outstanding) {
        host.outstanding = false;
        host.report.gateway = size >= 32 && message[24] == 2 && message[25] == 1 ? mac_at(message, 26) : sender;
        ++host.report.asked;
        ++host.report.answered;
    }
}

void Hosts::announce(Ends& ends) {
    for (const auto& host : hosts_) {
        const auto& plan = host.plan;
        if (!plan.answers) continue;
        for (std::uint32_t n = 0; n < std::min(plan.count, most_announced); ++n) {
            const auto own = plan.address.plus(n);
            if (plan.address.v6())
                send_neighbor(ends, plan, advertisement, override_, own, group_mac(all_nodes()), all_nodes(), own);
            else
                send_arp(ends, plan, 1, own, broadcast, own);
        }
        const bool asks_anyway = host.next_question.ns != 0;
        if (plan.gateway && !asks_anyway) question(host, ends);
    }
}

void Hosts::question(const Host& host, Ends& ends) const {
    const auto& plan = host.plan;
    if (plan.address.v6()) {
        const auto group = solicited_node(plan.gateway);
        send_neighbor(ends, plan, solicitation, 0, plan.address, group_mac(group), group, plan.gateway);
    } else {
        send_arp(ends, plan, 1, plan.address, broadcast, plan.gateway);
    }
}

void Hosts::ask(Ends& ends, Time now) {
    for (auto& host : hosts_) {
        if (host.plan.ask <= 0 || now < host.next_question) continue;
        if (host.outstanding && now < host.give_up) continue;
        if (host.outstanding) ++host.report.asked;  // and not answered
        host.outstanding = true;
        host.give_up = now + seconds(1);
        host.next_question = now + Duration{static_cast<std::int64_t>(1e9 / host.plan.ask)};
        question(host, ends);
    }
}

bool Hosts::waiting() const {
    return std::any_of(hosts_.begin(), hosts_.end(), [](const Host& host) { return host.outstanding; });
}

Result<void> Hosts::set_answers(const std::string& name, bool answers) {
    for (auto& host : hosts_) {
        if (host.plan.name != name) continue;
        host.plan.answers = answers;
        return {};
    }
    return failure("there is no host called " + name);
}

std::vector<HostReport> Hosts::report() const {
    std::vector<HostReport> reports;
    for (const auto& host : hosts_) {
        reports.push_back(host.report);
        if (host.outstanding) ++reports.back().asked;
    }
    return reports;
}

}  // namespace baton::tester
