// SPDX-License-Identifier: Apache-2.0
// The geometry of layers with spatial axes.
#include "model/spatial.h"

#include <math.h>
#include <stdio.h>

static const char *const axis_names[][SP_CONVOLUTION_AXES] = {
    {"length"}, {"height", "width"}, {"depth", "height", "width"}};

enum { VALID, SAME, CAUSAL };  // words of SP_PADDING_RANGE

/// Write "[height, width, channels]".
static const char *expected(int axes, char text[64]) {
  int size = snprintf(text, 64, "[");
  for (int i = 0; i < axes; i++) size += snprintf(text + size, 64 - (size_t)size, "%s, ", axis_names[axes - 1][i]);
  snprintf(text + size, 64 - (size_t)size, "channels]");
  return text;
}

sp_status sp_spatial_create(const sp_layer *layer, int axes, sp_spatial *s) {
  char want[64], got[200], fits[200];
  const sp_shape *input = &layer->input;
  if (input->rank == axes) {
    sp_shape with_channel = *input;
    with_channel.extent[with_channel.rank++] = 1;
    return sp_fail(SP_ERR_SHAPE, "expected an input of shape %s, got %s: write it as %s if it has one channel",
                   expected(axes, want), sp_shape_text(input, got), sp_shape_text(&with_channel, fits));
  }
  if (input->rank != axes + 1) {
    return sp_fail(SP_ERR_SHAPE, "expected an input of shape %s, got %s: model.inputs sets the shape of a column",
                   expected(axes, want), sp_shape_text(input, got));
  }
  *s = (sp_spatial){.axes = axes};
  for (int i = 0; i < SP_CONVOLUTION_AXES; i++) {
    s->in[i] = i < axes ? input->extent[i] : 1;
    s->out[i] = s->kernel[i] = s->stride[i] = s->dilation[i] = 1;
  }
  return SP_OK;
}

sp_status sp_spatial_option(const sp_spatial *s, const char *name, const sp_integers *given,
                            int64_t values[SP_CONVOLUTION_AXES]) {
  if (given->count != 1 && given->count != s->axes) {
    return sp_fail(SP_ERR_CONFIG, "%s: expected one number or %d, one for each axis, got %lld", name, s->axes,
                   (long long)given->count);
  }
  for (int i = 0; i < s->axes; i++) values[i] = given->item[given->count == 1 ? 0 : i];
  return SP_OK;
}

/// Read padding before and after an axis.
static sp_status explicit_padding(const sp_spatial *s, const sp_numbers *given, int axis, int64_t *before,
                                  int64_t *after) {
  const int64_t n = given->count;
  if (n != 1 && n != s->axes && n != 2 * s->axes) {
    return sp_fail(SP_ERR_CONFIG, "padding: expected one number, %d or %d, got %lld", s->axes, 2 * s->axes,
                   (long long)n);
  }
  const int64_t first = n == 1 ? 0 : n == s->axes ? axis : 2 * axis, second = n == 2 * s->axes ? first + 1 : first;
  *before = (int64_t)given->item[first];
  *after = (int64_t)given->item[second];
  if (given->item[first] != floor(given->item[first]) || given->item[second] != floor(given->item[second])) {
    return sp_fail(SP_ERR_CONFIG, "padding: expected integers, got %g and %g", given->item[first], given->item[second]);
  }
  return SP_OK;
}

static sp_status pad_axis(sp_spatial *s, const sp_numbers *padding, int i) {
  const int64_t span = (s->kernel[i] - 1) * s->dilation[i] + 1;
  int64_t before = 0, after = 0;
  if (padding->word == SAME) {
    const int64_t all = ((s->in[i] - 1) / s->stride[i]) * s->stride[i] + span - s->in[i];
    before = all > 0 ? all / 2 : 0;
    after = all > 0 ? all - before : 0;
  } else if (padding->word == CAUSAL) {
    before = span - 1;
  } else if (padding->word != VALID) {
    SP_TRY(explicit_padding(s, padding, i, &before, &after));
  }
  const int64_t padded = s->in[i] + before + after;
  if (padded < span) {
    return sp_fail(SP_ERR_SHAPE,
                   "a kernel of %lld with dilation %lld takes %lld positions, and the %s of the input is %lld, padded "
                   "%lld: use a smaller kernel or padding: same",
                   (long long)s->kernel[i], (long long)s->dilation[i], (long long)span, axis_names[s->axes - 1][i],
                   (long long)s->in[i], (long long)padded);
  }
  s->before[i] = before;
  s->out[i] = (padded - span) / s->stride[i] + 1;
  return SP_OK;
}

sp_status sp_spatial_pad(sp_spatial *s, const sp_numbers *padding) {
  if (padding->word == CAUSAL && s->axes > 1) {
    return sp_fail(SP_ERR_CONFIG,
                   "padding: causal is for one axis, which is time: use same, or numbers before and after");
  }
  for (int i = 0; i < s->axes; i++) SP_TRY(pad_axis(s, padding, i));
  return SP_OK;
}

void sp_spatial_output(const sp_spatial *s, int64_t channels, sp_layer *layer) {
  layer->output = (sp_shape){.rank = s->axes + 1};
  for (int i = 0; i < s->axes; i++) layer->output.extent[i] = s->out[i];
  layer->output.extent[s->axes] = channels;
}
