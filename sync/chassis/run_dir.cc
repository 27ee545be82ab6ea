// SPDX-License-Identifier: Apache-2.0
#include "sync/chassis/run_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "sync/base/log.h"

namespace baton::chassis {
namespace {

[[noreturn]] void give_up(const std::string& what) {
    throw StartupError{1, fmt::format("{}: {}", what, std::strerror(errno))};
}

}  // namespace

RunDir::RunDir(const std::string& path, unsigned board_uid, unsigned board_gid) : path_(path), cores_(path + "/cores") {
    std::error_code error;
    std::filesystem::create_directories(path_, error);
    if (error) throw StartupError{1, fmt::format("cannot make run-dir {}: {}", path_, error.message())};
    lock();
    if (::mkdir(cores_.c_str(), 0700) < 0 && errno != EEXIST) give_up("cannot make " + cores_);
    if (::geteuid() == 0 && ::chown(cores_.c_str(), board_uid, board_gid) < 0) give_up("cannot give away " + cores_);
    door_ = listen_at("chassis.sock", SOCK_SEQPACKET, 16);
    session_ = listen_at("session.sock", SOCK_STREAM, 4096);
}

RunDir::~RunDir() {
    for (const char* name : {"/chassis.sock", "/session.sock", "/chassis.pid"}) ::unlink((path_ + name).c_str());
}

// The lock is the truth, the number in the file is for people. A chassis that ends unlinks the file, so whoever got the
// lock looks whether it is still the file of that name.
void RunDir::lock() {
    const std::string file = path_ + "/chassis.pid";
    for (int attempt = 0; attempt < 10; ++attempt) {
        pid_file_ = Fd{::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
        if (!pid_file_) give_up("cannot write " + file);
        if (::flock(pid_file_.get(), LOCK_EX | LOCK_NB) < 0) {
            char pid[16] = {};
            if (::pread(pid_file_.get(), pid, sizeof pid - 1, 0) < 0) pid[0] = 0;
            throw StartupError{
                1, fmt::format("a chassis{}{} runs in {} already: end it first, or choose another run-dir",
                               pid[0] ? " with pid " : "", std::string_view(pid, std::strcspn(pid, "\n")), path_)};
        }

        struct stat mine {
        }, named{};

        ::fstat(pid_file_.get(), &mine);
        if (::stat(file.c_str(), &named) < 0 || mine.st_ino != named.st_ino) continue;
        cleaned_ = mine.st_size > 0;
        const std::string pid = std::to_string(::getpid()) + "\n";
        if (::ftruncate(pid_file_.get(), 0) < 0 || ::pwrite(pid_file_.get(), pid.data(), pid.size(), 0) < 0)
            give_up("cannot write " + file);
        return;
    }
    throw StartupError{1, fmt::format("{} is made and removed over and over by something else", file)};
}

// Made ready under another name and moved, so that whoever sees a socket of that name can connect to it.
Fd RunDir::listen_at(const std::string& name, int type, int backlog) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string file = path_ + "/" + name, raw = path_ + "/." + name;
    raw.copy(address.sun_path, sizeof address.sun_path - 1);
    ::unlink(raw.c_str());
    Fd fd{::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const mode_t before = ::umask(0177);  // nobody may come in between bind and chmod
    const bool bound = fd && ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::umask(before);
    if (!bound) give_up("cannot make " + raw);
    if (const group* operators = ::getgrnam("baton"))
        if (::chown(raw.c_str(), static_cast<uid_t>(-1), operators->gr_gid) < 0) give_up("cannot give away " + raw);
    if (::chmod(raw.c_str(), 0660) < 0 || ::listen(fd.get(), backlog) < 0) give_up("cannot listen at " + raw);
    if (::rename(raw.c_str(), file.c_str()) < 0) give_up("cannot make " + file);
    return fd;
}

}  // namespace baton::chassis
