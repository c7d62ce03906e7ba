// SPDX-License-Identifier: Apache-2.0
// What everything is computed with.
#ifndef SP_COMPUTE_ARITHMETIC_H
#define SP_COMPUTE_ARITHMETIC_H

#include <stdbool.h>

#include "base/dtype.h"

typedef struct sp_arithmetic {
  sp_dtype precision;  ///< SP_FLOAT32 or SP_FLOAT64
  bool bfloat16;       ///< products round their factors to bfloat16 and add up in float32; precision: SP_FLOAT32
  bool reference;      ///< plain C instead of oneDNN (always so for SP_FLOAT64)
} sp_arithmetic;

#endif
