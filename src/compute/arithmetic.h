// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a run.
#ifndef SP_COMPUTE_ARITHMETIC_H
#define SP_COMPUTE_ARITHMETIC_H

#include <stdbool.h>

#include "base/dtype.h"

/// The version of the arithmetic: of the definition of every result that reaches a parameter, a loss or a score
/// (docs/numerics.md). A change of any of their bits increases it; then tests/golden/hashes.txt must be made again. It is
/// written into checkpoints, and a run continues only with its own version. 0 means that none is recorded.
enum { SP_ARITHMETIC_VERSION = 1 };

typedef struct sp_arithmetic {
  sp_dtype precision;  ///< SP_FLOAT32 or SP_FLOAT64
  bool bfloat16;       ///< products round their factors to bfloat16 and sum in float32; requires SP_FLOAT32
} sp_arithmetic;

#endif
