// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/portlist.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace baton::commands {
namespace {

Error bad(std::string_view piece) {
    return {Code::syntax,
            fmt::format("\"{}\" is not a port; write ports as 1:1, 1:1-1:4, 2:* or several with commas", piece)};
}

unsigned small_number(std::string_view digits) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size() && value <= 255 ? value : 0;
}

}  // namespace

Result<PortList> parse_ports(std::string_view text) {
    PortList out;
    while (true) {
        const auto comma = text.find(',');
        const auto piece = text.substr(0, comma);
        const auto dash = piece.find('-');
        const auto head = piece.substr(0, dash);
        if (head.size() > 2 && head.ends_with(":*") && dash == std::string_view::npos) {
            const unsigned module = small_number(head.substr(0, head.size() - 2));
            if (module == 0) return bad(piece);
            out.push_back({{static_cast<std::uint8_t>(module), 1}, {static_cast<std::uint8_t>(module), 255}, true});
        } else {
            const auto first = PortName::parse(head);
            if (!first) return bad(piece);
            auto last = first;
            if (dash != std::string_view::npos) {
                const auto tail = piece.substr(dash + 1);
                last = PortName::parse(tail);
                if (!last && small_number(tail))
                    last = PortName{first->module, static_cast<std::uint8_t>(small_number(tail))};
                if (!last) return bad(piece);
                if (*last < *first)
                    return Error{Code::syntax, fmt::format("\"{}\" runs backwards; write the lower port first", piece)};
            }
            out.push_back({*first, *last, false});
        }
        if (comma == std::string_view::npos) return out;
        text.remove_prefix(comma + 1);
    }
}

Result<std::vector<PortName>> resolve(const PortList& list, const std::set<PortName>& existing) {
    std::set<PortName> out;
    for (const auto& range : list) {
        if (!range.whole_module)
            for (const auto end : {range.first, range.last})
                if (!existing.contains(end))
                    return failure(fmt::format("port {} does not exist; show ports lists those that do", end.text()));
        const auto before = out.size();
        const auto begin = existing.lower_bound(range.first), end = existing.upper_bound(range.last);
        out.insert(begin, end);
        if (begin == end && out.size() == before)
            return failure(
                fmt::format("module {} has no ports; show ports lists those that exist", range.first.module));
    }
    return std::vector<PortName>(out.begin(), out.end());
}

std::string text_of(std::span<const PortName> ports) {
    std::vector<PortName> sorted(ports.begin(), ports.end());
    std::sort(sorted.begin(), sorted.end());
    std::string out;
    for (std::size_t i = 0; i < sorted.size();) {
        std::size_t last = i;
        while (last + 1 < sorted.size() && sorted[last + 1].module == sorted[i].module &&
               sorted[last + 1].port == sorted[last].port + 1)
            ++last;
        if (!out.empty()) out += ',';
        out += sorted[i].text();
        if (last > i) out.append(last == i + 1 ? "," : "-").append(sorted[last].text());
        i = last + 1;
    }
    return out;
}

}  // namespace baton::commands
