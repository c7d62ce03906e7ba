// Stored values as numbers to compute with.
// May include: base, compute/hot.h.
#include "data/convert.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compute/hot.h"

#define CONVERT(from_type, to_type)                                                                     \
  SP_HOT static void from_type##_to_##to_type(const void *from, int64_t n, double factor, void *to) {   \
    const from_type *restrict x = from;                                                                 \
    to_type *restrict y = to;                                                                           \
    to_type rounded = (to_type)factor;                                                                  \
    for (int64_t i = 0; i < n; i++) y[i] = (to_type)x[i] * rounded;                                     \
  }

#define CONVERT_TO(to_type)                                                                             \
  CONVERT(int8_t, to_type) CONVERT(uint8_t, to_type) CONVERT(int16_t, to_type)                          \
  CONVERT(uint16_t, to_type) CONVERT(int32_t, to_type) CONVERT(uint32_t, to_type)                       \
  CONVERT(int64_t, to_type) CONVERT(uint64_t, to_type) CONVERT(float, to_type) CONVERT(double, to_type)

CONVERT_TO(float)
CONVERT_TO(double)

typedef void conversion(const void *from, int64_t n, double factor, void *to);

#define TABLE(to_type)                                                                                  \
  {[SP_INT8] = int8_t_to_##to_type,     [SP_UINT8] = uint8_t_to_##to_type,                              \
   [SP_INT16] = int16_t_to_##to_type,   [SP_UINT16] = uint16_t_to_##to_type,                            \
   [SP_INT32] = int32_t_to_##to_type,   [SP_UINT32] = uint32_t_to_##to_type,                            \
   [SP_INT64] = int64_t_to_##to_type,   [SP_UINT64] = uint64_t_to_##to_type,                            \
   [SP_FLOAT32] = float_to_##to_type,   [SP_FLOAT64] = double_to_##to_type}

static conversion *const to_float[] = TABLE(float);
static conversion *const to_double[] = TABLE(double);

void sp_convert(sp_dtype stored, const void *from, int64_t n, double factor, sp_dtype precision, void *to) {
  (precision == SP_FLOAT32 ? to_float : to_double)[stored](from, n, factor, to);
}

bool sp_dtype_is_integer(sp_dtype dtype) { return dtype != SP_FLOAT32 && dtype != SP_FLOAT64; }

/// An integer other than a uint64, which an int64 may not hold.
static int64_t integer(sp_dtype stored, const void *from) {
  switch (stored) {
    case SP_INT8: return *(const int8_t *)from;
    case SP_UINT8: return *(const uint8_t *)from;
    case SP_INT16: return *(const int16_t *)from;
    case SP_UINT16: return *(const uint16_t *)from;
    case SP_INT32: return *(const int32_t *)from;
    case SP_UINT32: return *(const uint32_t *)from;
    default: return *(const int64_t *)from;
  }
}

bool sp_convert_class(sp_dtype stored, const void *from, int64_t classes, int32_t *to) {
  int64_t value;
  if (stored == SP_UINT64) {
    uint64_t large = *(const uint64_t *)from;
    value = large <= INT64_MAX ? (int64_t)large : INT64_MAX;
  } else {
    value = integer(stored, from);
  }
  if (value < 0 || value >= classes) return false;
  *to = (int32_t)value;
  return true;
}

/// As few digits as give the same value when they are read again. A NaN has no sign: few programs know "-nan".
static void shortest(bool narrow, double value, char *buffer) {
  if (isnan(value)) value = (double)NAN;
  for (int digits = narrow ? 6 : 15; digits <= (narrow ? 9 : 17); digits++) {
    snprintf(buffer, 32, "%.*g", digits, value);
    double again = strtod(buffer, NULL);
    if (narrow ? (float)again == (float)value : again == value) return;
  }
}

const char *sp_convert_text(sp_dtype stored, const void *from, char *buffer) {
  switch (stored) {
    case SP_UINT64: snprintf(buffer, 32, "%llu", (unsigned long long)*(const uint64_t *)from); break;
    case SP_FLOAT32: shortest(true, *(const float *)from, buffer); break;
    case SP_FLOAT64: shortest(false, *(const double *)from, buffer); break;
    default: snprintf(buffer, 32, "%lld", (long long)integer(stored, from));
  }
  return buffer;
}
