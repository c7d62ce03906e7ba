// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a run: precision and engine.
#ifndef SP_COMPUTE_ARITHMETIC_H
#define SP_COMPUTE_ARITHMETIC_H

#include <stdbool.h>

#include "base/dtype.h"

typedef struct sp_arithmetic {
  sp_dtype precision;  ///< SP_FLOAT32 or SP_FLOAT64
  bool bfloat16;       ///< products round their factors to bfloat16 and sum in float32; requires SP_FLOAT32
  bool reference;      ///< use plain C instead of oneDNN; SP_FLOAT64 always does
} sp_arithmetic;

#endif
