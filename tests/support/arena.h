// SPDX-License-Identifier: Apache-2.0
// An arena of a test's own: made, mapped for reading and writing, in small pages.
#pragma once

#include <utility>

#include "sync/base/result.h"
#include "sync/layout/describe.h"
#include "sync/region/arena.h"

namespace baton::test {

/// `keep`: gets the arena's fd, for who attaches to it a second time. Throws StartupError.
template <class Root>
Mapping arena(ArenaKind kind, Fd* keep = nullptr, std::size_t size = sizeof(Root), std::size_t touch = 0) {
    auto fd = create_arena(kind, size, fingerprint<Root>(), Pages::small, touch);
    if (!fd) throw StartupError{1, fd.error().what};
    auto mapping = map_arena(fd->get(), kind, fingerprint<Root>(), Access::read_write);
    if (!mapping) throw StartupError{1, mapping.error().what};
    if (keep) *keep = std::move(*fd);
    return std::move(*mapping);
}

}  // namespace baton::test
