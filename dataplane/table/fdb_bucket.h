// SPDX-License-Identifier: Apache-2.0
// Comparing a bucket's 8 words at once. Words are changed by others at any time, so an answer is a hint: whoever uses a
// word loads it anew by itself and looks again. (Each aligned 8-byte lane of a vector load is whole on x86-64.)
// AVX2 was chosen by measurement: 16 TSC cycles a lookup against 38 one by one, at 64 k addresses (bench/micro/fdb);
// AVX-512 took 9.7 where AVX2 took 6.7, in the probe that came before.
#pragma once

#include "sync/layout/fdb_word.h"

#if defined(__AVX2__) && !defined(__SANITIZE_THREAD__) && !defined(BATON_FDB_SCALAR)
#include <immintrin.h>
#define BATON_FDB_VECTOR 1
#else
#define BATON_FDB_VECTOR 0
#endif

namespace baton {

/// Bit i: word i has `want` in the bits of `mask`, one by one. What the vector form is measured against.
inline unsigned matching_scalar(const FdbBucket& bucket, std::uint64_t mask, std::uint64_t want) {
    unsigned lanes = 0;
    for (unsigned slot = 0; slot < fdb_bucket_slots; ++slot)
        lanes |= unsigned{(bucket.words[slot].load(std::memory_order_relaxed) & mask) == want} << slot;
    return lanes;
}

#if BATON_FDB_VECTOR

inline unsigned matching(const FdbBucket& bucket, std::uint64_t mask, std::uint64_t want) {
    const auto* words = reinterpret_cast<const __m256i*>(&bucket);
    const __m256i masks = _mm256_set1_epi64x(static_cast<long long>(mask));
    const __m256i wants = _mm256_set1_epi64x(static_cast<long long>(want));
    const __m256i low = _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_load_si256(words), masks), wants);
    const __m256i high = _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_load_si256(words + 1), masks), wants);
    return static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(low))) |
           static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(high))) << 4;
}

/// Whether some word is exactly `want`.
inline bool holds(const FdbBucket& bucket, std::uint64_t want) {
    const auto* words = reinterpret_cast<const __m256i*>(&bucket);
    const __m256i wants = _mm256_set1_epi64x(static_cast<long long>(want));
    const __m256i either = _mm256_or_si256(_mm256_cmpeq_epi64(_mm256_load_si256(words), wants),
                                           _mm256_cmpeq_epi64(_mm256_load_si256(words + 1), wants));
    return !_mm256_testz_si256(either, either);
}

#else

inline unsigned matching(const FdbBucket& bucket, std::uint64_t mask, std::uint64_t want) {
    return matching_scalar(bucket, mask, want);
}

inline bool holds(const FdbBucket& bucket, std::uint64_t want) {
    return matching_scalar(bucket, ~0ull, want) != 0;
}

#endif

/// The word of the lowest lane of `lanes`, loaded by itself.
inline FdbWord load(const FdbBucket& bucket, unsigned lanes) {
    return {bucket.words[__builtin_ctz(lanes)].load(std::memory_order_acquire)};
}

}  // namespace baton
