// Where a loss or gradient stopped being finite: the step's part of this rank once more, layer by layer. When the losses
// told on one node, nothing had been updated, and the repetition is exact; when a gradient told, or between nodes, parts of
// the parameters have made their step.
#include <stdio.h>
#include <string.h>

#include "compute/elementwise.h"
#include "train/training.h"

static sp_status repeat_pass(sp_trainer *t, int back, int64_t lane, int64_t part) {
  const sp_progress *now = &t->state.progress;
  char where[512];
  sp_batch batch;
  SP_TRY(sp_trainer_gather(t, back, lane, part, &batch));
  if (!sp_network_find_nonfinite(t->network, &batch, t->state.parameters, sp_exchange_gradient(t->exchange), where)) {
    return SP_OK;
  }
  return sp_fail(SP_ERR_NONFINITE, "step %lld (epoch %lld): not finite: %s, in lane %lld",
                 (long long)(now->step - back + 1), (long long)now->epoch + 1, where, (long long)lane);
}

static sp_status repeat_lane(sp_trainer *t, int back, int64_t lane) {
  int64_t parts = sp_order_parts(&t->order, t->state.progress.epoch_step - back);
  for (int64_t part = 0; part < parts; part++) SP_TRY(repeat_pass(t, back, lane, part));
  return SP_OK;
}

static const char *tensor_at(const sp_trainer *t, int64_t value) {
  const sp_parameter_table *table = t->state.table;
  int64_t i = table->tensors - 1;
  while (i > 0 && table->tensor[i].offset > value) i--;
  return table->tensor[i].name;
}

static bool parameters_finite(const sp_trainer *t) {
  return sp_all_finite(t->state.precision, sp_parameter_values(t->state.table), t->state.parameters);
}

static sp_status find(sp_trainer *t, int back, int64_t value) {
  long long step = t->state.progress.step - back + 1;
  sp_status status = SP_OK;
  if (value == SP_NONFINITE_NORM) {
    return sp_fail(SP_ERR_NONFINITE, "step %lld: the norm of the gradient is not finite though each of its values is: "
                   "its square is more than float64 holds, and optimizer.clip_norm cannot shorten it", step);
  }
  if (value >= 0 && !parameters_finite(t)) {  // updated with finite gradients nearly as large: every lane would seem at fault
    status = sp_fail(SP_ERR_NONFINITE, "step %lld: not finite: gradient of %s", step, tensor_at(t, value));
  }
  for (int64_t lane = t->hosted.begin; lane < t->hosted.end; lane++) {
    if (status == SP_OK) status = repeat_lane(t, back, lane);
  }
  status = sp_comm_agree(t->comm, status);
  if (status != SP_OK) return status;
  if (value == SP_NONFINITE_LOSSES) {
    return sp_fail(SP_ERR_NONFINITE, "step %lld: the sum of the losses is not finite though each is", step);
  }
  return sp_fail(SP_ERR_NONFINITE, "step %lld: the sum of the gradients is not finite though each of them is: %s has one "
                 "that is larger than the precision can hold", step, tensor_at(t, value));
}

sp_status sp_trainer_explain_nonfinite(sp_trainer *t, int back, int64_t value) {
  t->nonfinite_step = t->state.progress.step - back + 1;
  sp_status status = find(t, back, value);
  if (status != SP_ERR_NONFINITE || t->config->train->on_nonfinite != SP_NONFINITE_STOP) return status;
  return sp_fail(status, "%s; nothing of it was saved (a smaller learning rate or a larger epsilon may help)",
                 sp_error_message());
}
