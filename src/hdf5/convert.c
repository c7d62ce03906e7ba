// SPDX-License-Identifier: Apache-2.0
// Conversion of stored values to the numbers that computations use.
#include "hdf5/convert.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compute/hot.h"

#define CONVERT(from_type, to_type)                                                                   \
  SP_HOT static void from_type##_to_##to_type(const void *from, int64_t n, double factor, void *to) { \
    const from_type *restrict x = from;                                                               \
    to_type *restrict y = to;                                                                         \
    to_type rounded = (to_type)factor;                                                                \
    for (int64_t i = 0; i < n; i++) y[i] = (to_type)x[i] * rounded;                                   \
  }

// clang-format off
#define CONVERT_TO(to_type)  \
  CONVERT(int8_t, to_type)   \
  CONVERT(uint8_t, to_type)  \
  CONVERT(int16_t, to_type)  \
  CONVERT(uint16_t, to_type) \
  CONVERT(int32_t, to_type)  \
  CONVERT(uint32_t, to_type) \
  CONVERT(int64_t, to_type)  \
  CONVERT(uint64_t, to_type) \
  CONVERT(float, to_type)    \
  CONVERT(double, to_type)
// clang-format on

CONVERT_TO(float)
CONVERT_TO(double)

typedef void conversion(const void *from, int64_t n, double factor, void *to);

#define TABLE(to_type)                                                                                           \
  {                                                                                                              \
    [SP_INT8] = int8_t_to_##to_type, [SP_UINT8] = uint8_t_to_##to_type, [SP_INT16] = int16_t_to_##to_type,       \
    [SP_UINT16] = uint16_t_to_##to_type, [SP_INT32] = int32_t_to_##to_type, [SP_UINT32] = uint32_t_to_##to_type, \
    [SP_INT64] = int64_t_to_##to_type, [SP_UINT64] = uint64_t_to_##to_type, [SP_FLOAT32] = float_to_##to_type,   \
    [SP_FLOAT64] = double_to_##to_type                                                                           \
  }

static conversion *const to_float[] = TABLE(float);
static conversion *const to_double[] = TABLE(double);

void sp_convert(sp_dtype stored, const void *from, int64_t n, double factor, sp_dtype precision, void *to) {
  (precision == SP_FLOAT32 ? to_float : to_double)[stored](from, n, factor, to);
}

bool sp_dtype_is_integer(sp_dtype dtype) { return dtype != SP_FLOAT32 && dtype != SP_FLOAT64; }

/// Returns an integer of any type but uint64, whose values may not fit in int64.
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

// As an unsigned integer, a negative number is large.
#define ANY_BEYOND(type, unsigned_type)                                                     \
  SP_HOT static int any_beyond_##type(const void *from, int64_t n, unsigned_type classes) { \
    const unsigned_type *x = from;                                                          \
    int beyond = 0;                                                                         \
    for (int64_t i = 0; i < n; i++) beyond |= x[i] >= classes;                              \
    return beyond;                                                                          \
  }
ANY_BEYOND(narrow, uint8_t)
ANY_BEYOND(short, uint16_t)
ANY_BEYOND(medium, uint32_t)
ANY_BEYOND(wide, uint64_t)

/// Returns whether every value of the type is a class number.
static bool all_are_classes(sp_dtype stored, int64_t classes) {
  return (stored == SP_UINT8 && classes > UINT8_MAX) || (stored == SP_UINT16 && classes > UINT16_MAX);
}

static bool any_beyond(sp_dtype stored, const void *from, int64_t n, int64_t classes) {
  int64_t bits = 8 * (int64_t)sp_dtype_size(stored);
  // All values of a signed type that are not negative may be classes; then the sign alone decides.
  uint64_t bound = bits < 64 && classes > (int64_t)1 << (bits - 1) && stored != SP_UINT8 && stored != SP_UINT16 &&
                           stored != SP_UINT32
                       ? (uint64_t)1 << (bits - 1)
                       : (uint64_t)classes;
  switch (bits) {
    case 8: return any_beyond_narrow(from, n, (uint8_t)bound);
    case 16: return any_beyond_short(from, n, (uint16_t)bound);
    case 32: return any_beyond_medium(from, n, (uint32_t)bound);
    default: return any_beyond_wide(from, n, bound);
  }
}

int64_t sp_convert_first_no_class(sp_dtype stored, const void *from, int64_t n, int64_t classes) {
  enum { BLOCK = 16384 };
  if (all_are_classes(stored, classes)) return -1;
  size_t size = sp_dtype_size(stored);
  for (int64_t first = 0; first < n; first += BLOCK) {
    int64_t count = n - first < BLOCK ? n - first : BLOCK;
    const char *next = (const char *)from + (size_t)first * size;
    if (!any_beyond(stored, next, count, classes)) continue;
    for (int64_t i = 0; i < count; i++) {
      int32_t unused;
      if (!sp_convert_class(stored, next + (size_t)i * size, classes, &unused)) return first + i;
    }
  }
  return -1;
}

/// Write the least number of digits that reads back as the same value. A NaN has no sign: few programs can read "-nan".
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
