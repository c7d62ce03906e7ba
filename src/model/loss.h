// SPDX-License-Identifier: Apache-2.0
// The interface of a loss: a number for each row's output and target, and its slope.
#ifndef SP_MODEL_LOSS_H
#define SP_MODEL_LOSS_H

#include "config/options.h"
#include "data/delivered.h"
#include "model/batch.h"
#include "model/layer.h"
#include "model/prediction.h"

/// A new loss takes a file and a line in loss_list.h.
typedef struct sp_loss_type {
  sp_variant about;
  sp_target_meaning meaning;  ///< of its targets; SP_MEANS_PROBABILITIES: they may be class numbers, too

  /// For a loss that takes logits, whose last function is part of the loss; else NULL. The layer that applies that
  /// function, which must not come before the loss; and the function itself, from logits (rows, size) to probabilities.
  const sp_layer_type *includes;
  void (*probabilities)(sp_dtype precision, int64_t rows, int64_t size, void *output);

  /// Do output and targets fit? *classes: how many there are when it takes class numbers, 0 when it takes values.
  /// Errors: SP_ERR_SHAPE with both shapes, without the loss's path.
  sp_status (*fit)(const sp_shape *output, const sp_network_data *data, int64_t *classes);

  const char *targets;  ///< which target values it accepts, as `shardprop help loss NAME` says it
  /// Are these target values accepted? They are checked once, before training begins. Class numbers are not passed to it:
  /// they are checked as they are stored.
  /// Errors: SP_ERR_DATA saying the value, what is expected and a remedy; *row is the row.
  sp_status (*check)(const sp_delivered *targets, int64_t *row);

  /// The sum of the rows' losses, in float64 and in the order of the rows; and, unless `gradient` is NULL, the gradient
  /// (rows, size) of that sum with respect to the output, in the precision.
  double (*run)(const void *options, const sp_prediction *prediction, void *gradient);
} sp_loss_type;

static inline const sp_loss_type *sp_loss_type_of(const sp_selected *selected) {
  return (const sp_loss_type *)selected->type;
}

/// The fit of a loss that compares values with values: there are as many of both.
sp_status sp_loss_fit_values(const sp_shape *output, const sp_network_data *data, int64_t *classes);

/// How far outside [0, 1] the rounding of a transform may bring a probability: 255 * 0.00392156863 is more than 1.
#define SP_TARGET_ROUNDING 1e-6

/// Of a loss whose targets are probabilities: standardized targets are none. Errors: SP_ERR_CONFIG.
sp_status sp_loss_refuse_standardized(const sp_network_data *data);

/// The check of a loss that accepts every finite number, and what it says of itself.
sp_status sp_loss_check_finite(const sp_delivered *targets, int64_t *row);
#define SP_LOSS_FINITE_TARGETS "finite numbers, as many in a row as the network has outputs"

#define SP_LOSS(name) extern const sp_loss_type sp_loss_##name;
#include "model/loss_list.h"
#undef SP_LOSS

extern const sp_variant *const sp_losses[];  ///< the registry: each is an sp_loss_type, NULL ends it

#endif
