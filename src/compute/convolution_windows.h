// SPDX-License-Identifier: Apache-2.0
// The windows of a convolution, as tables of offsets for its kernels. Samples are visited in chunks that fit into the cache:
// several samples, or some lines (positions along the first axis) of one. Where windows reach beyond the sample, a chunk is
// copied with zeros around it.
#ifndef SP_COMPUTE_CONVOLUTION_WINDOWS_H
#define SP_COMPUTE_CONVOLUTION_WINDOWS_H

#include "compute/convolution_shape.h"
#include "shardprop/status.h"

/// One axis: tap t of window w reads position start + w * step + t * dilation, which counts as 0 outside of [0, in).
typedef struct sp_window_axis {
  int64_t in, start, step, dilation, taps, windows;
} sp_window_axis;

typedef struct sp_windows {
  sp_window_axis axis[SP_CONVOLUTION_AXES];
  int64_t channels;  ///< of a position of the source
  int64_t kept;      ///< channels of a position that are read at a time
  bool copied;
  int64_t extent[SP_CONVOLUTION_AXES];  ///< of what is read: the copy of a sample, or the sample
  int64_t samples, lines;               ///< of a chunk
  int64_t values;                       ///< of the copy of a chunk; 0 if it is not copied
  int64_t *window;                      ///< for each window of a chunk, in row-major order: its offset in values
  int64_t *tap;                         ///< for each tap, in row-major order: its offset in a window
} sp_windows;

/// A chunk: lines [line, line + lines) of samples [sample, sample + samples).
typedef struct sp_chunk {
  int64_t sample, samples, line, lines;
} sp_chunk;

/// What is read after a chunk.
typedef struct sp_ahead {
  const char *from;
  int64_t bytes;
} sp_ahead;

/// Prepare the windows over samples (…, channels) of values of `size` bytes, of which `kept` channels are read at a time.
/// `results` is the number of values that are computed for each window. Freed with sp_windows_free, also after an error.
/// Errors: SP_ERR_MEMORY.
sp_status sp_windows_create(const sp_window_axis axis[SP_CONVOLUTION_AXES], int64_t channels, int64_t kept,
                            int64_t results, size_t size, sp_windows *out);
void sp_windows_free(sp_windows *windows);

/// Returns the number of taps, and of windows of one line.
int64_t sp_windows_taps(const sp_windows *windows);
int64_t sp_windows_of_line(const sp_windows *windows);

/// Set *chunk to the chunk after it among samples [begin, end), in order, or to the first one if chunk->samples is 0. Returns
/// false if there is none.
bool sp_windows_next(const sp_windows *windows, int64_t begin, int64_t end, sp_chunk *chunk);

/// Returns what the offsets of the windows of a chunk refer to, for channels from `channel` on: within x, or `copy`, memory
/// for windows->values values, into which it copies. At most windows->kept channels are copied, and none beyond the last.
const void *sp_windows_read(const sp_windows *windows, const sp_chunk *chunk, int64_t channel, size_t size,
                            const void *x, void *copy);

/// Returns what the next chunk will read of x, about.
sp_ahead sp_windows_ahead(const sp_windows *windows, const sp_chunk *chunk, size_t size, const void *x);

#endif
