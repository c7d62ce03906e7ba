// SPDX-License-Identifier: Apache-2.0
// Includes the file that SP_TEMPLATE names once for float and once for double. In it,
//   REAL                        is the type, TYPED(name) a name of its own for each type
//   REAL_BITS, REAL_EXPONENT    an integer of its size, and where the exponent lies in that
//   REAL_MIN                    its smallest normal number
//   REAL_SQRT, REAL_TANH        its functions; REAL_EXP is for what is not above 0
//   REAL_PLUS(x, a, y)          x + a y; for float32 rounded once, as in PyTorch: the same bits on a processor without
//                               such an instruction, but slower there
// A source file includes this one for each template it has.
#include <float.h>
#include <math.h>
#include <stdint.h>

#include "compute/exp.h"
#include "compute/hot.h"

#define REAL float
#define REAL_BITS uint32_t
#define REAL_EXPONENT UINT32_C(0x7f800000)
#define REAL_MIN FLT_MIN
#define REAL_SQRT sqrtf
#define REAL_EXP sp_exp_falling
#define REAL_TANH sp_tanh
#define REAL_PLUS(x, a, y) fmaf(a, y, x)
#define TYPED(name) name##_float
#include SP_TEMPLATE
#undef REAL
#undef REAL_BITS
#undef REAL_EXPONENT
#undef REAL_MIN
#undef REAL_SQRT
#undef REAL_EXP
#undef REAL_TANH
#undef REAL_PLUS
#undef TYPED

#define REAL double
#define REAL_BITS uint64_t
#define REAL_EXPONENT UINT64_C(0x7ff0000000000000)
#define REAL_MIN DBL_MIN
#define REAL_SQRT sqrt
#define REAL_EXP exp
#define REAL_TANH tanh
#define REAL_PLUS(x, a, y) ((x) + (a) * (y))
#define TYPED(name) name##_double
#include SP_TEMPLATE
#undef REAL
#undef REAL_BITS
#undef REAL_EXPONENT
#undef REAL_MIN
#undef REAL_SQRT
#undef REAL_EXP
#undef REAL_TANH
#undef REAL_PLUS
#undef TYPED

#undef SP_TEMPLATE
