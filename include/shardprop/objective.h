// SPDX-License-Identifier: Apache-2.0
// A function of one's own that shardprop makes small: a plug-in, which is a shared object with one exported table.
// Public, for C and C++. Includes nothing of shardprop; a plug-in links with nothing of it either.
//
//   model:
//     objective: {library: ./my.so, options: {start: 364}}
//
// The trainer adds what it always has: lanes, sharding, checkpoints, resume, schedules, reports. Its promise of the same
// bits holds for a function that keeps to the rules below. `shardprop check-objective CONFIG` checks most of them.
//
//   - What is returned depends on nothing but the arguments: no generator, no clock, no memory of calls before.
//   - Losses, gradients and scores are sums over the rows of a call, not means: the rows of a batch are shared out to
//     lanes, which may lie on several processes, and what they give is added up. The update divides by the rows.
//   - A loss or gradient that has no value is NaN: the step is then found not to be finite, and the tensor is named.
//
// When a function of a plug-in crashes, the program names it and the library, and ends as of any crash, with 128 and the
// signal's number; the launcher ends the other ranks. A program of one's own keeps its signals to itself.
#ifndef SHARDPROP_OBJECTIVE_H
#define SHARDPROP_OBJECTIVE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Grows when a table of before would not be understood any more. Stands in the table's first member.
#define SP_OBJECTIVE_ABI 1

enum {
  SP_OBJECTIVE_RANK = 8,    ///< dimensions of a tensor, at most
  SP_OBJECTIVE_NAME = 64,   ///< bytes of a tensor's name, with the NUL
  SP_OBJECTIVE_SCORES = 15  ///< at most
};

/// What an option takes, and the member of sp_objective_value that holds it.
typedef enum sp_objective_kind {
  SP_OBJECTIVE_NUMBER,   ///< number: any finite number
  SP_OBJECTIVE_INTEGER,  ///< integer
  SP_OBJECTIVE_TEXT      ///< text
} sp_objective_kind;

/// One option of `options: {…}`. A table of them ends with a row whose name is NULL.
typedef struct sp_objective_option {
  const char *name;
  sp_objective_kind kind;
  const char *preset;  ///< default, as it would stand in YAML: "364", "''"; NULL: must be given
  const char *range;   ///< of a number or integer: "[0, 1)", "(0, inf)"; NULL: any
  const char *help;    ///< one line
} sp_objective_option;

typedef union sp_objective_value {
  double number;
  int64_t integer;
  const char *text;
} sp_objective_value;

/// What is known when a run begins. Borrowed for the call, but for `options`, which live until `close`.
typedef struct sp_objective_setup {
  const sp_objective_value *options;  ///< one for each row of the option table, in its order
  int bits;                           ///< 32 or 64: the precision of the run
  int64_t feature_values;             ///< of a row; 0: the run has no data
  int64_t target_values;              ///< of a row; 0: the run has no data
  char *message;                      ///< (message_size): why `open` failed, for people
  size_t message_size;
} sp_objective_setup;

/// A tensor of parameters. Several make up the parameter vector, in their order; each is row-major.
typedef struct sp_objective_tensor {
  char name
      [SP_OBJECTIVE_NAME];  ///< letters, digits, _ . -, the first not . or -; unique. Reports say "<objective>/<name>"
  int rank;                 ///< 0: a single value
  int64_t extent[SP_OBJECTIVE_RANK];
} sp_objective_tensor;

/// The rows of a call. Borrowed for the call.
typedef struct sp_objective_batch {
  int64_t rows;          ///< at least 1
  const int64_t *row;    ///< (rows): their numbers in the data set, or from 0 below data.rows
  const void *features;  ///< (rows, feature_values) float or double, as the precision is; NULL without data
  const void *targets;   ///< (rows, target_values) the same; class numbers are values here
  uint64_t seed;         ///< of the run, for functions that draw numbers: from (seed, step, row) and nothing else
  int64_t step;          ///< of the update this batch makes, from 0; 0 in an evaluation
} sp_objective_batch;

/// A score beside the loss: a sum over rows that is shown divided by their number. A table ends with a NULL name.
typedef struct sp_objective_score {
  const char *name;
  int higher_is_better;  ///< 0: lower is
} sp_objective_score;

/// Write the sums over the rows of the loss and of the scores, and the gradient of the first of them.
///     sums[0] = sum over rows of loss(row; p),   sums[i] = that of score i,   gradient[t] = d sums[0] / d parameters[t]
/// Shapes:    parameters, gradient: a pointer for each tensor, to as many values as it has; sums: 1 + scores.
/// gradient:  NULL when only the sums are wanted; else zeros, to be written or added to. Nothing beside the tensors may be
///            written: what lies there belongs to others.
/// Same bits: depends on the arguments only. Called on one thread of a process at a time; may be called in any order.
/// Ownership: borrows all. Errors: none; NaN in sums[0] or a gradient says that there is no value.
typedef void sp_objective_float32(void *state, const sp_objective_batch *batch, const float *const *parameters,
                                  float *const *gradient, double *sums);
typedef void sp_objective_float64(void *state, const sp_objective_batch *batch, const double *const *parameters,
                                  double *const *gradient, double *sums);

/// The table that a plug-in exports. What it points to is constant, and lives as long as the library is loaded.
typedef struct sp_objective {
  uint32_t abi;      ///< SP_OBJECTIVE_ABI
  const char *name;  ///< as a tensor's, up to 31 bytes
  const char *help;  ///< one line

  const sp_objective_option *options;  ///< NULL: none
  const sp_objective_score *scores;    ///< NULL: none

  /// Begin: check options and data, make what is needed. Returns 0, or anything else with setup->message written.
  /// NULL: the state is setup->options themselves. Called once for each network that is built.
  int (*open)(const sp_objective_setup *setup, void **state);
  void (*close)(void *state);  ///< give back what open made; NULL: nothing. Not called when open failed

  int64_t (*tensors)(const void *state);                                       ///< how many there are, at least 1
  void (*tensor)(const void *state, int64_t index, sp_objective_tensor *out);  ///< one of them; out is zeroed
  /// The initial values of a tensor into values, which are zeros: a pure function of state, index and seed.
  void (*initial)(const void *state, int64_t index, uint64_t seed, double *values);

  sp_objective_float32 *loss_and_gradient_float32;  ///< NULL: not in this precision (but then the other)
  sp_objective_float64 *loss_and_gradient_float64;
} sp_objective;

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
extern const sp_objective shardprop_objective;  ///< to be defined by the plug-in

#ifdef __cplusplus
}
#endif

#endif
