// Compiles the loops of a rule once for each type. A rule defines SP_RULE_LOOPS, the file that holds them, and includes
// this one. The loops find REAL (the type), REAL_MIN (its smallest normal number), REAL_SQRT (its square root) and
// REAL_PLUS (x + a y; for float32 rounded once, as in PyTorch: the same bits on a processor without such an instruction,
// but slower there), TYPED(name) (a name of its own for each type), and what typed_common.h makes of them.

#define REAL float
#define REAL_MIN FLT_MIN
#define REAL_SQRT sqrtf
#define REAL_PLUS(x, a, y) fmaf(a, y, x)
#define TYPED(name) name##_float
#include "optim/typed_common.h"
#include SP_RULE_LOOPS
#undef REAL
#undef REAL_MIN
#undef REAL_SQRT
#undef REAL_PLUS
#undef TYPED

#define REAL double
#define REAL_MIN DBL_MIN
#define REAL_SQRT sqrt
#define REAL_PLUS(x, a, y) ((x) + (a) * (y))
#define TYPED(name) name##_double
#include "optim/typed_common.h"
#include SP_RULE_LOOPS
#undef REAL
#undef REAL_MIN
#undef REAL_SQRT
#undef REAL_PLUS
#undef TYPED
