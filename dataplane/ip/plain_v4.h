// SPDX-License-Identifier: Apache-2.0
// The many IPv4 packets that nothing is odd about, found eight at a time, so that only the others pay for telling their
// oddities apart. Plain is a packet whose header (RFC 1812 5.2.2, 5.3.7)
//
//   has no options and is of version 4        the first byte is 0x45
//   claims no more bytes than there are       and no fewer, but for the padding of a frame of least size
//   has a right checksum                      the one's complement sum is 0xffff
//   may go one more hop                       its time to live is more than 1
//   is from one host to one host              is_unicast
//
// Eight headers are turned so that each of their five words is a vector: `check` takes 53 instructions a packet with
// them, and 92 without.
#pragma once

#include <algorithm>

#include "dataplane/ip/checksum.h"
#include "dataplane/ip/header.h"

#if defined(__AVX2__) && !defined(BATON_IP_SCALAR)
#include <immintrin.h>
#define BATON_IP_VECTOR 1
#else
#define BATON_IP_VECTOR 0
#endif

namespace baton::ip {

inline constexpr unsigned plain_batch = 8;

/// Eight headers of which 32 bytes each can be read, whoever they belong to.
struct V4Headers {
    const std::uint8_t* at[plain_batch];
    alignas(32) std::uint32_t there[plain_batch];  // bytes from the header to the end of the frame
    alignas(32) std::uint32_t least[plain_batch];  // what `there` is of a frame of least size
};

/// One header; what the vector form is measured against.
inline bool is_plain(const std::uint8_t* at, std::uint32_t there, std::uint32_t least) {
    const V4 packet{at};
    const std::uint32_t total = packet.total_length();
    return at[0] == 0x45 && total >= v4_header && total <= there && there <= std::max(total, least) &&
           packet.ttl() > 1 && header_is_whole(at) && is_unicast(packet.source()) && is_unicast(packet.destination());
}

/// Bit i: header i is plain. `destinations`: of all eight, host order, 32-byte aligned.
inline unsigned plain_scalar(const V4Headers& headers, std::uint32_t* destinations) {
    unsigned plain = 0;
    for (unsigned i = 0; i < plain_batch; ++i) {
        destinations[i] = V4{headers.at[i]}.destination();
        plain |= unsigned{is_plain(headers.at[i], headers.there[i], headers.least[i])} << i;
    }
    return plain;
}

#if BATON_IP_VECTOR

/// The five words of eight headers, as they lie in memory.
struct V4Words {
    __m256i word[5];

    explicit V4Words(const V4Headers& headers) {
        __m256i front[4], back[4];  // bytes 0 to 15 and 16 to 31 of headers i and i + 4
        for (unsigned i = 0; i < 4; ++i) {
            front[i] = _mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(headers.at[i + 4]),
                                           reinterpret_cast<const __m128i*>(headers.at[i]));
            back[i] = _mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(headers.at[i + 4] + 16),
                                          reinterpret_cast<const __m128i*>(headers.at[i] + 16));
        }
        const __m256i first01 = _mm256_unpacklo_epi32(front[0], front[1]);
        const __m256i first23 = _mm256_unpacklo_epi32(front[2], front[3]);
        const __m256i third01 = _mm256_unpackhi_epi32(front[0], front[1]);
        const __m256i third23 = _mm256_unpackhi_epi32(front[2], front[3]);
        word[0] = _mm256_unpacklo_epi64(first01, first23);
        word[1] = _mm256_unpackhi_epi64(first01, first23);
        word[2] = _mm256_unpacklo_epi64(third01, third23);
        word[3] = _mm256_unpackhi_epi64(third01, third23);
        word[4] =
            _mm256_unpacklo_epi64(_mm256_unpacklo_epi32(back[0], back[1]), _mm256_unpacklo_epi32(back[2], back[3]));
    }
};

inline __m256i all_of(std::uint32_t value) {
    return _mm256_set1_epi32(static_cast<int>(value));
}

inline __m256i low_byte(__m256i word) {
    return _mm256_and_si256(word, all_of(0xff));
}

/// Of the first byte of addresses as they lie: 1 to 223, but not 127.
inline __m256i not_unicast(__m256i address) {
    const __m256i first = low_byte(address);
    const __m256i beyond = _mm256_cmpgt_epi32(first, all_of(223));
    const __m256i none = _mm256_cmpeq_epi32(first, _mm256_setzero_si256());
    return _mm256_or_si256(_mm256_or_si256(beyond, none), _mm256_cmpeq_epi32(first, all_of(127)));
}

/// Of ten 16-bit words, which are less than 11 times 0xffff: so one fold makes the sum of a right header 0xffff.
inline __m256i folded_sum(const V4Words& words) {
    __m256i sum = _mm256_setzero_si256();
    for (const __m256i word : words.word)
        sum = _mm256_add_epi32(sum,
                               _mm256_add_epi32(_mm256_and_si256(word, all_of(0xffff)), _mm256_srli_epi32(word, 16)));
    return _mm256_add_epi32(_mm256_and_si256(sum, all_of(0xffff)), _mm256_srli_epi32(sum, 16));
}

inline unsigned plain(const V4Headers& headers, std::uint32_t* destinations) {
    const V4Words words(headers);
    const __m256i turned = _mm256_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203, 0x0c0d0e0f08090a0b,
                                             0x0405060700010203);  // bytes of each word
    _mm256_store_si256(reinterpret_cast<__m256i*>(destinations), _mm256_shuffle_epi8(words.word[4], turned));

    const __m256i there = _mm256_load_si256(reinterpret_cast<const __m256i*>(headers.there));
    const __m256i least = _mm256_load_si256(reinterpret_cast<const __m256i*>(headers.least));
    const __m256i total = _mm256_and_si256(_mm256_shuffle_epi8(words.word[0], turned), all_of(0xffff));
    const __m256i good = _mm256_and_si256(_mm256_cmpeq_epi32(low_byte(words.word[0]), all_of(0x45)),
                                          _mm256_cmpeq_epi32(folded_sum(words), all_of(0xffff)));
    const __m256i length =
        _mm256_or_si256(_mm256_or_si256(_mm256_cmpgt_epi32(all_of(v4_header), total), _mm256_cmpgt_epi32(total, there)),
                        _mm256_cmpgt_epi32(there, _mm256_max_epi32(total, least)));
    const __m256i over = _mm256_cmpgt_epi32(all_of(2), low_byte(words.word[2]));
    const __m256i odd = _mm256_or_si256(_mm256_or_si256(length, over),
                                        _mm256_or_si256(not_unicast(words.word[3]), not_unicast(words.word[4])));
    return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_andnot_si256(odd, good))));
}

#else

inline unsigned plain(const V4Headers& headers, std::uint32_t* destinations) {
    return plain_scalar(headers, destinations);
}

#endif

}  // namespace baton::ip
