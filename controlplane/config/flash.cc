// SPDX-License-Identifier: Apache-2.0
#include "controlplane/config/flash.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <span>

#include "sync/base/crc32c.h"
#include "sync/region/arena.h"

namespace baton::config {
namespace {

constexpr std::string_view mark = "# baton-configuration ";
constexpr const char* selection_file = "selected.cfg";

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Words without spaces, so that the header stays one line of `name=value`.
std::string word(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 64)) out += c > ' ' && c < 0x7f ? c : '_';
    return out.empty() ? "-" : out;
}

std::string head_of(const Stamp& stamp) {
    return fmt::format("{}version={} saved={} by={} size={}", mark, word(stamp.version), date_of(stamp.at),
                       word(stamp.by), stamp.size);
}

std::uint32_t checksum_of(std::string_view head, std::string_view text) {
    return crc32c(bytes_of(text), crc32c(bytes_of(head)));
}

std::string file_of(const Stored& what) {
    return fmt::format("{} crc32c={:08x}\n{}", head_of(what.stamp), what.stamp.checksum, what.text);
}

/// The value of ` name=` in the header; empty when it is not there.
std::string_view field(std::string_view head, std::string_view name) {
    const auto at = head.find(fmt::format(" {}=", name));
    if (at == std::string_view::npos) return {};
    head.remove_prefix(at + name.size() + 2);
    return head.substr(0, head.find(' '));
}

std::optional<std::int64_t> seconds_of(const std::string& date) {
    tm parts{};
    const char* end = ::strptime(date.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (!end || *end != 0) return std::nullopt;
    return ::timegm(&parts);
}

template <class Number>
bool number(std::string_view text, int base, Number& into) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, base);
    return error == std::errc{} && end == text.data() + text.size();
}

Result<Stored> parse(std::string bytes, const std::string& path) {
    Stored out;
    if (!bytes.starts_with(mark)) {
        out.stamp.size = bytes.size();
        out.stamp.by = "hand";
        out.text = std::move(bytes);
        out.checked = false;
        return out;
    }
    const auto damaged = [&](std::string_view how) {
        return failure(
            fmt::format("{} is damaged: {}; save the configuration again, or, if it was edited by hand, take "
                        "its first line away",
                        path, how));
    };
    const auto line = std::string_view(bytes).substr(0, bytes.find('\n'));
    const auto sum = line.find(" crc32c=");
    const auto date = seconds_of(std::string(field(line, "saved")));
    if (line.size() == bytes.size() || sum == std::string_view::npos || !date ||
        !number(field(line, "size"), 10, out.stamp.size) || !number(field(line, "crc32c"), 16, out.stamp.checksum))
        return damaged("its header cannot be read");
    out.stamp.at = *date;
    out.stamp.by = field(line, "by");
    out.stamp.version = field(line, "version");
    out.text = bytes.substr(line.size() + 1);
    if (out.text.size() != out.stamp.size)
        return damaged(fmt::format("{} bytes of text are there, {} were written", out.text.size(), out.stamp.size));
    if (checksum_of(line.substr(0, sum), out.text) != out.stamp.checksum) return damaged("its checksum is wrong");
    return out;
}

std::string selection_of(Space space) {
    return fmt::format("use configuration {}\n", name_of(space));
}

std::string because(std::string_view what) {
    return fmt::format("{}: {}", what, std::strerror(errno));
}

/// Nothing: there is no such file.
Result<std::optional<std::string>> read_file(const std::string& path) {
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) {
        if (errno == ENOENT) return std::optional<std::string>{};
        return failure(because(path + " cannot be read"));
    }
    std::string bytes;
    char piece[16384];
    for (ssize_t size; (size = ::read(file.get(), piece, sizeof piece)) != 0;) {
        if (size < 0) return failure(because(path + " cannot be read"));
        bytes.append(piece, static_cast<std::size_t>(size));
        if (bytes.size() > largest_configuration + 4096) return failure(path + " is larger than any configuration");
    }
    return std::optional(std::move(bytes));
}

}  // namespace

std::string date_of(std::int64_t seconds) {
    const time_t at = seconds;
    tm parts{};
    ::gmtime_r(&at, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

Stored stored(std::string text, std::int64_t at, std::string by, std::string version) {
    Stored out;
    out.stamp = {at, word(by), word(version), text.size(), 0};
    out.stamp.checksum = checksum_of(head_of(out.stamp), text);
    out.text = std::move(text);
    return out;
}

Result<void> replace_file(const std::string& folder, const std::string& name, std::string_view bytes) {
    const std::string path = folder + "/" + name, fresh = folder + "/." + name + ".new";
    const auto failed = [&] { return failure(because(path + " cannot be written")); };
    Fd file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!file) return failed();
    for (std::string_view left = bytes; !left.empty();) {
        const ssize_t size = ::write(file.get(), left.data(), left.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) {
            auto error = failed();
            ::unlink(fresh.c_str());
            return error;
        }
        left.remove_prefix(static_cast<std::size_t>(size));
    }
    if (::fsync(file.get()) < 0 || ::rename(fresh.c_str(), path.c_str()) < 0) {
        auto error = failed();
        ::unlink(fresh.c_str());
        return error;
    }
    const Fd directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory || ::fsync(directory.get()) < 0)
        return failure(because(path + " is written, but whether it would outlive a loss of power is not known"));
    return {};
}

Found Flash::read(Space space) const {
    if (!present()) return std::optional<Stored>{};
    auto bytes = read_file(path(space));
    if (!bytes) return bytes.error();
    if (!*bytes) return std::optional<Stored>{};
    auto parsed = parse(std::move(**bytes), path(space));
    if (!parsed) return parsed.error();
    return std::optional(std::move(*parsed));
}

Result<void> Flash::write(Space space, const Stored& what) const {
    if (!present()) return failure("this board has no flash to save to; start baton-chassis with a flash-dir");
    return replace_file(folder_, std::string(name_of(space)) + ".cfg", file_of(what));
}

Result<Space> Flash::selected() const {
    if (!present()) return Space::primary;
    const std::string path = folder_ + "/" + selection_file;
    auto bytes = read_file(path);
    if (!bytes) return bytes.error();
    if (!*bytes) return Space::primary;
    const auto found = parse(std::move(**bytes), path);
    if (!found) return found.error();
    for (const Space space : spaces)
        if (found->text == selection_of(space)) return space;
    return failure(path + " selects nothing; say 'use configuration primary' or 'use configuration secondary'");
}

Result<void> Flash::select(Space space, std::int64_t at, const std::string& by, const std::string& version) const {
    if (!present()) return failure("this board has no flash; start baton-chassis with a flash-dir");
    return replace_file(folder_, selection_file, file_of(stored(selection_of(space), at, by, version)));
}

Flash::Boot Flash::boot(const Reader& read_text) const {
    Boot out;
    const auto selection = selected();
    if (!selection) out.complaints.push_back(selection.error().what + "; beginning with primary");
    const Space first = selection ? *selection : Space::primary;
    for (const Space space : {first, other(first)}) {
        auto found = read(space);
        if (!found) {
            out.complaints.push_back(found.error().what);
            continue;
        }
        if (!*found) continue;
        auto running = read_text((*found)->text);
        if (!running) {
            out.complaints.push_back(fmt::format("{} cannot be used: {}", path(space), running.error().what));
            continue;
        }
        if (!(*found)->checked)
            out.complaints.push_back(fmt::format("{} has no checksum, because it was edited by hand", path(space)));
        out.running = std::move(*running);
        out.from = space;
        return out;
    }
    return out;
}

}  // namespace baton::config
