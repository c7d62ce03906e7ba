// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a run.
#ifndef SP_COMPUTE_ARITHMETIC_H
#define SP_COMPUTE_ARITHMETIC_H

#include <stdbool.h>

#include "base/dtype.h"

typedef struct sp_arithmetic {
  sp_dtype precision;  ///< SP_FLOAT32 or SP_FLOAT64
  bool bfloat16;       ///< products round their factors to bfloat16 and sum in float32; requires SP_FLOAT32
} sp_arithmetic;

#endif
