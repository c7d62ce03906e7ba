// SPDX-License-Identifier: Apache-2.0
// The interface of a layer. To add a layer, add a file in this directory and a line in layer_list.h. A layer is built
// for the shape of one sample, and prepared for each number of rows.
#ifndef SP_MODEL_LAYER_H
#define SP_MODEL_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/shape.h"
#include "compute/compute.h"
#include "compute/elementwise.h"
#include "compute/lane_rows.h"
#include "config/options.h"
#include "model/batch.h"
#include "model/parameters.h"

// A layer has up to four main functions, each called when the following is known:
//
//   build     options and the shape of a sample: check them, set the output shape, declare tensors
//   prepare   the number of rows: prepare products, reserve workspace. Called once for each batch size
//   forward   x: compute y
//   backward  x, y and dy: compute dx and the gradients of its tensors
//
// A pass has the rows of several lanes, in the order of the lanes. What a layer computes for a row depends on that row
// alone. Sums over rows are taken for each lane, in the order of its rows, and then over the lanes of a part of the pass
// in the order of compute/lane_rows.h: the gradient of a tensor is written once for each part (sp_pass_part). So the same
// bits come from any number of ranks. The operations of compute/ that sum over rows take the lanes and need no memory for
// each of them; sp_pass_set_gradient adds sums that a layer has computed for each lane in float64.
//
// Layers pass values in the precision, (rows, sample) row-major, each sample in its shape. Passes allocate no memory: a
// layer keeps intermediate results from forward to backward in workspace that it reserved. A layer frees nothing:
// memory from the builder and the plan is valid as long as the network.
//
// A block is a layer that contains layers: its options have a VARIANTS field of sp_layers, and it builds, prepares and
// runs them through a chain (model/chain.h), with the same plan and the same pass. All layers of a network form one
// sequence, in which a block precedes the layers within it.
//
// Random numbers of a pass are a function of the key that sp_pass_random_key returns, the row and the unit, so that
// every rank draws the same numbers for a row, and backward may draw them again.
//
// A statistic is a tensor that is not trained, such as a running mean: its kind is SP_TENSOR_STATISTIC, and it has a
// momentum. In training, forward writes its "gradient", the sum over the rows of what it observes, for each part; an
// update moves it towards the mean over all rows of the batch (optim/statistics.h). Inference reads it from the parameters.
// Statistics follow all trained tensors in the vector; a layer that must read one in training calls sp_pass_need first.
//
// A layer that needs sums over the whole batch calls sp_pass_reduce, and announces the number of sums of each call when
// it is built (forward_sums, backward_sums). The call returns when all ranks have made it. A pass without other lanes (an
// audit, the search for a value that is not finite, a gradient of the public API) takes its own rows for the batch. Calls
// must not depend on the data, nor on dx being NULL.
//
// How planned kinds of layers fit this interface:
//   recurrent layers       time steps are a dimension of the sample; one layer contains the loop over them, the states
//                          and the sum of the gradients over the time steps.
//   attention              similar: a sample is (positions, width); scores are workspace.

enum {
  SP_LAYER_PARAMETERS = 16,  ///< maximum number of tensors of one layer
  SP_LAYER_DEPTH = 6,        ///< maximum number of blocks within each other
  SP_LAYER_NAME = 80,        ///< bytes of a name, with the names of the blocks around the layer
  SP_LAYER_SUMS = 4          ///< maximum number of sums over lanes in a forward or backward pass of a layer
};

typedef struct sp_builder sp_builder;
typedef struct sp_layer_type sp_layer_type;

/// A tensor of a layer: its declaration, and its position in the parameter vector.
typedef struct sp_parameter {
  const char *name;  ///< "weight"; the tensor is called "<layer>/weight"
  sp_tensor_kind kind;
  sp_shape shape;
  int64_t fan_in, fan_out;     ///< inputs of one output, and outputs of one input: for initialisers
  const sp_selected *initial;  ///< one of sp_initialisers; borrowed
  int64_t first_zero, zeros;   ///< values [first_zero, first_zero + zeros) are 0 initially, whatever the initialiser
  double momentum;             ///< of a statistic: see optim/statistics.h
  int64_t offset, count;       ///< in values of the parameter vector; set when all layers are built
} sp_parameter;

