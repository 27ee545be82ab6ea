// SPDX-License-Identifier: Apache-2.0
// Creating, mapping and checking arenas. The chassis creates (hugepage memfd, 4 KB pages where the machine has none);
// everyone else maps an fd that it was given. An attach that does not fit is refused with a sentence, never guessed at.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "sync/base/result.h"
#include "sync/layout/arena.h"

namespace baton {

/// An fd that closes itself.
class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~Fd() { reset(); }
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    void reset();
    explicit operator bool() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

enum class Pages { huge, small };       // 2 MB or 4 KB
enum class Access { read_write, read_only };

/// A mapped arena; unmapped when it goes. `bytes()` begins with the ArenaHeader.
class Mapping {
  public:
    Mapping() = default;
    Mapping(void* address, std::size_t size) : address_(address), size_(size) {}
    Mapping(Mapping&& other) noexcept
        : address_(std::exchange(other.address_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Mapping& operator=(Mapping&& other) noexcept {
        std::swap(address_, other.address_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~Mapping();
    std::byte* bytes() const { return static_cast<std::byte*>(address_); }
    std::size_t size() const { return size_; }
    explicit operator bool() const { return address_ != nullptr; }

    template <class Root>
    Root* as() const {
        return reinterpret_cast<Root*>(address_);
    }

  private:
    void* address_ = nullptr;
    std::size_t size_ = 0;
};

/// A new arena of `size` bytes (rounded up to whole pages), header written, the rest zero. Its inode's mode is 0600, so
/// that a board under another user cannot reopen a read-only fd for writing. `touch` bytes from the start are allocated
/// now (all of it when 0), so that a lack of memory is an error here and not a SIGBUS later.
Result<Fd> create_arena(ArenaKind kind, std::size_t size, std::uint64_t layout, Pages pages, std::size_t touch = 0);

/// Maps what `fd` names, after checking magic, abi, kind, size and layout. MADV_DONTDUMP: arenas stay out of cores.
Result<Mapping> map_arena(int fd, ArenaKind kind, std::uint64_t layout, Access access);

/// The same memory through an fd that cannot be mapped for writing.
Result<Fd> reopen_read_only(int fd);

/// Allocates [offset, offset + size) of the arena now; false when the machine has no such memory left.
bool allocate(int fd, std::size_t offset, std::size_t size);

/// Gives [offset, offset + size) back to the machine; reads as zero from then on.
void deallocate(int fd, std::size_t offset, std::size_t size);

/// True when at least `size` bytes of free 2 MB pages are there.
bool huge_pages_available(std::size_t size);

}  // namespace baton
