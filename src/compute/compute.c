// SPDX-License-Identifier: Apache-2.0
// The engine: its arithmetic and its prepared operations.
#include "compute/compute.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "compute/cpu.h"
#include "compute/engine.h"
#include "compute/product_kernels.h"

static sp_status check(sp_arithmetic a) {
  if (a.precision != SP_FLOAT32 && a.precision != SP_FLOAT64) {
    return sp_fail(SP_ERR_CONFIG, "precision: expected float32 or float64, got %s", sp_dtype_name(a.precision));
  }
  if (!a.bfloat16 || sp_onednn_has_bfloat16()) return SP_OK;
  if (!sp_onednn_instructions()) {
    return sp_fail(SP_ERR_CONFIG,
                   "train.precision: bfloat16 needs oneDNN, and this program was built without it; use float32, or "
                   "build with -DSHARDPROP_ONEDNN=ON");
  }
  return sp_fail(SP_ERR_CONFIG,
                 "train.precision: bfloat16 needs a CPU with avx512_bf16 (Intel Cooper Lake, Sapphire "
                 "Rapids; AMD Zen 4 and later); this CPU has %s; use float32",
                 sp_onednn_instructions());
}

/// Returns the bytes of a core's second cache.
static int64_t second_cache(void) {
  long bytes = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE
  bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
  if (bytes <= 0) bytes = 512 << 10;  // not known
  return bytes < SP_PRODUCT_LEAST_CACHE  ? SP_PRODUCT_LEAST_CACHE
         : bytes > SP_PRODUCT_MOST_CACHE ? SP_PRODUCT_MOST_CACHE
                                         : bytes;
}

static sp_status open_engine(sp_compute *compute) {
  sp_arithmetic a = compute->arithmetic;
  if (a.bfloat16) SP_TRY(sp_onednn_create(&compute->onednn));
  compute->cache = second_cache();
  compute->scratch_bytes = sp_product_scratch(compute->cache);
  return sp_allocate(compute->scratch_bytes, 1, "packed factors of matrix products", &compute->scratch);
}

sp_status sp_compute_create(sp_arithmetic arithmetic, sp_compute **out) {
  sp_compute *compute;
  SP_TRY(sp_cpu_check());
  SP_TRY(check(arithmetic));
  SP_TRY(sp_allocate(1, sizeof *compute, "engine", &compute));
  compute->arithmetic = arithmetic;
  sp_status status = open_engine(compute);
  if (status == SP_OK) {
    *out = compute;
  } else {
    sp_compute_free(compute);
  }
  return status;
}

void sp_compute_free(sp_compute *compute) {
  if (!compute) return;
  while (compute->operations) {
    sp_operation *operation = compute->operations;
    compute->operations = operation->next;
    operation->free(operation);
  }
  sp_onednn_free(compute->onednn);
  for (int i = 0; i < SP_FACTORS; i++) free(compute->rounded[i]);
  free(compute->scratch);
  free(compute);
}

sp_dtype sp_compute_precision(const sp_compute *compute) { return compute->arithmetic.precision; }

const char *sp_compute_version(char buffer[128]) { return sp_onednn_version(buffer, 128); }
