// SPDX-License-Identifier: Apache-2.0
// The inner loops of convolutions, for each instruction set (compute/cpu.h). They find values through tables of offsets, so
// that they know neither axes nor strides nor padding: window i begins at value in[i], and term (run, j) of every window is
// the value at run.offset + j behind that. All offsets count values.
#ifndef SP_COMPUTE_CONVOLUTION_KERNELS_H
#define SP_COMPUTE_CONVOLUTION_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

enum { SP_LINE_BYTES = 64 };  ///< of the cache

/// Consecutive terms of a sum that are adjacent in memory.
typedef struct sp_term_run {
  int64_t offset, length;
} sp_term_run;

/// One block of terms of a panel of columns, for some windows: y[out[i]][j] = the sum over the terms of x w, j < columns. The
/// result is stored if `first`, otherwise added to y; after that the bias, unless it is NULL, is added.
typedef struct sp_panel_block {
  int64_t windows;
  const int64_t *in, *out;
  const sp_term_run *run;
  const int64_t *term;  ///< the offset of each term, where runs are short; otherwise NULL
  int64_t runs, terms, columns;
  bool first;
  const void *ahead;  ///< what will be read next, or NULL: ahead_step bytes of it are fetched with each window
  int64_t ahead_step;
} sp_panel_block;

/// A part of a block of a sum over windows, for all rows of terms: sum[r][j] over the windows i of x[in[i] + row[r]] times
/// dy[i * step + j], j < columns, a multiple of the width of a vector. The chain of the block is continued from `chain`
/// unless it begins; where it ends it is stored in `sum` (if it is the first block) or added to it, otherwise stored in
/// `chain`. Rows of both are `row_step` apart.
typedef struct sp_window_block {
  int64_t windows, step;
  const int64_t *in, *row;
  int64_t rows, columns, row_step;
  bool begins, ends, first;
  const void *ahead[2];   ///< what will be read next of dy and of x
  int64_t ahead_step[2];  ///< bytes of each that are fetched with each row of sums
} sp_window_block;

/// The functions of one precision, for float or double.
typedef struct sp_convolution_functions {
  int64_t width;  ///< values of a vector; a panel has one or two vectors of columns
  /// Store terms [first, first + terms) of `columns` columns for a panel of `padded` columns, (terms, padded), with zeros
  /// behind the columns. Value (term, column) is read from w[term * term_step + column * column_step].
  void (*pack)(int64_t terms, int64_t term_step, int64_t columns, int64_t column_step, int64_t padded, const void *w,
               void *packed);
  void (*panel)(const sp_panel_block *block, const void *x, const void *packed, const void *bias, void *y);
  /// The same where each column has a channel of its own: x and w (terms, step) are read at the column.
  void (*channels)(const sp_panel_block *block, int64_t step, const void *x, const void *w, const void *bias, void *y);
  void (*windows)(const sp_window_block *block, const void *x, const void *dy, void *chain, void *sum);
  /// The same where each column has a channel of its own: x is read at the column; any number of columns.
  void (*channel_windows)(const sp_window_block *block, const void *x, const void *dy, void *chain, void *sum);
  /// The same with a single row and 1 for x: sums of columns, any number of them.
  void (*column_sums)(const sp_window_block *block, const void *dy, void *chain, void *sum);
  /// into += from.
  void (*add)(int64_t n, void *into, const void *from);
} sp_convolution_functions;

typedef struct sp_convolution_kernels {
  sp_convolution_functions single, wide;  ///< float, double
} sp_convolution_kernels;

#define SP_CPU(name) extern const sp_convolution_kernels sp_convolution_kernels_##name;
#include "compute/cpu_list.h"
#undef SP_CPU

#endif
