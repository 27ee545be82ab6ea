// SPDX-License-Identifier: Apache-2.0
// Bounded reading and writing of bytes, network order. A reader that runs out yields zeros and says !ok() from then on,
// so a decoder checks once, at its end, and never reads past what came from the wire.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

namespace baton {

class ByteReader {
  public:
    explicit ByteReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

    bool ok() const { return ok_; }
    std::size_t left() const { return rest_.size(); }

    std::span<const std::uint8_t> take(std::size_t size) {
        if (size > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const auto head = rest_.first(size);
        rest_ = rest_.subspan(size);
        return head;
    }

    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() { return number(8); }

  private:
    std::uint64_t number(std::size_t size) {
        std::uint64_t value = 0;
        for (const auto byte : take(size)) value = value << 8 | byte;
        return value;
    }

    std::span<const std::uint8_t> rest_;
    bool ok_ = true;
};

class ByteWriter {
  public:
    explicit ByteWriter(std::span<std::uint8_t> bytes) : rest_(bytes), size_(bytes.size()) {}

    bool ok() const { return ok_; }
    std::size_t written() const { return size_ - rest_.size(); }

    void put(std::span<const std::uint8_t> bytes) {
        if (bytes.size() > rest_.size()) {
            ok_ = false;
            return;
        }
        if (!bytes.empty()) std::memcpy(rest_.data(), bytes.data(), bytes.size());
        rest_ = rest_.subspan(bytes.size());
    }

    void u8(std::uint8_t value) { number(value, 1); }
    void u16(std::uint16_t value) { number(value, 2); }
    void u32(std::uint32_t value) { number(value, 4); }
    void u64(std::uint64_t value) { number(value, 8); }

  private:
    void number(std::uint64_t value, int size) {
        std::uint8_t bytes[8];
        for (int i = size - 1; i >= 0; --i, value >>= 8) bytes[i] = static_cast<std::uint8_t>(value);
        put({bytes, static_cast<std::size_t>(size)});
    }

    std::span<std::uint8_t> rest_;
    std::size_t size_;
    bool ok_ = true;
};

}  // namespace baton