/// A layer of a network.
typedef struct sp_layer {
  const sp_layer_type *type;
  const sp_selected *selected;  ///< its options, and its path for errors
  char name[SP_LAYER_NAME];     ///< unique in the network: "dense_1", within a block "residual_1/dense_1"
  int prefix;                   ///< bytes of the name up to its last '/', which come from the blocks around the layer
  int64_t number;               ///< in the sequence of all layers, from 0; selects its stream of random numbers
  int depth;                    ///< number of blocks that contain it
  sp_shape input, output;       ///< of a sample
  bool view;                    ///< the output is the input in another shape; the layer is not run
  bool has_parameters;          ///< of its own or of a layer within it
  bool reads_data;              ///< the input is that of the network: no layer before it computes anything
  int64_t flops;                ///< of the forward pass of one sample, excluding layers within it
  const sp_parameter *parameter[SP_LAYER_PARAMETERS];  ///< in declaration order
  int parameters;
  int64_t forward_sums[SP_LAYER_SUMS];   ///< n of each call of sp_pass_reduce by forward in training, in order; then 0
  int64_t backward_sums[SP_LAYER_SUMS];  ///< the same of backward
  void *state;                           ///< private to the layer
} sp_layer;

// --- build --------------------------------------------------------------------------------------------------------

/// Set the name of the layer within its block; NULL keeps the default (type and number). Errors: SP_ERR_CONFIG for other
/// characters than letters, digits, _ . -, and for a name that is too long. Uniqueness is checked after build.
sp_status sp_layer_rename(sp_layer *layer, const char *name);

/// Check that the layer's input has one dimension. Errors: SP_ERR_SHAPE, "expected a flat input, got [28, 28]: put a
/// flatten layer before it".
sp_status sp_layer_wants_flat(const sp_layer *layer);

// --- prepare ------------------------------------------------------------------------------------------------------

/// What is prepared for one batch size.
typedef struct sp_plan {
  sp_compute *compute;
  sp_arena *arena;  ///< lives as long as the network
  int64_t rows;     ///< at least 1
  int64_t lanes;    ///< most lanes of a pass
  int64_t bytes;    ///< bytes of workspace reserved so far
} sp_plan;

/// Reserve workspace, which begins on a 64-byte boundary. In a pass, sp_workspace returns the memory for *offset. All
/// batch sizes share the memory, so its contents are lost when a pass ends. Errors: SP_ERR_MEMORY.
sp_status sp_plan_reserve(sp_plan *plan, int64_t bytes, int64_t *offset);
/// The same for `count` elements of `size` bytes for each row, or for `values` values in the precision for each row.
sp_status sp_plan_reserve_rows(sp_plan *plan, int64_t count, size_t size, int64_t *offset);
sp_status sp_plan_reserve_values(sp_plan *plan, int64_t values, int64_t *offset);
/// The same for n float64 sums of each lane.
sp_status sp_plan_reserve_sums(sp_plan *plan, int64_t n, int64_t *offset);

/// A layer prepared for one batch size.
typedef struct sp_stage {
  const sp_layer *layer;
  void *prepared;  ///< the result of the type's `prepare`
} sp_stage;

// --- pass ---------------------------------------------------------------------------------------------------------

/// Observes a pass, to search for the first value that is not finite.
typedef struct sp_pass_observer {
  void (*forward)(void *context, const sp_layer *layer, const void *y);
  void (*backward)(void *context, const sp_layer *layer, const void *dx);  ///< dx NULL: not computed
  void *context;
} sp_pass_observer;

typedef struct sp_pass {
  const sp_compute *compute;
  int64_t rows;
  bool training;
  const int64_t *row;  ///< (rows) global row numbers
  uint64_t seed;
  int64_t step;
  const void *parameters;
  void *gradient;  ///< of the first part; NULL in inference
  const sp_batch_lanes *lanes;
  void *workspace;
  const sp_pass_observer *observer;    ///< NULL: none
  const sp_pass_events *events;        ///< NULL: none, or not reported layer by layer
  const sp_pass_reduction *reduction;  ///< NULL: the rows of the pass are all there are
} sp_pass;

static inline void sp_pass_need(const sp_pass *pass, int64_t end) { sp_pass_events_need(pass->events, end); }

static inline void sp_pass_done(const sp_pass *pass, int64_t begin) { sp_pass_events_done(pass->events, begin); }

/// Compute n sums over all rows of the batch, total (n), whichever lanes and ranks they belong to, from those of each lane of
/// the pass: mine (lanes, n), which are overwritten. In training only. The layer announces its calls in forward_sums and
/// backward_sums, for ranks without rows.
void sp_pass_reduce(const sp_pass *pass, int64_t n, double *mine, double *total);

