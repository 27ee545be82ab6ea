// SPDX-License-Identifier: Apache-2.0
#include "sync/region/arena.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>

#include "sync/base/time.h"

namespace baton {
namespace {

constexpr std::size_t huge_page = 2u << 20;
constexpr std::size_t small_page = 4096;

std::string because(const std::string& what) { return what + ": " + std::strerror(errno); }

}  // namespace

void Fd::reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Mapping::~Mapping() {
    if (address_) ::munmap(address_, size_);
}

Result<Fd> create_arena(ArenaKind kind, std::size_t size, std::uint64_t layout, Pages pages, std::size_t touch) {
    const std::size_t page = pages == Pages::huge ? huge_page : small_page;
    const auto whole = [page](std::size_t n) { return (n + page - 1) / page * page; };
    size = whole(size);
    const std::string name = "baton:" + std::string(name_of(kind));
    Fd fd{::memfd_create(name.c_str(), MFD_CLOEXEC | (pages == Pages::huge ? MFD_HUGETLB | MFD_HUGE_2MB : 0u))};
    if (!fd) return failure(because("cannot create arena " + name));
    if (::fchmod(fd.get(), 0600) < 0 || ::ftruncate(fd.get(), static_cast<off_t>(size)) < 0)
        return failure(because("cannot size arena " + name));
    if (!allocate(fd.get(), 0, touch == 0 ? size : whole(touch)))
        return failure(because("no memory for arena " + name + " (" + std::to_string(size >> 20) + " MB); reserve more huge pages or use --no-huge"));

    void* address = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd.get(), 0);
    if (address == MAP_FAILED) return failure(because("cannot map arena " + name));
    auto* header = ::new (address) ArenaHeader;
    header->magic = arena_magic;
    header->abi = arena_abi;
    header->kind = kind;
    header->total_size = size;
    header->layout = layout;
    header->created_ns = monotonic_now().ns;
    ::munmap(address, page);
    return fd;
}

Result<Mapping> map_arena(int fd, ArenaKind kind, std::uint64_t layout, Access access) {
    const std::string name(name_of(kind));
    struct stat about {};
    if (::fstat(fd, &about) < 0) return failure(because("arena " + name + " is not there"));
    const auto size = static_cast<std::size_t>(about.st_size);
    if (size < sizeof(ArenaHeader)) return failure("arena " + name + " is too small to have a header");
    const int protection = access == Access::read_only ? PROT_READ : PROT_READ | PROT_WRITE;
    void* address = ::mmap(nullptr, size, protection, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (address == MAP_FAILED) return failure(because("cannot map arena " + name));
    Mapping mapping{address, size};
    ::madvise(address, size, MADV_DONTDUMP);

    const auto* header = mapping.as<const ArenaHeader>();
    if (header->magic != arena_magic) return failure("arena " + name + ": not one of Baton's (wrong magic)");
    if (header->abi != arena_abi)
        return failure("arena " + name + " has abi " + std::to_string(header->abi) + ", this program needs " +
                       std::to_string(arena_abi) + ": run programs of one release");
    if (header->kind != kind)
        return failure("expected arena " + name + ", got " + std::string(name_of(header->kind)));
    if (header->total_size != size) return failure("arena " + name + " was cut or grown since it was created");
    if (header->layout != layout)
        return failure("arena " + name + " has another layout than this program: they were built from different sources");
    return mapping;
}

Result<Fd> reopen_read_only(int fd) {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    Fd again{::open(path, O_RDONLY | O_CLOEXEC)};
    if (!again) return failure(because("cannot reopen an arena read-only"));
    return again;
}

bool allocate(int fd, std::size_t offset, std::size_t size) {
    return ::fallocate(fd, 0, static_cast<off_t>(offset), static_cast<off_t>(size)) == 0;
}

void deallocate(int fd, std::size_t offset, std::size_t size) {
    ::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset), static_cast<off_t>(size));
}

bool huge_pages_available(std::size_t size) {
    std::size_t free = 0;
    if (FILE* file = std::fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r")) {
        if (std::fscanf(file, "%zu", &free) != 1) free = 0;
        std::fclose(file);
    }
    return free * huge_page >= size;
}

}  // namespace baton
