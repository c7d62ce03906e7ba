// SPDX-License-Identifier: Apache-2.0
// How a hot element-wise loop is compiled once for each instruction set and chosen at run time. Contraction is off and
// nothing is reordered, so all versions give the same bits.
#ifndef SP_COMPUTE_HOT_H
#define SP_COMPUTE_HOT_H

// Sanitizers instrument the resolvers that choose, which run before their own start.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__linux__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(SP_NO_CLONES)
#define SP_HOT __attribute__((target_clones("default", "avx2", "avx512f")))
#define SP_HOT_FUSED __attribute__((target_clones("default", "fma", "avx512f")))  // with fused multiply-adds (fmaf)
#else
#define SP_HOT
#define SP_HOT_FUSED
#endif

/// Before a loop over arrays that are the same or disjoint: no iteration reads what another one wrote, but the compiler
/// would make sure of it by a check that takes the slow way for the same array.
#if defined(__GNUC__) && !defined(__clang__)
#define SP_SAME_OR_APART _Pragma("GCC ivdep")
#elif defined(__clang__)
#define SP_SAME_OR_APART _Pragma("clang loop vectorize(assume_safety)")
#else
#define SP_SAME_OR_APART
#endif

#endif
