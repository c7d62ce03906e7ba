// SPDX-License-Identifier: Apache-2.0
// The struct of an engine. Only the files of this directory include it.
#ifndef SP_COMPUTE_ENGINE_H
#define SP_COMPUTE_ENGINE_H

#include "compute/arithmetic.h"
#include "compute/onednn.h"

/// An operation prepared for an engine; the first member of the struct of each kind of operation. The engine frees it.
typedef struct sp_operation {
  void (*free)(struct sp_operation *operation);  ///< also identifies the kind of operation
  struct sp_operation *next;
} sp_operation;

enum { SP_FACTORS = 2 };

struct sp_compute {
  sp_arithmetic arithmetic;
  sp_onednn *onednn;  ///< for bfloat16; otherwise NULL
  sp_operation *operations;
  void *rounded[SP_FACTORS];  ///< with bfloat16: the rounded factors of the current product
  int64_t rounded_bytes[SP_FACTORS];
  void *scratch;  ///< memory of the kernels, which operations share
  int64_t scratch_bytes;
  int64_t cache;  ///< bytes of a core's second cache, which decides how much is packed at a time
};

#endif
