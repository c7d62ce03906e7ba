// SPDX-License-Identifier: Apache-2.0
// The registry of losses, the weighted sum over rows, and the checks that several losses share.
#include "model/loss.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "compute/elementwise.h"

const sp_variant *const sp_losses[] = {
#define SP_LOSS(name) &sp_loss_##name.about,
#include "model/loss_list.h"
#undef SP_LOSS
    NULL};

// --- set up -------------------------------------------------------------------------------------------------------

/// Find a column by name. Errors: SP_ERR_CONFIG with the names of the columns.
static sp_status find_column(const char *name, const sp_data_form *data, int *column) {
  *column = sp_data_form_find(data, name);
  if (*column >= 0) return SP_OK;
  sp_text names = {0};
  sp_data_form_list(data, &names);
  sp_status status = sp_fail(SP_ERR_CONFIG, "expected a column of the data, which are %s; got '%s'", names.data, name);
  sp_text_free(&names);
  return status;
}

sp_status sp_find_weight(const char *name, const sp_data_form *data, int *column) {
  char text[200];
  *column = -1;
  if (!name) return SP_OK;
  SP_TRY(sp_context(find_column(name, data, column), "weight"));
  const sp_shape *shape = &data->column[*column].shape;
  if (data->column[*column].standardized) {
    return sp_fail(SP_ERR_CONFIG,
                   "weight: the column '%s' is standardized, which makes weights negative: remove this transform",
                   name);
  }
  if (shape->rank < 0 || sp_shape_size(shape) == 1) return SP_OK;
  return sp_fail(SP_ERR_CONFIG, "weight: expected one value for each row, but the column '%s' has %s", name,
                 sp_shape_text(shape, text));
}

// Far from the ends of the range of the precision, so that the product of a weight and a gradient, and the sum of the
// weights of a batch and its reciprocal, neither underflow nor overflow.
static const double LEAST_WEIGHT[] = {[SP_FLOAT32] = 1e-30, [SP_FLOAT64] = 1e-290};

static bool is_weight(sp_dtype precision, double value) {
  return value == 0 || (value >= LEAST_WEIGHT[precision] && value <= 1 / LEAST_WEIGHT[precision]);
}

static bool are_ones(const sp_numbers *numbers) {
  for (int64_t i = 0; i < numbers->count; i++) {
    if (numbers->item[i] != 1) return false;
  }
  return true;
}

static bool are_zeros(const sp_numbers *numbers) {
  for (int64_t i = 0; i < numbers->count; i++) {
    if (numbers->item[i] != 0) return false;
  }
  return true;
}

/// Set the factors from the option: one for each output, or one for all. Factors of 1 change nothing and are not kept.
static sp_status set_factors(sp_loss *loss, sp_arena *arena) {
  enum { NONE, BALANCED };  // the words of the option
  const sp_loss_type *type = loss->type;
  if (!type->factors) return SP_OK;
  const sp_numbers *given = (const void *)((const char *)loss->options + type->factors_offset);
  if (given->word == NONE) return SP_OK;
  loss->balanced = given->word == BALANCED;
  if (!loss->balanced && given->count != loss->size && (given->count != 1 || type->row_weight)) {
    return sp_fail(SP_ERR_CONFIG, "%s: %s: expected a number for each of the %lld outputs, got %lld", loss->path,
                   type->factors, (long long)loss->size, (long long)given->count);
  }
  if (!loss->balanced && are_zeros(given)) {
    return sp_fail(SP_ERR_CONFIG, "%s: %s: expected a number above 0, got zeros only", loss->path, type->factors);
  }
  for (int64_t j = 0; j < given->count && !loss->balanced; j++) {
    if (is_weight(SP_FLOAT32, given->item[j])) continue;
    return sp_fail(SP_ERR_CONFIG, "%s: %s: expected numbers from %g to %g, got %g", loss->path, type->factors,
                   LEAST_WEIGHT[SP_FLOAT32], 1 / LEAST_WEIGHT[SP_FLOAT32], given->item[j]);
  }
  if (!loss->balanced && are_ones(given)) return SP_OK;
  loss->factor = sp_arena_allocate(arena, (size_t)loss->size * sizeof *loss->factor);
  for (int64_t j = 0; j < loss->size; j++) {
    loss->factor[j] = loss->balanced ? 1 : given->item[given->count > 1 ? j : 0];
  }
  return SP_OK;
}

sp_status sp_loss_create(const sp_selected *selected, const sp_data_form *data, const sp_shape *output, sp_arena *arena,
                         sp_loss *out) {
  const sp_loss_common *common = selected->options;
  sp_loss loss = {.type = sp_loss_type_of(selected),
                  .options = selected->options,
                  .path = selected->path,
                  .size = sp_shape_size(output),
                  .weight = -1};
  loss.target = sp_data_form_find(data, common->target);
  if (loss.target < 0 && strcmp(common->target, SP_TARGETS) != 0) {
    return sp_context(find_column(common->target, data, &loss.target), "%s: target", loss.path);
  }
  SP_TRY(sp_context(sp_find_weight(common->weight, data, &loss.weight), "%s", loss.path));
  if (sp_data_form_has(data, loss.target)) {
    sp_status fits = loss.type->fit(&loss, output, &data->column[loss.target]);
    SP_TRY(sp_context(fits, "%s: %s", loss.path, loss.type->about.name));
    SP_TRY(set_factors(&loss, arena));
  }
  *out = loss;
  return SP_OK;
}

