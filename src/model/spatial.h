// SPDX-License-Identifier: Apache-2.0
// The geometry of layers that move a window over the spatial axes of a sample (…, channels): options with one value for all
// axes or one for each, padding, and the extents of the output.
#ifndef SP_MODEL_SPATIAL_H
#define SP_MODEL_SPATIAL_H

#include "compute/convolution_shape.h"
#include "config/options.h"
#include "model/layer.h"

/// The range of an option for padding: a word, or numbers.
#define SP_PADDING_RANGE "valid|same|causal|[0, 65536]"
#define SP_PADDING_HELP                                                                                               \
  "zeros added around the input: valid adds none; same adds as many as make the output as long as the input divided " \
  "by stride; causal adds all of them before the input; a number adds that many on both sides of every axis, and a "  \
  "list has one number for each axis, or those before and after each axis"

/// A window along up to three axes; axes beyond `axes` have extents of 1.
typedef struct sp_spatial {
  int axes;
  int64_t in[SP_CONVOLUTION_AXES], out[SP_CONVOLUTION_AXES];
  int64_t kernel[SP_CONVOLUTION_AXES], stride[SP_CONVOLUTION_AXES], dilation[SP_CONVOLUTION_AXES];
  int64_t before[SP_CONVOLUTION_AXES];
} sp_spatial;

/// Set the extents of the input, and everything else to 1. Errors: SP_ERR_SHAPE if the input does not have `axes` axes and
/// channels.
sp_status sp_spatial_create(const sp_layer *layer, int axes, sp_spatial *spatial);

/// Set one value for each axis from an option with one value or one for each. Errors: SP_ERR_CONFIG for another number of
/// values.
sp_status sp_spatial_option(const sp_spatial *spatial, const char *name, const sp_integers *given,
                            int64_t values[SP_CONVOLUTION_AXES]);

/// Set `before` and `out` from an option of SP_PADDING_RANGE, when all else is set. Errors: SP_ERR_CONFIG for padding that
/// does not fit the axes; SP_ERR_SHAPE if the window is larger than the padded input.
sp_status sp_spatial_pad(sp_spatial *spatial, const sp_numbers *padding);

/// Set the output of a layer: the positions, with a number of channels.
void sp_spatial_output(const sp_spatial *spatial, int64_t channels, sp_layer *layer);

#endif
