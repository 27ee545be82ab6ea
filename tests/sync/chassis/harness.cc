// SPDX-License-Identifier: Apache-2.0
#include "tests/sync/chassis/harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace baton::test {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    if (!value) throw std::runtime_error(std::string(name) + " is not set: run this through meson test");
    return value;
}

std::string slurp(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
}

bool has_all(const std::string& line, const std::string& words) {
    std::istringstream each(words);
    for (std::string word; each >> word;)
        if (line.find(word) == std::string::npos) return false;
    return true;
}

std::vector<std::string> matching(const std::string& text, const std::string& words) {
    std::vector<std::string> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (has_all(line, words)) found.push_back(line);
    return found;
}

}  // namespace

Keeper::Keeper() {
    char name[] = "/tmp/baton-keeper-XXXXXX";
    folder_ = ::mkdtemp(name);
    ::chmod(folder_.c_str(), 0777);  // the boards run as nobody
    std::ofstream(folder_ + "/events");
    ::chmod((folder_ + "/events").c_str(), 0666);
    run_dir_ = folder_ + "/run";
    config_ = folder_ + "/baton.conf";
}

Keeper::~Keeper() {
    if (chassis_ != 0) end_with(SIGKILL);
    if (HasFailure() || std::getenv("BATON_SHOW")) fmt::print("---- log\n{}---- events\n{}", log(), events());
    std::filesystem::remove_all(folder_);
}

std::vector<std::string> Keeper::command(const std::string& lines) {
    std::ofstream(config_) << fmt::format(
        "run-dir = {}\nflash-dir = {}/flash\nhugepages = no\nworker-cores = 0\nkeepalive-ms = 300\nboard-program = "
        "{}/fake-board\n"
        "dataplane-program = {}/fake-dataplane\n{}",
        run_dir_, folder_, environment("BATON_FAKES"), environment("BATON_FAKES"), lines);
    return {environment("BATON_BUILD_ROOT") + "/baton-chassis", "--config", config_};
}

pid_t Keeper::spawn(const std::vector<std::string>& words) {
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::setenv("BATON_FAKE_DIR", folder_.c_str(), 1);
    const Fd output{::open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::dup2(output.get(), 1);
    ::dup2(output.get(), 2);
    const rlimit core{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_CORE, &core);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

void Keeper::start(const std::string& lines) {
    chassis_ = spawn(command(lines));
    wait_log("started unit=msm-b");
}

void Keeper::start_and_settle(const std::string& lines) {
    start(lines);
    wait_event("msm-a granted term=1");
    wait_log("able from=msm-b");
}

int Keeper::run_to_end(const std::string& lines, std::vector<std::string> more) {
    auto words = command(lines);
    words.insert(words.end(), more.begin(), more.end());
    const pid_t pid = spawn(words);
    int status = 0;
    if (!wait_for("the end of a chassis that must not start",
                  [&] { return ::waitpid(pid, &status, WNOHANG) == pid; })) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, &status, 0);
    }
    output_ = log();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int Keeper::end_with(int signal) {
    ::kill(chassis_, signal);
    int status = 0;
    if (!wait_for("the end of the chassis", [&] { return ::waitpid(chassis_, &status, WNOHANG) == chassis_; })) {
        ::kill(chassis_, SIGKILL);
        ::waitpid(chassis_, &status, 0);
    }
    chassis_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// Written aside and moved, so that a child never reads half an order.
void Keeper::tell(const std::string& child, const std::string& order) {
    std::ofstream(folder_ + "/order") << order;
    std::filesystem::rename(folder_ + "/order", folder_ + "/" + child + ".do");
}

void Keeper::tell_first(const std::string& child, const std::string& order) {
    const std::string path = folder_ + "/" + child + ".first";
    if (order.empty())
        std::filesystem::remove(path);
    else
        std::ofstream(path) << order;
}

std::string Keeper::log() const {
    return slurp(folder_ + "/log");
}

std::string Keeper::events() const {
    return slurp(folder_ + "/events");
}

std::string Keeper::wait_line(bool in_log, const std::string& words, int nth) {
    std::string line;
    wait_for(words.c_str(), [&] {
        const auto found = matching(in_log ? log() : events(), words);
        if (static_cast<int>(found.size()) < nth) return false;
        line = found[static_cast<std::size_t>(nth) - 1];
        return true;
    });
    return line;
}

std::string Keeper::wait_log(const std::string& words, int nth) {
    return wait_line(true, words, nth);
}

std::string Keeper::wait_event(const std::string& words, int nth) {
    return wait_line(false, words, nth);
}

int Keeper::count_log(const std::string& words) const {
    return static_cast<int>(matching(log(), words).size());
}

std::string Keeper::value(const std::string& line, const std::string& key) {
    const auto at = line.find(" " + key + "=");
    if (at == std::string::npos) return "";
    const auto begin = at + key.size() + 2;
    return line.substr(begin, line.find(' ', begin) - begin);
}

long Keeper::number(const std::string& line, const std::string& key) {
    const std::string digits = value(line, key);
    return digits.empty() ? -1 : std::stol(digits, nullptr, 0);
}

std::size_t Keeper::place(const std::string& text, const std::string& words) const {
    const auto found = matching(text, words);
    return found.empty() ? std::string::npos : text.find(found.front());
}

Fd Keeper::connect() const {
    Fd socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (run_dir_ + "/chassis.sock").copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) return {};
    return socket;
}

Fd Keeper::want(const std::string& name) {
    const Fd socket = connect();
    if (!socket) return {};
    Note note{.type = NoteType::want};
    note.set_name(name);
    ReceivedNote answer;
    if (!send_note(socket.get(), note) || receive_note(socket.get(), answer, true) != Receive::note) return {};
    return answer.note.type == NoteType::give ? std::move(answer.fd) : Fd{};
}

const BatonPage& Keeper::baton() {
    if (!baton_) {
        auto mapping = map_arena(want("baton").get(), ArenaKind::baton, fingerprint<BatonPage>(), Access::read_only);
        if (!mapping) throw std::runtime_error(mapping.error().what);
        baton_ = std::move(*mapping);
    }
    return *baton_.as<BatonPage>();
}

const BoardPage& Keeper::board(Slot slot) {
    Mapping& mine = boards_[index_of(slot)];
    if (!mine) {
        const auto kind = slot == Slot::msm_a ? ArenaKind::board_a : ArenaKind::board_b;
        auto mapping =
            map_arena(want(std::string(name_of(kind))).get(), kind, fingerprint<BoardPage>(), Access::read_only);
        if (!mapping) throw std::runtime_error(mapping.error().what);
        mine = std::move(*mapping);
    }
    return *mine.as<BoardPage>();
}

void Keeper::nap() {
    ::usleep(2000);
}

// A process that has ended and that nobody collects (a container without an init) does not exist any more.
bool Keeper::exists(pid_t pid) {
    if (::kill(pid, 0) != 0) return false;
    const std::string line = slurp(fmt::format("/proc/{}/stat", pid));
    const auto after_name = line.rfind(')');
    return after_name != std::string::npos && line[after_name + 2] != 'Z' && line[after_name + 2] != 'X';
}

}  // namespace baton::test
