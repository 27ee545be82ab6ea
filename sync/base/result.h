// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value, or an Error that says what went wrong in a sentence that names the next step.
// The member names are std::expected's (C++23, missing in g++ 12), so that it can take over later.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace baton {

enum class Code : std::uint8_t {  // the CLI exits with these: see controlplane/shell
    ok = 0,
    failed = 1,     // understood, could not be done
    syntax = 2,     // not a command, or a value outside its range
    no_master = 3,  // nobody carries the baton
    not_ready = 5,  // a failover now would not be hitless
    timeout = 6,
};

struct Error {
    Code code = Code::failed;
    std::string what;
};

template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::move(value)) {}  // NOLINT: implicit on purpose, as std::expected
    Result(Error error) : state_(std::move(error)) {}

    bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }
    T& value() { return std::get<0>(state_); }
    const T& value() const { return std::get<0>(state_); }
    T& operator*() { return value(); }
    const T& operator*() const { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    const Error& error() const { return std::get<1>(state_); }

  private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : error_(std::move(error)), failed_(true) {}

    bool has_value() const { return !failed_; }
    explicit operator bool() const { return has_value(); }
    const Error& error() const { return error_; }

  private:
    Error error_;
    bool failed_ = false;
};

inline Error failure(std::string what) { return {Code::failed, std::move(what)}; }

/// What start-up throws, caught once in main(), which prints the sentence and exits with the code.
struct StartupError {
    int exit_code = 1;
    std::string what;
};

}  // namespace baton
