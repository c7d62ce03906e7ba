// Looking through predictions and targets for what they must not hold.
#include "model/prediction.h"

#include "compute/hot.h"

enum { BLOCK = 4096 };

#define ANY_OUTSIDE(real)                                                                                    \
  SP_HOT static int any_outside_##real(const real *x, int64_t n, real low, real high) {                      \
    int outside = 0;                                                                                         \
    for (int64_t i = 0; i < n; i++) outside |= !(x[i] >= low) | !(x[i] <= high);                             \
    return outside;                                                                                          \
  }
ANY_OUTSIDE(float)
ANY_OUTSIDE(double)

int64_t sp_first_outside(sp_dtype precision, int64_t n, const void *values, double low, double high) {
  const float *narrow = values;
  const double *wide = values;
  for (int64_t first = 0; first < n; first += BLOCK) {
    int64_t count = n - first < BLOCK ? n - first : BLOCK;
    bool any = precision == SP_FLOAT32 ? any_outside_float(narrow + first, count, (float)low, (float)high)
                                       : any_outside_double(wide + first, count, low, high);
    for (int64_t i = first; any && i < first + count; i++) {
      double x = sp_value_at(precision, values, i);
      if (!(x >= low && x <= high)) return i;
    }
  }
  return -1;
}
