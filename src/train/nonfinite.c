// Where a loss or gradient stopped being finite: the step's part of this rank once more, layer by layer. Parameters have not
// been updated, so the repetition is exact.
// May include: base, comm, data, model, exchange, train.
#include <stdio.h>
#include <string.h>

#include "train/trainer.h"

static sp_status repeat_lane(sp_trainer *t, int64_t lane) {
  const sp_progress *now = &t->state.progress;
  int64_t rows = sp_order_lane_rows(&t->order, now->epoch_step, lane);
  char where[512];
  sp_order_rows(&t->order, now->epoch, now->epoch_step, lane, t->row);
  SP_TRY(sp_dataset_gather(t->feed.train, t->row, rows, t->features, t->targets));
  sp_batch batch = {.rows = rows, .features = t->features, .targets = t->targets, .row = t->row,
                    .seed = t->order.seed, .step = now->step};
  if (!sp_network_find_nonfinite(t->network, &batch, t->state.parameters, sp_exchange_gradient(t->exchange), where)) {
    return SP_OK;
  }
  return sp_fail(SP_ERR_NONFINITE, "step %lld (epoch %lld): not finite: %s, in lane %lld; nothing was updated or saved "
                 "since step %lld (a smaller learning rate or a larger epsilon may help)", (long long)now->step + 1,
                 (long long)now->epoch + 1, where, (long long)lane, (long long)now->step);
}

sp_status sp_trainer_explain_nonfinite(sp_trainer *t) {
  sp_status status = SP_OK;
  for (int64_t lane = sp_exchange_first_lane(t->exchange); lane < sp_exchange_end_lane(t->exchange); lane++) {
    if (status == SP_OK) status = repeat_lane(t, lane);
  }
  status = sp_comm_agree(t->comm, status);
  if (status != SP_OK) return status;
  return sp_fail(SP_ERR_NONFINITE, "step %lld: the sum of the lanes' gradients is not finite though each lane's is: it "
                 "is larger than the precision can hold", (long long)t->state.progress.step + 1);
}
