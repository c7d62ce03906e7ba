// SPDX-License-Identifier: Apache-2.0
// The inner loops of convolutions, for float and double.
#include "compute/convolution_kernels.h"

#include <stddef.h>

#include "compute/cpu.h"
#include "compute/vector.h"

// Sums that a tile keeps in registers: windows or rows times two vectors of columns, or times one. Eight of them or more keep
// the units for fused multiply-adds busy; more than fit into the registers would be kept in memory.
#if defined(SP_KERNELS_avx512) || defined(SP_KERNELS_neon)
enum { TALL = 8 };
#else
enum { TALL = 6 };
#endif
enum { NARROW = 8 };

#define SP_TEMPLATE "compute/convolution_kernels_typed.h"
#include "compute/each_real.h"

#define SP_FUNCTIONS(real)                                                                                   \
  {                                                                                                          \
    .width = vector_width_##real, .pack = pack_##real, .panel = panel_##real, .channels = channels_##real,   \
    .windows = windows_##real, .channel_windows = channel_windows_##real, .column_sums = column_sums_##real, \
    .add = add_##real,                                                                                       \
  }

const sp_convolution_kernels SP_KERNELS(sp_convolution_kernels) = {SP_FUNCTIONS(float), SP_FUNCTIONS(double)};
