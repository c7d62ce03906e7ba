// SPDX-License-Identifier: Apache-2.0
// A sweep of windows over samples: the outputs of a convolution, or for some of its inputs the gradients. Both are sums over
// the taps of a window and the channels at each, with weights that are packed for the vectors of the kernels.
#ifndef SP_COMPUTE_CONVOLUTION_SWEEP_H
#define SP_COMPUTE_CONVOLUTION_SWEEP_H

#include "compute/convolution_kernels.h"
#include "compute/convolution_windows.h"

/// The result of windows along an axis lies at position place + w * place_step of an axis of `place_extent` positions.
typedef struct sp_sweep_axis {
  sp_window_axis window;
  int64_t kernel, kernel_step;  ///< position in the kernel of tap 0, and from one tap to the next
  int64_t place, place_step, place_extent;
} sp_sweep_axis;

/// What a sweep consists of. Weight (tap, term, column) of group g is w[tap * tap_step + term * term_step + column *
/// column_step + g * group_step], where `tap` is the position in the kernel.
typedef struct sp_sweep_shape {
  sp_sweep_axis axis[SP_CONVOLUTION_AXES];
  int64_t kernel[SP_CONVOLUTION_AXES];
  int64_t groups, terms, columns;  ///< terms of a tap and columns in each group
  int64_t tap_step, term_step, column_step, group_step;
} sp_sweep_shape;

typedef struct sp_sweep {
  sp_sweep_shape shape;
  const sp_convolution_functions *kernels;
  size_t size;  ///< bytes of a value
  sp_windows windows;
  bool by_channel;  ///< each column has a channel of its own
  int64_t *out;     ///< for each window of a chunk: the offset of its result
  int64_t *tap;     ///< for each tap: its position in the kernel
  sp_term_run *run;
  int64_t *term;   ///< the offset of each term in a window, if runs are short; otherwise NULL
  int64_t *block;  ///< (blocks + 1): the first run of each block
  int64_t blocks;
  int64_t packed;  ///< values of all packed weights
} sp_sweep;

/// Prepare a sweep with at least one window and one tap. Freed with sp_sweep_free, also after an error. Errors:
/// SP_ERR_MEMORY.
sp_status sp_sweep_create(const sp_sweep_shape *shape, const sp_convolution_functions *kernels, size_t size,
                          sp_sweep *sweep);
void sp_sweep_free(sp_sweep *sweep);

/// Returns the bytes of scratch memory that a run takes.
int64_t sp_sweep_scratch(const sp_sweep *sweep);

/// Compute the results of all windows of `rows` samples x in y; bias may be NULL.
void sp_sweep_run(const sp_sweep *sweep, int64_t rows, const void *x, const void *w, const void *bias, void *y,
                  void *scratch);

#endif
