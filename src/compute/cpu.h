// SPDX-License-Identifier: Apache-2.0
// The instruction set whose kernels are used. A file named src/compute/*_kernels.c is compiled once for each instruction
// set in compute/cpu_list.h, and ends with a table of its functions:
//
//   const sp_sum_kernels SP_KERNELS(sp_sum_kernels) = {sum_float, sum_double};
//
// Its header declares all of them, and one file chooses:
//
//   #define SP_CPU(name) extern const sp_sum_kernels sp_sum_kernels_##name;
//   #include "compute/cpu_list.h"
//   #undef SP_CPU
//
//   static const sp_sum_kernels *const kernels[] = {
//   #define SP_CPU(name) &sp_sum_kernels_##name,
//   #include "compute/cpu_list.h"
//   #undef SP_CPU
//   };
//   kernels[sp_cpu()]->sum_float(n, x);
//
// All of them give the same bits, so the choice changes nothing but the time that it takes.
#ifndef SP_COMPUTE_CPU_H
#define SP_COMPUTE_CPU_H

#include <stdbool.h>

#include "shardprop/status.h"

// In a file of kernels: the name of a symbol of this instruction set. The build defines SP_KERNELS_OF.
#define SP_KERNELS_JOIN(name, cpu) name##_##cpu
#define SP_KERNELS_NAME(name, cpu) SP_KERNELS_JOIN(name, cpu)
#define SP_KERNELS(name) SP_KERNELS_NAME(name, SP_KERNELS_OF)

typedef enum sp_cpu_index {
#define SP_CPU(name) SP_CPU_##name,
#include "compute/cpu_list.h"
#undef SP_CPU
  SP_CPUS
} sp_cpu_index;

/// Returns the instruction set whose kernels are used: the one that the environment variable SHARDPROP_CPU names, or the
/// best that this processor has.
sp_cpu_index sp_cpu(void);

/// Returns the name of an instruction set, such as "avx2".
const char *sp_cpu_name(sp_cpu_index cpu);

/// Returns whether this processor has an instruction set.
bool sp_cpu_runs(sp_cpu_index cpu);

/// Check SHARDPROP_CPU. Collective: no. Errors: SP_ERR_USAGE if it names no instruction set of this build, or one that this
/// processor lacks; sp_cpu ignores it then.
sp_status sp_cpu_check(void);

#endif
