// SPDX-License-Identifier: Apache-2.0
// The instruction sets that kernels are compiled for, each better than those before it (compute/cpu.h).
SP_CPU(portable)
#if defined(__x86_64__)
SP_CPU(avx2)
SP_CPU(avx512)
#elif defined(__aarch64__)
SP_CPU(neon)
#endif
