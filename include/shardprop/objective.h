// SPDX-License-Identifier: Apache-2.0
// Plug-in interface for user-defined objective functions, which shardprop minimises. A plug-in is a shared object that
// exports one table, shardprop_objective.
// Public, for C and C++. Includes no other header of shardprop, and a plug-in does not link with shardprop.
//
//   model:
//     objective: {library: ./my.so, options: {start: 364}}
//
// The trainer provides lanes, sharding, checkpoints, resume, schedules and reports, as for networks. Results have the
// same bits on any number of ranks if the functions follow the rules below. `shardprop check-objective CONFIG` checks
// most of them.
//
//   - Results depend on the arguments only: not on a random generator, a clock or earlier calls.
//   - Losses, gradients and scores are sums over the rows of a call, not means. The rows of a batch are divided among
//     lanes, which may run in several processes, and the results are added. The update divides by the number of rows.
//   - A loss or gradient that is undefined is NaN. The step is then reported as not finite, naming the tensor.
//
// When a function of a plug-in crashes, the program reports the function and the library and exits with 128 plus the
// signal number, as for any crash; the launcher terminates the other ranks. A program that embeds shardprop keeps its
// own signal handlers.
#ifndef SHARDPROP_OBJECTIVE_H
#define SHARDPROP_OBJECTIVE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Version of the interface, stored in the first member of the table. Increases with every incompatible change.
#define SP_OBJECTIVE_ABI 2

enum {
  SP_OBJECTIVE_RANK = 8,    ///< maximum number of dimensions of a tensor
  SP_OBJECTIVE_NAME = 64,   ///< bytes of a tensor's name, including the NUL
  SP_OBJECTIVE_SCORES = 15  ///< maximum number of scores
};

/// The type of an option, and the member of sp_objective_value that holds its value.
typedef enum sp_objective_kind {
  SP_OBJECTIVE_NUMBER,   ///< number: any finite number
  SP_OBJECTIVE_INTEGER,  ///< integer
  SP_OBJECTIVE_TEXT      ///< text
} sp_objective_kind;

/// One option of `options: {…}`. A table of options ends with a row whose name is NULL.
typedef struct sp_objective_option {
  const char *name;
  sp_objective_kind kind;
  const char *preset;  ///< default, as written in YAML: "364", "''"; NULL: the option is required
  const char *range;   ///< interval of a number or integer: "[0, 1)", "(0, inf)"; NULL: any value
  const char *help;    ///< one line
} sp_objective_option;

typedef union sp_objective_value {
  double number;
  int64_t integer;
  const char *text;
} sp_objective_value;

/// A column of the data, after its transforms.
typedef struct sp_objective_column {
  const char *name;  ///< "features"
  int64_t values;    ///< values in a row; 0: these rows lack the column
} sp_objective_column;

/// What is known when a run begins. Valid during the call, except `options` and `column`, which remain valid until
/// `close`.
typedef struct sp_objective_setup {
  const sp_objective_value *options;  ///< one value for each row of the option table, in order
  int bits;                           ///< 32 or 64: the precision of the run
  int columns;                        ///< number of columns; 0: the run has no data
  /// (columns): features, targets, then the others in the order of data.train.columns.
  const sp_objective_column *column;
  char *message;  ///< (message_size): the reason, for the user, when `open` fails
  size_t message_size;
} sp_objective_setup;

/// Returns the index of a column, in `setup->column` and in the `column` of each batch, or -1 if these rows lack it.
static inline int sp_objective_find(const sp_objective_setup *setup, const char *name) {
  for (int c = 0; c < setup->columns; c++) {
    if (strcmp(setup->column[c].name, name) == 0) return setup->column[c].values > 0 ? c : -1;
  }
  return -1;
}

/// A tensor of parameters. The parameter vector consists of the tensors in order; each is row-major.
typedef struct sp_objective_tensor {
  char name
      [SP_OBJECTIVE_NAME];  ///< unique; letters, digits, _ . -, the first not . or -; reported as "<objective>/<name>"
  int rank;                 ///< 0: a single value
  int64_t extent[SP_OBJECTIVE_RANK];
} sp_objective_tensor;

/// The rows of a call. Valid during the call.
typedef struct sp_objective_batch {
  int64_t rows;        ///< at least 1
  const int64_t *row;  ///< (rows): row numbers in the data set, or from 0 to data.rows - 1
  /// (columns), in the order of the setup: of each (rows, values) float or double, according to the precision; NULL for a
  /// column that these rows lack. Integers and class numbers are given as values.
  const void *const *column;
  uint64_t seed;  ///< of the run; random numbers must be a function of (seed, step, row) only
  int64_t step;   ///< number of the update that uses this batch, from 0; 0 in an evaluation
} sp_objective_batch;

/// A score in addition to the loss: a sum over rows, reported divided by the number of rows. A table of scores ends
/// with a row whose name is NULL.
typedef struct sp_objective_score {
  const char *name;
  int higher_is_better;  ///< 0: lower is better
} sp_objective_score;

/// Compute the sums of the loss and of the scores over the rows, and the gradient of the loss.
///     sums[0] = sum over rows of loss(row; p),   sums[i] = the same of score i,   gradient[t] = d sums[0] / d
///     parameters[t]
/// Shapes:    parameters, gradient: one pointer for each tensor, to its values; sums: (1 + scores).
/// gradient:  NULL when only the sums are needed; otherwise zeros, which the function overwrites or adds to. It must
///            not write outside the tensors.
/// Same bits: results must depend on the arguments only. Called by one thread of a process at a time, in any order.
/// Ownership: borrows all. Errors: none; NaN in sums[0] or a gradient means that the value is undefined.
typedef void sp_objective_float32(void *state, const sp_objective_batch *batch, const float *const *parameters,
                                  float *const *gradient, double *sums);
typedef void sp_objective_float64(void *state, const sp_objective_batch *batch, const double *const *parameters,
                                  double *const *gradient, double *sums);

/// The table that a plug-in exports. Everything it points to is constant and valid while the library is loaded.
typedef struct sp_objective {
  uint32_t abi;      ///< SP_OBJECTIVE_ABI
  const char *name;  ///< characters as in a tensor's name; up to 31 bytes
  const char *help;  ///< one line

  const sp_objective_option *options;  ///< NULL: none
  const sp_objective_score *scores;    ///< NULL: none

  /// Check options and data, and create the state. Returns 0, or another value and a reason in setup->message. Called
  /// once for each network that is built. NULL: the state is setup->options.
  int (*open)(const sp_objective_setup *setup, void **state);
  void (*close)(void *state);  ///< frees the state; may be NULL. Not called when open failed

  int64_t (*tensors)(const void *state);                                       ///< number of tensors, at least 1
  void (*tensor)(const void *state, int64_t index, sp_objective_tensor *out);  ///< describes one tensor; out is zeroed
  /// Write the initial values of a tensor, a pure function of state, index and seed. `values` is zeroed.
  void (*initial)(const void *state, int64_t index, uint64_t seed, double *values);

  sp_objective_float32 *loss_and_gradient_float32;  ///< NULL: precision not supported; one of the two is required
  sp_objective_float64 *loss_and_gradient_float64;
} sp_objective;

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
extern const sp_objective shardprop_objective;  ///< defined by the plug-in

#ifdef __cplusplus
}
#endif

#endif
