// SPDX-License-Identifier: Apache-2.0
// The thread that compiles access lists: one image at a time, at low priority, beside the applier and never in a
// worker. It is given the rules by value and shares nothing.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "dataplane/table/acl.h"
#include "sync/base/time.h"

namespace baton {

class AclWorkshop {
  public:
    /// The image of these rules, by rank; null: there is no memory for it.
    using Make = std::function<std::shared_ptr<const AclImage>(const std::vector<AclEntry>&)>;

    struct Made {
        std::shared_ptr<const AclImage> image;  // null: it could not be made
        std::vector<AclEntry> entries;
        Duration took{};
    };

    explicit AclWorkshop(Make make);
    ~AclWorkshop();
    AclWorkshop(const AclWorkshop&) = delete;
    AclWorkshop& operator=(const AclWorkshop&) = delete;

    bool can_make() const { return static_cast<bool>(make_); }

    /// An image was asked for and not yet taken.
    bool busy() const { return busy_; }

    void begin(std::vector<AclEntry> entries);

    /// What begin() asked for, once, when it is ready.
    std::optional<Made> take();

    /// Until it is ready; for tests and benches.
    void wait();

  private:
    void work();

    Make make_;
    bool busy_ = false;  // the applier's
    std::mutex mutex_;
    std::condition_variable wake_;
    std::optional<std::vector<AclEntry>> order_;
    std::optional<Made> made_;
    bool end_ = false;
    std::thread thread_;  // last: it uses the rest
};

}  // namespace baton
