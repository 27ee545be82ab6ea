// SPDX-License-Identifier: Apache-2.0
// The neighbours' database as journal records, and back.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "controlplane/arp/state.h"
#include "controlplane/standby/neighbors.pb.h"

namespace baton {

inline constexpr std::size_t neighbor_record_size = 58;  // bytes that one takes in a record at the most

/// The values that these have now, or that they are gone, in messages of at most `chunk` bytes.
std::vector<standby::Neighbors> neighbors_messages(const arp::Database& database, const std::set<arp::Key>& changed,
                                                   const std::set<arp::Key>& own, std::size_t chunk);

/// The whole database.
std::vector<standby::Neighbors> neighbors_messages(const arp::Database& database, std::size_t chunk);

/// False: it says what cannot be, and nothing of it was taken.
bool take_neighbors(const standby::Neighbors& message, arp::Database& into);

}  // namespace baton
