// SPDX-License-Identifier: Apache-2.0
#include "controlplane/commands/password.h"

#include <crypt.h>
#include <string.h>

#include <memory>

namespace baton::commands {
namespace {

/// Empty when libcrypt cannot; its scratch memory is wiped, it has held the password.
std::string crypted(const std::string& password, const char* setting) {
    const auto scratch = std::make_unique<crypt_data>();
    const char* hash = ::crypt_r(password.c_str(), setting, scratch.get());
    std::string out = hash && hash[0] == '$' ? hash : "";
    ::explicit_bzero(scratch.get(), sizeof *scratch);
    return out;
}

}  // namespace

Result<std::string> hash_password(std::string_view password) {
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    if (!::crypt_gensalt_rn("$y$", 0, nullptr, 0, setting, sizeof setting))
        return failure("the system's libcrypt makes no yescrypt hashes; give the account a hash: encrypted <hash>");
    auto hash = crypted(std::string(password), setting);
    if (hash.empty()) return failure("the system's libcrypt refused the password; give the account another");
    return hash;
}

bool is_password(std::string_view password, const std::string& hash) {
    if (hash.empty()) return false;
    const auto made = crypted(std::string(password), hash.c_str());
    if (made.size() != hash.size()) return false;
    unsigned difference = 0;  // as long for a near miss as for a far one
    for (std::size_t i = 0; i < made.size(); ++i) difference |= static_cast<unsigned char>(made[i] ^ hash[i]);
    return difference == 0;
}

}  // namespace baton::commands
