// Includes the file that SP_TEMPLATE names once for float and once for double. In it, REAL is the type, TYPED(name) a
// name of its own for each type, REAL_EXP (of what is not above 0) and REAL_TANH its functions, REAL_BITS an integer of
// its size.
// Included as often as wanted. May include: compute/exp.h and the template.
#include "compute/exp.h"

#define REAL float
#define REAL_BITS uint32_t
#define REAL_EXPONENT UINT32_C(0x7f800000)
#define REAL_EXP sp_exp_falling
#define REAL_TANH sp_tanh
#define TYPED(name) name##_float
#include SP_TEMPLATE
#undef REAL
#undef REAL_BITS
#undef REAL_EXPONENT
#undef REAL_EXP
#undef REAL_TANH
#undef TYPED

#define REAL double
#define REAL_BITS uint64_t
#define REAL_EXPONENT UINT64_C(0x7ff0000000000000)
#define REAL_EXP exp
#define REAL_TANH tanh
#define TYPED(name) name##_double
#include SP_TEMPLATE
#undef REAL
#undef REAL_BITS
#undef REAL_EXPONENT
#undef REAL_EXP
#undef REAL_TANH
#undef TYPED

#undef SP_TEMPLATE
