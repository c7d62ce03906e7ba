// SPDX-License-Identifier: Apache-2.0
// The registry of losses, and the checks that several losses share.
#include "model/loss.h"

#include <math.h>

#include "compute/elementwise.h"

const sp_variant *const sp_losses[] = {
#define SP_LOSS(name) &sp_loss_##name.about,
#include "model/loss_list.h"
#undef SP_LOSS
    NULL};

sp_status sp_loss_fit_values(const sp_shape *output, const sp_column_form *target, int64_t *classes) {
  char have[200], want[200];
  if (sp_shape_size(output) != sp_shape_size(&target->shape)) {
    return sp_fail(SP_ERR_SHAPE, "the network has outputs %s for a row, but the targets are %s",
                   sp_shape_text(output, have), sp_shape_text(&target->shape, want));
  }
  *classes = 0;
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
                 "data.target_transform: standardize gives targets below 0, which are not probabilities: remove it");
}
