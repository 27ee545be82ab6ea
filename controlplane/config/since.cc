// SPDX-License-Identifier: Apache-2.0
#include "controlplane/config/since.h"

#include <algorithm>
#include <cstdio>
#include <span>

namespace baton::config {
namespace {

struct First {
    std::uint32_t number;
    Release release;
};

constexpr Release release(unsigned major, unsigned minor, unsigned patch) {
    return major << 16 | minor << 8 | patch;
}

Release parsed(std::string_view text) {
    unsigned major = 0, minor = 0, patch = 0;
    if (std::sscanf(std::string(text).c_str(), "%3u.%3u.%3u", &major, &minor, &patch) != 3) return 0;
    return major > 255 || minor > 255 || patch > 255 ? 0 : release(major, minor, patch);
}

Release own = parsed(BATON_VERSION);

constexpr Release never = ~0u;
constexpr First changes[] = {
    {1, release(0, 1, 0)}, {11, release(0, 2, 0)}, {13, release(0, 3, 0)}, {18, release(0, 4, 0)}};
constexpr First subtypes[] = {{1, release(0, 1, 0)}, {8, release(0, 2, 0)}, {20, release(0, 4, 0)}};

Release look_up(std::span<const First> table, std::uint32_t number) {
    Release found = never;
    for (const First& first : table)
        if (number >= first.number) found = first.release;
    return found;
}

}  // namespace

Release parse_release(std::string_view text) {
    return parsed(text);
}

Release own_release() {
    return own;
}

void pretend_release(Release release) {
    own = release;
}

std::string text_of(Release release) {
    return std::to_string(release >> 16) + "." + std::to_string(release >> 8 & 0xff) + "." +
           std::to_string(release & 0xff);
}

Release since(const Change& change) {
    return look_up(changes, static_cast<std::uint32_t>(change.change_case()));  // not set: a kind of a later release
}

Release since(std::uint16_t subtype) {
    return look_up(subtypes, subtype);
}

Release needed_for(const Running& running) {
    Release needed = release(0, 1, 0);
    for (const Change& change : running.as_changes()) needed = std::max(needed, since(change));
    return needed;
}

}  // namespace baton::config
