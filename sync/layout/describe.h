// SPDX-License-Identifier: Apache-2.0
// How a shared struct proves what it is. Each layout header gives: the struct, its Describe, its static_asserts.
//
//   Shared<T>          no pointer, bool, float, unnamed padding; trivially copyable; every field listed, in order
//   fingerprint<T>()   a compile-time hash of names, offsets, sizes and nested structs; kept in every arena's header,
//                      so that an attach between programs that disagree is refused with a sentence
//
// The fingerprint is blind to meaning (units, enum values), so `abi` (header.h) is raised by hand as well, and
// tests/lint compares the printed layout with sync/layout/abi.golden: a change without a raised abi fails.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace baton {

struct Field {
    std::string_view name;
    std::size_t offset = 0;
    std::size_t size = 0;       // of the whole field, arrays included
    std::uint64_t nested = 0;   // fingerprint of a described struct, else 0
};

template <class T>
struct Describe;  // specialise: static constexpr std::string_view name; static constexpr std::array fields{...};

namespace detail {

template <class T>
concept Described = requires { Describe<T>::fields; };

template <class T>
struct Plain : std::bool_constant<(std::is_integral_v<T> && !std::is_same_v<T, bool>) || std::is_enum_v<T>> {};
template <class T>
struct Plain<std::atomic<T>> : std::bool_constant<Plain<T>::value && std::atomic<T>::is_always_lock_free> {};

template <class T>
struct Allowed : std::bool_constant<Plain<T>::value || Described<T>> {};
template <class T, std::size_t N>
struct Allowed<T[N]> : Allowed<T> {};

consteval std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
    for (int i = 0; i < 8; ++i) hash = (hash ^ (value >> i * 8 & 0xff)) * 0x100000001b3ull;  // FNV-1a
    return hash;
}

}  // namespace detail

template <class T>
consteval std::uint64_t fingerprint() {
    std::uint64_t hash = detail::mix(0xcbf29ce484222325ull, sizeof(T));
    for (const Field& field : Describe<T>::fields) {
        for (const char c : field.name) hash = detail::mix(hash, static_cast<std::uint64_t>(c));
        hash = detail::mix(detail::mix(detail::mix(hash, field.offset), field.size), field.nested);
    }
    return hash;
}

namespace detail {

template <class T>
consteval Field field(std::string_view name, std::size_t offset) {
    static_assert(Allowed<T>::value, "a shared field is a fixed-width integer, an enum, an atomic or a described struct");
    using Element = std::remove_all_extents_t<T>;
    if constexpr (Described<Element>)
        return {name, offset, sizeof(T), fingerprint<Element>()};
    else
        return {name, offset, sizeof(T), 0};
}

template <class T>
consteval bool gapless() {
    std::size_t at = 0;
    for (const Field& field : Describe<T>::fields) {
        if (field.offset != at) return false;
        at += field.size;
    }
    return at == sizeof(T);
}

}  // namespace detail

template <class T>
concept Shared = std::is_standard_layout_v<T> && std::is_trivially_destructible_v<T> && detail::Described<T> &&
                 detail::gapless<T>();

}  // namespace baton

#define BATON_FIELD(Type, member) \
    ::baton::detail::field<decltype(Type::member)>(#member, offsetof(Type, member))
