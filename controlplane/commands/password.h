// SPDX-License-Identifier: Apache-2.0
// Passwords as crypt(3) keeps them: yescrypt with a salt from the kernel, or whatever libcrypt knows in hashes that
// operators bring. Hashing takes about ten milliseconds, on purpose: checking belongs on a helper thread.
#pragma once

#include <string>
#include <string_view>

#include "sync/base/result.h"

namespace baton::commands {

Result<std::string> hash_password(std::string_view password);

/// False for an empty hash: an account without a password lets nobody in by password.
bool is_password(std::string_view password, const std::string& hash);

}  // namespace baton::commands
