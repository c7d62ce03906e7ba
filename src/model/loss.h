// SPDX-License-Identifier: Apache-2.0
// The interface of a loss: a value for each row's output and target, and its gradient.
#ifndef SP_MODEL_LOSS_H
#define SP_MODEL_LOSS_H

#include "config/options.h"
#include "data/column_form.h"
#include "data/delivered.h"
#include "model/batch.h"
#include "model/layer.h"
#include "model/prediction.h"

/// A loss. To add one, add a file and a line in loss_list.h.
typedef struct sp_loss_type {
  sp_variant about;
  sp_target_meaning meaning;  ///< of its targets; with SP_MEANS_PROBABILITIES they may also be class numbers

  /// For a loss that takes logits and includes the last function of the network; else NULL. The layer that computes
  /// this function, which must not precede the loss; and the function, from logits (rows, size) to probabilities.
  const sp_layer_type *includes;
  void (*probabilities)(sp_dtype precision, int64_t rows, int64_t size, void *output);

  /// Check that output and targets match. *classes is the number of classes if the loss takes class numbers, 0 if it
  /// takes values.
  /// Errors: SP_ERR_SHAPE with both shapes, without the path of the loss.
  sp_status (*fit)(const sp_shape *output, const sp_column_form *target, int64_t *classes);

  const char *targets;  ///< the accepted target values, as `shardprop help loss NAME` shows them
  /// Check target values, once before training begins. Class numbers are checked in the data set instead.
  /// Errors: SP_ERR_DATA with the value, what is expected and a remedy; *row is set to the row.
  sp_status (*check)(const sp_delivered *targets, int64_t *row);

  /// Returns the sum of the rows' losses, in float64 and in row order. Unless `gradient` is NULL, writes the gradient
  /// (rows, size) of that sum with respect to the output, in the precision.
  double (*run)(const void *options, const sp_prediction *prediction, void *gradient);
} sp_loss_type;

static inline const sp_loss_type *sp_loss_type_of(const sp_selected *selected) {
  return (const sp_loss_type *)selected->type;
}

/// The `fit` of a loss that compares values: checks that there are as many outputs as targets.
sp_status sp_loss_fit_values(const sp_shape *output, const sp_column_form *target, int64_t *classes);

/// Tolerance for probabilities outside [0, 1] after the rounding of a transform: 255 * 0.00392156863 is above 1.
#define SP_TARGET_ROUNDING 1e-6

/// Refuse standardized targets, for a loss whose targets are probabilities. Errors: SP_ERR_CONFIG.
sp_status sp_loss_refuse_standardized(const sp_column_form *target);

/// The `check` and `targets` of a loss that accepts every finite number.
sp_status sp_loss_check_finite(const sp_delivered *targets, int64_t *row);
#define SP_LOSS_FINITE_TARGETS "one finite number for each output of the network"

#define SP_LOSS(name) extern const sp_loss_type sp_loss_##name;
#include "model/loss_list.h"
#undef SP_LOSS

extern const sp_variant *const sp_losses[];  ///< the registry: pointers to sp_loss_type, terminated by NULL

#endif
