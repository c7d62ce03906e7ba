// The exponential moving average of the parameters.
#include "optim/moving_average.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "compute/hot.h"

#define SP_RULE_LOOPS "optim/moving_average_typed.h"
#include "optim/typed.h"

void sp_average_update(sp_dtype precision, double decay, int64_t n, void *average, const void *p) {
  precision == SP_FLOAT32 ? update_float(1 - decay, n, average, p) : update_double(1 - decay, n, average, p);
}
