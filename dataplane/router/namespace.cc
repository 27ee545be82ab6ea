// SPDX-License-Identifier: Apache-2.0
#include "dataplane/router/namespace.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "sync/region/arena.h"

namespace baton {

Result<void> Namespace::enter() {
    const Fd fd{::open(path_.c_str(), O_RDONLY | O_CLOEXEC)};

    struct stat about {};

    if (!fd || ::fstat(fd.get(), &about) < 0)
        return failure("there is no network namespace " + path_ + " (" + std::strerror(errno) +
                       "): make it with ip netns add, or change route-netns");
    if (::setns(fd.get(), CLONE_NEWNET) < 0)
        return failure("cannot enter " + path_ + " (CAP_SYS_ADMIN): " + std::strerror(errno));
    inode_ = about.st_ino;
    return {};
}

bool Namespace::current() const {
    struct stat about {};

    return inode_ != 0 && ::stat(path_.c_str(), &about) == 0 && about.st_ino == inode_;
}

bool Namespace::is(int namespace_fd) const {
    const Fd fd{namespace_fd};

    struct stat about {};

    return fd && ::fstat(fd.get(), &about) == 0 && about.st_ino == inode_;
}

bool Namespace::holds_tun(int fd) const {
    return is(::ioctl(fd, TUNGETDEVNETNS));
}

bool Namespace::holds_socket(int fd) const {
    return is(::ioctl(fd, SIOCGSKNS));
}

}  // namespace baton