/// Returns the row at which the rows of a lane of the pass begin.
static inline int64_t sp_pass_lane_begin(const sp_pass *pass, int64_t lane) {
  return lane > 0 ? pass->lanes->end[lane - 1] : 0;
}

/// Returns the first lane of a part, and the lanes of a part with their rows.
static inline int64_t sp_pass_part_begin(const sp_pass *pass, int64_t part) {
  return part > 0 ? pass->lanes->part_end[part - 1] : 0;
}

static inline sp_lane_rows sp_pass_part(const sp_pass *pass, int64_t part) {
  int64_t first = sp_pass_part_begin(pass, part);
  return (sp_lane_rows){pass->lanes->part_end[part] - first, sp_pass_lane_begin(pass, first), pass->lanes->end + first};
}

static inline const void *sp_pass_parameter(const sp_pass *pass, const sp_parameter *parameter) {
  return (const char *)pass->parameters +
         (size_t)parameter->offset * sp_dtype_size(sp_compute_precision(pass->compute));
}

/// Returns the gradient of a tensor in the vector of a part of the pass, from 0.
static inline void *sp_pass_gradient(const sp_pass *pass, int64_t part, const sp_parameter *parameter) {
  return (char *)pass->gradient + part * pass->lanes->stride +
         (size_t)parameter->offset * sp_dtype_size(sp_compute_precision(pass->compute));
}

/// Returns the key of the random numbers of a layer in a pass: a function of the seed, the layer's number and the step.
/// Draw with the row (pass->row[i]) and the unit as counters. Training only: inference draws nothing.
static inline sp_random_key sp_pass_random_key(const sp_pass *pass, const sp_layer *layer) {
  return sp_random_key_make(pass->seed, SP_RANDOM_LAYER, (uint64_t)layer->number << 40 | (uint64_t)pass->step);
}

/// Write the gradient of a tensor in all parts: of each lane factor * its sums (count), in float64, rounded to the precision;
/// then added over the lanes. The sums of a lane begin `step` values behind those of the lane before.
void sp_pass_set_gradient(const sp_pass *pass, const sp_parameter *parameter, double factor, const double *sums,
                          int64_t step);

static inline void *sp_workspace(const sp_pass *pass, int64_t offset) { return (char *)pass->workspace + offset; }

// --- what the file of a layer provides ----------------------------------------------------------------------------

struct sp_layer_type {
  sp_variant about;
  sp_activation activation;  ///< the element-wise function that the layer consists of, or SP_IDENTITY

  /// Check layer->input and the options, set layer->output (and view, flops, state), declare parameters.
  /// Errors: without the path of the layer, which the caller prepends.
  sp_status (*build)(sp_builder *builder, const void *options, sp_layer *layer);

  /// Fuse the activation layer that follows: apply it to the output from now on and return true, or return false. A
  /// fused activation is not run as a layer. NULL: false.
  bool (*fuse)(sp_layer *layer, sp_activation activation);

  /// Check `rows` samples of the data set, before the pass over them, for a layer with `reads_data`. NULL: all values are
  /// accepted. Errors: SP_ERR_DATA without the place; *row is set to the sample, from 0.
  sp_status (*check)(const sp_layer *layer, sp_dtype precision, int64_t rows, const void *x, int64_t *row);

  /// Prepare for plan->rows rows. *prepared is stored in the stage. NULL: nothing to prepare.
  sp_status (*prepare)(sp_plan *plan, const sp_layer *layer, void **prepared);

  /// Compute y (rows, output) from x (rows, input), which do not overlap. In training, write the gradient of every
  /// statistic: the sum over the rows of what is observed.
  void (*forward)(const sp_stage *stage, const sp_pass *pass, const void *x, void *y);

  /// Compute dx (rows, input), unless it is NULL, and the gradient of every trained tensor, summed over the rows of each part;
  /// gradients are overwritten, not added to. The layer may overwrite dy (rows, output), which does not overlap dx.
  void (*backward)(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy, void *dx);
};

static inline const sp_layer_type *sp_layer_type_of(const sp_selected *selected) {
  return (const sp_layer_type *)selected->type;
}

#define SP_LAYER(name) extern const sp_layer_type sp_layer_##name;
#include "model/layer_list.h"
#undef SP_LAYER

extern const sp_variant *const sp_layers[];  ///< the registry: pointers to sp_layer_type, terminated by NULL

#endif
