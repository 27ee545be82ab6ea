// SPDX-License-Identifier: Apache-2.0
// A board's flash: a folder with the configurations it can boot from. Blocking calls, so they are made off the loop.
//
//   primary.cfg, secondary.cfg   a header line, then commands, as `show configuration` prints them
//   selected.cfg                 the same form; its one command is `use configuration primary` or `... secondary`
//
// The header is for people and for the check alike, in one line:
//
//   # baton-configuration version=0.1.0 saved=2026-11-22T20:45:01Z by=admin size=1234 crc32c=89abcdef
//
// crc32c covers the line up to its own name and the size bytes behind the line. A file whose first line is another was
// written by a person: it is taken as it is, and read with as much care as any text.
//
// A file is replaced in five steps, write a new one beside it, fsync, rename, fsync the folder; kill -9 between or in
// any of them leaves the old file whole or the new one whole. A leftover new file is written over by the next attempt.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/config/running.h"
#include "sync/base/result.h"

namespace baton::config {

enum class Space : std::uint8_t { primary, secondary };
inline constexpr Space spaces[] = {Space::primary, Space::secondary};

constexpr std::string_view name_of(Space space) {
    return space == Space::primary ? "primary" : "secondary";
}

constexpr Space other(Space space) {
    return space == Space::primary ? Space::secondary : Space::primary;
}

inline constexpr std::size_t largest_configuration = 4u << 20;  // bytes of text: 70,000 lines, about

struct Stamp {                   // what the header says
    std::int64_t at = 0;         // seconds since 1970, UTC
    std::string by, version;     // who, and the release that wrote it
    std::uint64_t size = 0;      // bytes of text
    std::uint32_t checksum = 0;  // of header and text; with the rest it tells whether two files are the same
    friend bool operator==(const Stamp&, const Stamp&) = default;
};

struct Stored {
    Stamp stamp;
    std::string text;
    bool checked = true;  // false: written by a person, without a header
    friend bool operator==(const Stored&, const Stored&) = default;
};

/// Completes the stamp: size and checksum.
Stored stored(std::string text, std::int64_t at, std::string by, std::string version);

/// "2026-11-22T20:45:01Z"
std::string date_of(std::int64_t seconds);

/// What is in one place of the flash: nothing, a whole configuration, or an error that names the file.
using Found = Result<std::optional<Stored>>;

class Flash {
  public:
    /// An empty folder name: the board has no flash; reading finds nothing, writing is an error.
    explicit Flash(std::string folder) : folder_(std::move(folder)) {}

    bool present() const { return !folder_.empty(); }

    Found read(Space space) const;
    Result<void> write(Space space, const Stored& what) const;

    /// Primary, when nothing was selected ever.
    Result<Space> selected() const;
    Result<void> select(Space space, std::int64_t at, const std::string& by, const std::string& version) const;

    struct Boot {
        std::optional<Running> running;       // nothing: the factory's
        std::optional<Space> from;            // where that came from
        std::vector<std::string> complaints;  // what was passed over, and why; each a sentence
    };

    using Reader = std::function<Result<Running>(std::string_view text)>;

    /// The selected configuration, else the other one, else nothing.
    Boot boot(const Reader& read) const;

    std::string path(Space space) const { return folder_ + "/" + std::string(name_of(space)) + ".cfg"; }

  private:
    std::string folder_;
};

/// The file of that name replaced whole, or untouched.
Result<void> replace_file(const std::string& folder, const std::string& name, std::string_view bytes);

}  // namespace baton::config
