// SPDX-License-Identifier: Apache-2.0
// Files by TFTP (RFC 1350, with the options of RFC 2347 to 2349), by libcurl. Blocking: called off the loop. A server
// that says nothing for five seconds is given up, a transfer that has not ended after a minute, too.
#pragma once

#include <cstddef>
#include <string>

#include "sync/base/result.h"

namespace baton {

inline constexpr unsigned tftp_seconds_most = 60;

/// `host`: a name, an address, [an IPv6 address]; each may be followed by :port. At most `most` bytes.
Result<std::string> tftp_get(const std::string& host, const std::string& file, std::size_t most);
Result<void> tftp_put(const std::string& host, const std::string& file, const std::string& text);

}  // namespace baton
