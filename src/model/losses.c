// The registry of losses, and how values fit values. A new loss: its file, and its line here.
// May include: base, config, model.
#include "model/loss.h"

const sp_variant *const sp_losses[] = {
    &sp_loss_softmax_cross_entropy.about, &sp_loss_sigmoid_cross_entropy.about, &sp_loss_mse.about,
    &sp_loss_mae.about, &sp_loss_huber.about, NULL,
};

sp_status sp_loss_fit_values(const sp_shape *output, const sp_network_data *data, int64_t *classes) {
  char have[200], want[200];
  if (sp_shape_size(output) != sp_shape_size(&data->target)) {
    return sp_fail(SP_ERR_SHAPE, "the network gives %s for a row, the targets are %s", sp_shape_text(output, have),
                   sp_shape_text(&data->target, want));
  }
  *classes = 0;
  return SP_OK;
}
