// SPDX-License-Identifier: Apache-2.0
// The interface of a loss: a value for each row's output and target, and its gradient; and the weighted sum over rows.
//
// The loss of a batch is the weighted mean  sum_i w_i l_i / sum_i w_i c_i  over its rows, where w_i is the row's value in
// the column `weight` (1 without one), l_i the row's loss, and c_i the weight that the loss itself gives to the row, such
// as the weight of its class (1 for most losses).
#ifndef SP_MODEL_LOSS_H
#define SP_MODEL_LOSS_H

#include "base/memory.h"
#include "compute/row_loss.h"
#include "config/options.h"
#include "data/column_form.h"
#include "data/delivered.h"
#include "model/layer.h"
#include "model/prediction.h"

typedef struct sp_loss_type sp_loss_type;

/// The options of every loss: the first member of its options.
typedef struct sp_loss_common {
  const char *target, *weight;  ///< names of columns; weight NULL: each row has weight 1
} sp_loss_common;

/// The last rows of the table of every loss.
#define SP_LOSS_COMMON                                                                        \
  {.name = "target",                                                                          \
   .kind = SP_OPTION_STRING,                                                                  \
   .offset = offsetof(sp_loss_common, target),                                                \
   .preset = SP_TARGETS,                                                                      \
   .help = "column that the output is compared with"},                                        \
  {                                                                                           \
    .name = "weight", .kind = SP_OPTION_STRING, .offset = offsetof(sp_loss_common, weight),   \
    .help = "column with a weight of at least 0 for each row: the loss is the weighted mean", \
    .flags = SP_OPTION_OPTIONAL                                                               \
  }

/// The loss of a network.
typedef struct sp_loss {
  const sp_loss_type *type;  ///< NULL: the network is an objective
  const void *options;
  const char *path;    ///< "model.loss"
  int64_t size;        ///< values of an output
  int64_t classes;     ///< number of classes if the targets are class numbers; 0: they are values
  int target, weight;  ///< columns of the data; weight -1: none
  double *factor;      ///< (size): a factor for each output, from the option type->factors; NULL: none
  bool balanced;       ///< the factors are computed from the training rows (sp_loss_balance); 1 until then
} sp_loss;

/// A loss. To add one, add a file and a line in loss_list.h.
struct sp_loss_type {
  sp_variant about;           ///< its table ends with SP_LOSS_COMMON
  sp_target_meaning meaning;  ///< of its targets; with SP_MEANS_PROBABILITIES they may also be class numbers

  // --- the output
  /// For a loss that takes logits and includes the last function of the network; else NULL. The layer that computes
  /// this function, which must not precede the loss; and the function, from logits (rows, size) to probabilities.
  const sp_layer_type *includes;
  void (*probabilities)(sp_dtype precision, int64_t rows, int64_t size, void *output);
  /// Returns the class that an output (size) decides for, or -1 if it has NaN. NULL: the loss knows no classes.
  int32_t (*decide)(sp_dtype precision, int64_t size, const void *output);
  const char *units;  ///< of the outputs: "logits"; NULL: the units of the targets

  // --- the targets
  /// Check that output and targets match. Sets loss->classes if the loss takes class numbers.
  /// Errors: SP_ERR_SHAPE with both shapes, without the path of the loss.
  sp_status (*fit)(sp_loss *loss, const sp_shape *output, const sp_column_form *target);
  const char *targets;  ///< the accepted target values, as `shardprop help loss NAME` shows them
  /// Check target values, once before training begins. Class numbers are checked in the data set instead.
  /// Errors: SP_ERR_DATA with the value, what is expected and a remedy; *row is set to the row.
  sp_status (*check)(const sp_delivered *targets, int64_t *row);

  // --- factors of the outputs
  /// For a loss with a factor for each output; else NULL. The name of the option of kind NUMBERS with these factors,
  /// whose words are `none` and `balanced`; and the offset of its member.
  const char *factors;
  size_t factors_offset;
  /// Compute the factors of `balanced`. total (size): sum of each output's targets over the training rows.
  /// Errors: SP_ERR_DATA naming a class without rows.
  sp_status (*balance)(const sp_loss *loss, const double *total, double rows, double *factor);
  /// Returns the weight that the factors give to a row. NULL: 1. Called only with factors.
  double (*row_weight)(const sp_loss *loss, const sp_prediction *prediction, int64_t row);

