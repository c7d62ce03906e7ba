// The interface of an initialiser: a value of a tensor as a pure function of key and place.
#ifndef SP_MODEL_INITIALISER_H
#define SP_MODEL_INITIALISER_H

#include "base/random.h"
#include "config/options.h"
#include "model/layer.h"

/// Formulas are those of Glorot & Bengio 2010 and He et al. 2015, as PyTorch's xavier_* and kaiming_* (gain sqrt(2)).
typedef struct sp_initialiser {
  sp_variant about;
  /// Value number `index` of a tensor, in float64; rounded to the precision by the caller, so that a float32 network
  /// starts from the rounded values of the float64 one.
  double (*value)(const void *options, const sp_parameter *parameter, sp_random_key key, uint64_t index);
} sp_initialiser;

static inline const sp_initialiser *sp_initialiser_of(const sp_selected *selected) {
  return (const sp_initialiser *)selected->type;
}

/// The options of uniform, normal and constant.
typedef struct sp_uniform_options {
  double low, high;
} sp_uniform_options;

typedef struct sp_normal_options {
  double mean, stddev;
} sp_normal_options;

typedef struct sp_constant_options {
  double value;
} sp_constant_options;

#endif