// --- sums over rows -----------------------------------------------------------------------------------------------

enum { TOGETHER = 64 };  // rows whose losses are computed at a time

/// Multiply the gradient of a row by its weight.
static void scale_row(const sp_prediction *p, int64_t row, double weight, void *gradient) {
  for (int64_t j = row * p->size; j < (row + 1) * p->size; j++) {
    sp_value_set(p->precision, gradient, j, weight > 0 ? weight * sp_value_at(p->precision, gradient, j) : 0);
  }
}

double sp_loss_sum(const sp_loss *loss, const sp_prediction *p, void *gradient) {
  double total = 0, each[TOGETHER];
  const size_t row_bytes = (size_t)p->size * sp_dtype_size(p->precision);
  for (int64_t first = 0; first < p->rows; first += TOGETHER) {
    const int64_t rows = p->rows - first < TOGETHER ? p->rows - first : TOGETHER;
    const sp_prediction part = sp_prediction_part(p, first, rows);
    void *slope = gradient ? (char *)gradient + (size_t)first * row_bytes : NULL;
    loss->type->run(loss, &part, each, slope);
    for (int64_t i = 0; i < rows && !p->weight; i++) total += each[i];
    for (int64_t i = 0; i < rows && p->weight; i++) {
      const double weight = sp_row_weight(&part, i);
      if (weight > 0) total += weight * each[i];
      if (slope) scale_row(&part, i, weight, slope);
    }
  }
  return total;
}

double sp_loss_weight_sum(const sp_loss *loss, const sp_prediction *p) {
  const bool own = loss->factor && loss->type->row_weight;
  double total = 0;
  for (int64_t i = 0; i < p->rows; i++) {
    total += own ? sp_row_weight(p, i) * loss->type->row_weight(loss, p, i) : sp_row_weight(p, i);
  }
  return total;
}

// --- factors from the data ----------------------------------------------------------------------------------------

void sp_loss_count_targets(const sp_loss *loss, const sp_prediction *p, double *total) {
  for (int64_t i = 0; i < p->rows; i++) {
    if (p->classes) {
      total[((const int32_t *)p->targets)[i]] += 1;
      continue;
    }
    for (int64_t j = 0; j < loss->size; j++) total[j] += sp_target_at(p, i, j);
  }
}

sp_status sp_loss_balance(sp_loss *loss, const double *total, double rows) {
  sp_status status = loss->type->balance(loss, total, rows, loss->factor);
  return sp_context(status, "%s: %s: balanced", loss->path, loss->type->factors);
}

// --- checks -------------------------------------------------------------------------------------------------------

static double decade(double x) { return floor(log10(x)); }  // only in a message

static sp_status fail_scale(const sp_delivered *weights, int64_t i, double value) {
  char text[80], option[SP_TRANSFORMS_OPTION];
  const double least = LEAST_WEIGHT[weights->precision], most = -decade(least);
  return sp_fail(SP_ERR_DATA,
                 "weight %s, expected 0, or %g to %g in %s: only the ratios of weights matter, so scale all of them, "
                 "for example with %s: [{scale: 1e%+d}]%s",
                 sp_delivered_text(weights, i, text), least, 1 / least, sp_dtype_name(weights->precision),
                 sp_transforms_option(weights->column, option), (int)fmax(-most, fmin(most, -decade(value))),
                 value < 1 ? "; or set it to 0, which leaves the row out" : "");
}

sp_status sp_check_weights(const sp_delivered *weights, int64_t *row) {
  for (int64_t i = 0; i < weights->rows; i++) {
    char text[80];
    const double value = sp_value_at(weights->precision, weights->values, i);
    if (is_weight(weights->precision, value)) continue;
    *row = i;
    if (isfinite(value) && value > 0) return fail_scale(weights, i, value);
    return sp_fail(SP_ERR_DATA, "weight %s, expected a finite number of at least 0: %s",
                   sp_delivered_text(weights, i, text),
                   isfinite(value) ? "weight 0 leaves a row out" : sp_delivered_remedy(weights, i));
  }
  return SP_OK;
}

sp_status sp_loss_fit_values(sp_loss *loss, const sp_shape *output, const sp_column_form *target) {
  char have[200], want[200];
  if (sp_shape_size(output) != sp_shape_size(&target->shape)) {
    return sp_fail(SP_ERR_SHAPE, "the network has outputs %s for a row, but the targets are %s",
                   sp_shape_text(output, have), sp_shape_text(&target->shape, want));
  }
  loss->classes = 0;
  return SP_OK;
}

sp_status sp_loss_check_finite(const sp_delivered *targets, int64_t *row) {
  if (sp_all_finite(targets->precision, targets->rows * targets->size, targets->values)) return SP_OK;
  char text[80];
  int64_t i = 0;
  while (isfinite(sp_value_at(targets->precision, targets->values, i))) i++;
  *row = i / targets->size;
  return sp_fail(SP_ERR_DATA, "target %s, expected a finite number: %s", sp_delivered_text(targets, i, text),
                 sp_delivered_remedy(targets, i));
}

sp_status sp_loss_refuse_standardized(const sp_column_form *target) {
  if (!target->standardized) return SP_OK;
  return sp_fail(SP_ERR_CONFIG,
                 "standardize gives the column %s values below 0, which are not probabilities: remove this transform",
                 target->name);
}