  // --- the value
  /// Write the loss of each row, without the row's weight, and, unless `gradient` is NULL, its gradient (rows, size) with
  /// respect to the output, in the precision. The numbers of a row depend on that row only.
  void (*run)(const sp_loss *loss, const sp_prediction *prediction, double *each, void *gradient);
};

static inline const sp_loss_type *sp_loss_type_of(const sp_selected *selected) {
  return (const sp_loss_type *)selected->type;
}

/// Set up the loss of a network: find its columns, which the data may lack, check that they fit, and set its factors.
/// Errors: SP_ERR_CONFIG / SP_ERR_SHAPE naming the path, what was found and what was expected.
sp_status sp_loss_create(const sp_selected *selected, const sp_data_form *data, const sp_shape *output, sp_arena *arena,
                         sp_loss *out);

/// Find a column of weights, which the data may lack. *column is -1 if `name` is NULL. Errors: SP_ERR_CONFIG naming the
/// columns of the data, or the shape if it is not one value for each row.
sp_status sp_find_weight(const char *name, const sp_data_form *data, int *column);

/// Check the weights of some rows: 0, or numbers of which sums and products are safe in the precision. Errors: SP_ERR_DATA
/// with the value and a remedy; *row is set to the row.
sp_status sp_check_weights(const sp_delivered *weights, int64_t *row);

/// Returns whether the mean is a weighted one, so that the sum of the weights is not the number of rows.
static inline bool sp_loss_is_weighted(const sp_loss *loss) {
  return loss->weight >= 0 || (loss->factor && loss->type->row_weight);
}

/// Returns sum_i w_i l_i over the rows, in float64 and in row order. Unless `gradient` is NULL, writes the gradient (rows,
/// size) of that sum with respect to the output, in the precision. A row of weight 0 has loss and gradient 0.
double sp_loss_sum(const sp_loss *loss, const sp_prediction *prediction, void *gradient);

/// Returns sum_i w_i c_i over the rows, in row order. Does not read the output.
double sp_loss_weight_sum(const sp_loss *loss, const sp_prediction *prediction);

/// Add the targets of some rows to the totals of the outputs (size), in row order. Reads the targets only.
void sp_loss_count_targets(const sp_loss *loss, const sp_prediction *prediction, double *total);

/// Set the factors of `balanced` from these totals over `rows` training rows. Errors: SP_ERR_DATA naming the option.
sp_status sp_loss_balance(sp_loss *loss, const double *total, double rows);

// --- shared by several losses -------------------------------------------------------------------------------------

/// The `fit` of a loss that compares values: checks that there are as many outputs as targets.
sp_status sp_loss_fit_values(sp_loss *loss, const sp_shape *output, const sp_column_form *target);

/// Tolerance for probabilities outside [0, 1] after the rounding of a transform: 255 * 0.00392156863 is above 1.
#define SP_TARGET_ROUNDING 1e-6

/// Refuse standardized targets, for a loss whose targets are probabilities. Errors: SP_ERR_CONFIG.
sp_status sp_loss_refuse_standardized(const sp_column_form *target);

/// Returns what a loss of compute/row_loss.h reads and writes.
static inline sp_row_loss sp_loss_rows(const sp_prediction *p, double *each, void *gradient) {
  return (sp_row_loss){.precision = p->precision,
                       .rows = p->rows,
                       .size = p->size,
                       .output = p->output,
                       .target = p->classes ? NULL : p->targets,
                       .classes = p->classes ? p->targets : NULL,
                       .each = each,
                       .gradient = gradient};
}

/// The `check` and `targets` of a loss that accepts every finite number.
sp_status sp_loss_check_finite(const sp_delivered *targets, int64_t *row);
#define SP_LOSS_FINITE_TARGETS "one finite number for each output of the network"

#define SP_LOSS(name) extern const sp_loss_type sp_loss_##name;
#include "model/loss_list.h"
#undef SP_LOSS

extern const sp_variant *const sp_losses[];  ///< the registry: pointers to sp_loss_type, terminated by NULL

#endif
