// SPDX-License-Identifier: Apache-2.0
// SP_HOT compiles an element-wise loop outside the files of kernels (compute/cpu.h) for several instruction sets. The program
// loader chooses one, whatever SHARDPROP_CPU is. Contraction and reordering are off, so all versions give the same bits.
#ifndef SP_COMPUTE_HOT_H
#define SP_COMPUTE_HOT_H

// Not with sanitizers: they instrument the resolvers, which run before the sanitizer is initialised.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__linux__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(SP_NO_CLONES)
#define SP_HOT __attribute__((target_clones("default", "avx2", "avx512f")))
#define SP_HOT_FUSED \
  __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))  // with fused multiply-adds (fmaf)
#else
#define SP_HOT
#define SP_HOT_FUSED
#endif

/// Precedes a loop over arrays that are identical or disjoint, where no iteration reads what another one wrote. Without
/// it the compiler adds a check for overlap that selects slow code for identical arrays.
#if defined(__GNUC__) && !defined(__clang__)
#define SP_SAME_OR_APART _Pragma("GCC ivdep")
#elif defined(__clang__)
#define SP_SAME_OR_APART _Pragma("clang loop vectorize(assume_safety)")
#else
#define SP_SAME_OR_APART
#endif

/// Precedes a loop of a few rounds, whose number the compiler knows: it is written out, so that a loop around it is vectorised.
#if defined(__clang__)
#define SP_UNROLL_FULLY _Pragma("clang loop unroll(full)")
#else
#define SP_UNROLL_FULLY _Pragma("GCC unroll 32")
#endif

#endif
