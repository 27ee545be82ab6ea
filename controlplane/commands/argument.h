// SPDX-License-Identifier: Apache-2.0
// The kinds of argument a notation may name, `<vlan>`, `<portlist>`, `<mac>`: how each is read, what `?` says of it,
// and whether live names complete it. Reading is about form and range only; whether a VLAN exists is for the
// transaction to say, so that the answer comes from one place.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "controlplane/commands/portlist.h"
#include "sync/base/mac.h"
#include "sync/base/result.h"

namespace baton::commands {

/// What was read: the member that belongs to the kind of argument is set, the others are empty.
struct Value {
    std::string text = {};
    std::uint64_t number = 0;
    Mac mac = {};
    PortList ports = {};

    template <class T>
    const T& as() const {
        if constexpr (std::is_same_v<T, std::string>)
            return text;
        else if constexpr (std::is_same_v<T, std::uint64_t>)
            return number;
        else if constexpr (std::is_same_v<T, Mac>)
            return mac;
        else
            return static_cast<const T&>(ports);
    }
};

enum class Live : std::uint8_t { none, vlans, ports, accounts, access_lists };  // where Tab finds candidates

/// The names there are now; asked only when a line needs them.
using LiveNames = std::function<std::vector<std::string>(Live)>;

struct ArgumentType {
    std::string_view name;                         // as between < and >
    std::string_view help;                         // for `?`
    Result<Value> (*read)(std::string_view text);  // Code::syntax and a sentence
    Live live = Live::none;
    bool repeats = false;  // takes all the words that follow
    bool secret = false;   // kept in no log, journal or history
    bool only_completes = false;  // live names are for Tab: there may be too many to ask for with every line
};

/// Null when there is no such kind.
const ArgumentType* argument_type(std::string_view name);
std::vector<const ArgumentType*> argument_types();

}  // namespace baton::commands
