// SPDX-License-Identifier: Apache-2.0
// The choice of an instruction set.
#include "compute/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char *const names[] = {
#define SP_CPU(name) #name,
#include "compute/cpu_list.h"
#undef SP_CPU
};

const char *sp_cpu_name(sp_cpu_index cpu) { return names[cpu]; }

bool sp_cpu_runs(sp_cpu_index cpu) {
#if defined(__x86_64__)
  switch (cpu) {
    case SP_CPU_avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case SP_CPU_avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    default: return true;
  }
#else
  (void)cpu;  // every Arm processor of 64 bits has NEON
  return true;
#endif
}

static sp_cpu_index best(void) {
  sp_cpu_index cpu = SP_CPUS - 1;
  while (!sp_cpu_runs(cpu)) cpu--;
  return cpu;
}

/// Returns the instruction set that SHARDPROP_CPU names, or SP_CPUS.
static sp_cpu_index named(const char *name) {
  sp_cpu_index cpu = 0;
  while (cpu < SP_CPUS && strcmp(names[cpu], name) != 0) cpu++;
  return cpu;
}

static const char *wanted(void) {
  const char *name = getenv("SHARDPROP_CPU");
  return name && *name ? name : NULL;
}

sp_cpu_index sp_cpu(void) {
  static _Atomic int chosen;  // 1 more than the instruction set; 0: not chosen yet
  int known = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (known > 0) return (sp_cpu_index)(known - 1);
  const char *name = wanted();
  sp_cpu_index cpu = name ? named(name) : SP_CPUS;
  if (cpu == SP_CPUS || !sp_cpu_runs(cpu)) cpu = best();
  atomic_store_explicit(&chosen, (int)cpu + 1, memory_order_relaxed);
  return cpu;
}

sp_status sp_cpu_check(void) {
  const char *name = wanted();
  if (!name) return SP_OK;
  sp_cpu_index cpu = named(name);
  if (cpu < SP_CPUS && sp_cpu_runs(cpu)) return SP_OK;
  if (cpu < SP_CPUS) {
    return sp_fail(SP_ERR_USAGE,
                   "SHARDPROP_CPU=%s: this processor lacks these instructions; the best that it has is %s", name,
                   names[best()]);
  }
  sp_text list = {0};
  for (cpu = 0; cpu < SP_CPUS; cpu++) {
    sp_text_add(&list, "%s%s", cpu == 0 ? "" : cpu == SP_CPUS - 1 ? " or " : ", ", names[cpu]);
  }
  sp_status status = sp_fail(SP_ERR_USAGE, "SHARDPROP_CPU: expected %s, got '%s'", list.data, name);
  sp_text_free(&list);
  return status;
}
