// SPDX-License-Identifier: Apache-2.0
// What an engine consists of. Only the files of this directory include it.
#ifndef SP_COMPUTE_ENGINE_H
#define SP_COMPUTE_ENGINE_H

#include "compute/arithmetic.h"
#include "compute/onednn.h"

/// An operation prepared for an engine, the first member of its own type. The engine frees it.
typedef struct sp_operation {
  void (*free)(struct sp_operation *operation);  ///< tells kinds of operations apart, too
  struct sp_operation *next;
} sp_operation;

enum { SP_FACTORS = 2 };

struct sp_compute {
  sp_arithmetic arithmetic;
  sp_onednn *onednn;  ///< NULL: plain C
  sp_operation *operations;
  void *rounded[SP_FACTORS];  ///< in bfloat16: the factors of the product that is being computed
  int64_t rounded_bytes[SP_FACTORS];
};

#endif
