// SPDX-License-Identifier: Apache-2.0
// The interface of an initialiser: the values of a tensor as a pure function of a key. To add one, add a file and a
// line in initialiser_list.h.
#ifndef SP_MODEL_INITIALISER_H
#define SP_MODEL_INITIALISER_H

#include "base/random.h"
#include "compute/normal.h"
#include "config/options.h"
#include "model/layer.h"
#include "model/prediction.h"

/// A tensor to fill.
typedef struct sp_initial_tensor {
  const sp_parameter *parameter;
  sp_random_key key;  ///< a stream of random numbers for this tensor alone
  sp_dtype precision;
  void *values;  ///< (parameter->count) in the precision
} sp_initial_tensor;

/// Set value i, rounding it from float64 to the precision. A float32 network thus starts from the rounded initial
/// values of the float64 network.
static inline void sp_initial_set(const sp_initial_tensor *tensor, int64_t i, double value) {
  sp_value_set(tensor->precision, tensor->values, i, value);
}

/// Set all values: uniform in [-limit, limit), or normal.
static inline void sp_initial_symmetric(const sp_initial_tensor *tensor, double limit) {
  for (int64_t i = 0; i < tensor->parameter->count; i++) {
    sp_initial_set(tensor, i, limit * (2 * sp_random_uniform(tensor->key, (uint64_t)i) - 1));
  }
}

static inline void sp_initial_normal(const sp_initial_tensor *tensor, double mean, double deviation) {
  enum { PIECE = 256 };
  double number[PIECE];
  for (int64_t i = 0; i < tensor->parameter->count; i++) {
    int64_t rest = tensor->parameter->count - i;
    if (i % PIECE == 0) sp_normals(tensor->key, (uint64_t)i, rest < PIECE ? rest : PIECE, number);
    sp_initial_set(tensor, i, mean + deviation * number[i % PIECE]);
  }
}

typedef struct sp_initialiser {
  sp_variant about;
  /// Set all values of a tensor, which may depend on each other: shape and fans are in tensor->parameter. Every rank must
  /// compute the same values, from the key. Errors: SP_ERR_MEMORY.
  sp_status (*fill)(const void *options, const sp_initial_tensor *tensor);
} sp_initialiser;

#define SP_INITIALISER(name) extern const sp_initialiser sp_initialiser_##name;
#include "model/initialiser_list.h"
#undef SP_INITIALISER

extern const sp_variant *const sp_initialisers[];  ///< the registry: pointers to sp_initialiser, terminated by NULL

/// Fill tensor `index` of a parameter vector. Errors: SP_ERR_MEMORY.
sp_status sp_initialiser_fill(const sp_parameter *parameter, int64_t index, uint64_t seed, sp_dtype precision,
                              void *vector);

/// Set the values of a tensor that are always 0. Returns whether one of them was another number.
bool sp_initialiser_set_zeros(const sp_parameter *parameter, sp_dtype precision, void *vector);

#endif
