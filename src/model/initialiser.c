// SPDX-License-Identifier: Apache-2.0
// The registry of initialisers, and filling a tensor with one.
#include "model/initialiser.h"

const sp_variant *const sp_initialisers[] = {
#define SP_INITIALISER(name) &sp_initialiser_##name.about,
#include "model/initialiser_list.h"
#undef SP_INITIALISER
    NULL};

bool sp_initialiser_set_zeros(const sp_parameter *parameter, sp_dtype precision, void *vector) {
  bool changed = false;
  for (int64_t i = 0; i < parameter->zeros; i++) {
    const int64_t at = parameter->offset + parameter->first_zero + i;
    changed = changed || sp_value_at(precision, vector, at) != 0;
    sp_value_set(precision, vector, at, 0);
  }
  return changed;
}

sp_status sp_initialiser_fill(const sp_parameter *parameter, int64_t index, uint64_t seed, sp_dtype precision,
                              void *vector) {
  const sp_initialiser *initialiser = (const sp_initialiser *)parameter->initial->type;
  const sp_initial_tensor tensor = {
      .parameter = parameter,
      .key = sp_random_key_make(seed, SP_RANDOM_INITIAL, (uint64_t)index),
      .precision = precision,
      .values = (char *)vector + (size_t)parameter->offset * sp_dtype_size(precision),
  };
  SP_TRY(initialiser->fill(parameter->initial->options, &tensor));
  (void)sp_initialiser_set_zeros(parameter, precision, vector);
  return SP_OK;
}
