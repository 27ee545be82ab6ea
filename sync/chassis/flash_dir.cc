// SPDX-License-Identifier: Apache-2.0
#include "sync/chassis/flash_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "sync/base/result.h"
#include "sync/region/arena.h"

namespace baton::chassis {
namespace {

[[noreturn]] void give_up(const std::string& what) {
    throw StartupError{1, fmt::format("{}: {}; name another folder with flash-dir", what, std::strerror(errno))};
}

/// All by the folder's own fd: whoever may write in flash-dir cannot lead root elsewhere with a link.
void own(const std::string& path, unsigned uid, unsigned gid) {
    const Fd folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!folder || ::fchmod(folder.get(), 0700) < 0) give_up("cannot use " + path);
    if (::geteuid() != 0) return;
    if (::fchown(folder.get(), uid, gid) < 0) give_up("cannot give away " + path);
    DIR* entries = ::fdopendir(::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0));
    if (!entries) give_up("cannot list " + path);
    while (const dirent* entry = ::readdir(entries))  // another board-user may have written them
        if (entry->d_type == DT_REG)
            if (::fchownat(folder.get(), entry->d_name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0) break;
    ::closedir(entries);
}

}  // namespace

std::string flash_folder(const std::string& flash_dir, Slot slot) {
    return fmt::format("{}/{}", flash_dir, name_of(slot));
}

void make_flash(const std::string& flash_dir, unsigned uid, unsigned gid) {
    std::error_code error;
    if (std::filesystem::create_directories(flash_dir, error)) ::chmod(flash_dir.c_str(), 0755);
    if (error)
        throw StartupError{
            1, fmt::format("cannot make {}: {}; name another folder with flash-dir", flash_dir, error.message())};
    for (const Slot slot : {Slot::msm_a, Slot::msm_b}) {
        const std::string path = flash_folder(flash_dir, slot);
        if (::mkdir(path.c_str(), 0700) < 0 && errno != EEXIST) give_up("cannot make " + path);
        own(path, uid, gid);
    }
}

}  // namespace baton::chassis
