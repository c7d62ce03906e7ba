// SPDX-License-Identifier: Apache-2.0
// Includes the file named by SP_TEMPLATE twice, for float and for double. In that file,
//   REAL                        is the type, and TYPED(name) a name with a suffix for the type
//   REAL_BITS, REAL_EXPONENT    are an unsigned integer of the same size, and the mask of the exponent in it
//   REAL_DIGITS, REAL_BIAS      are the number of bits after the binary point, and the exponent of 1 as it is stored
//   REAL_MIN                    is the smallest normal number
//   REAL_SQRT, REAL_ABS, REAL_COPYSIGN, REAL_FMA    are the functions of C that round as IEEE 754 says
//   REAL_PLUS(x, a, y)          is x + a y, rounded once. Processors without such an instruction give the same bits, but
//                               are slower
// A source file includes this file once for each of its templates.
#include <float.h>
#include <math.h>
#include <stdint.h>

#include "compute/hot.h"

#define REAL_PLUS(x, a, y) REAL_FMA(a, y, x)

#define REAL float
#define REAL_BITS uint32_t
#define REAL_EXPONENT UINT32_C(0x7f800000)
#define REAL_DIGITS 23
#define REAL_BIAS 127
#define REAL_MIN FLT_MIN
#define REAL_SQRT sqrtf
#define REAL_ABS fabsf
#define REAL_COPYSIGN copysignf
#define REAL_FMA fmaf
#define TYPED(name) name##_float
#include SP_TEMPLATE
#undef REAL
#undef REAL_BITS
#undef REAL_EXPONENT
#undef REAL_DIGITS
#undef REAL_BIAS
#undef REAL_MIN
#undef REAL_SQRT
#undef REAL_ABS
#undef REAL_COPYSIGN
#undef REAL_FMA
#undef TYPED

#define REAL double
#define REAL_BITS uint64_t
#define REAL_EXPONENT UINT64_C(0x7ff0000000000000)
#define REAL_DIGITS 52
#define REAL_BIAS 1023
#define REAL_MIN DBL_MIN
#define REAL_SQRT sqrt
#define REAL_ABS fabs
#define REAL_COPYSIGN copysign
#define REAL_FMA fma
#define TYPED(name) name##_double
#include SP_TEMPLATE
#undef REAL
#undef REAL_BITS
#undef REAL_EXPONENT
#undef REAL_DIGITS
#undef REAL_BIAS
#undef REAL_MIN
#undef REAL_SQRT
#undef REAL_ABS
#undef REAL_COPYSIGN
#undef REAL_FMA
#undef TYPED

#undef REAL_PLUS
#undef SP_TEMPLATE
