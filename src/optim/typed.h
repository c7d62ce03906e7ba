// Compiles the loops of a rule once for each type. A rule defines SP_RULE_LOOPS, the file that holds them, and includes
// this one. The loops find REAL (the type), REAL_MIN (its smallest normal number), REAL_SQRT (its square root) and
// TYPED(name) (a name of its own for each type), and what typed_common.h makes of them.
// May include: optim.

#define REAL float
#define REAL_MIN FLT_MIN
#define REAL_SQRT sqrtf
#define TYPED(name) name##_float
#include "optim/typed_common.h"
#include SP_RULE_LOOPS
#undef REAL
#undef REAL_MIN
#undef REAL_SQRT
#undef TYPED

#define REAL double
#define REAL_MIN DBL_MIN
#define REAL_SQRT sqrt
#define TYPED(name) name##_double
#include "optim/typed_common.h"
#include SP_RULE_LOOPS
#undef REAL
#undef REAL_MIN
#undef REAL_SQRT
#undef TYPED
