// SPDX-License-Identifier: Apache-2.0
// The interface of a layer. A new layer takes a file in this directory, and a line in layer_list.h.
// A layer knows the shape of one sample; how many rows there are it learns when a batch size is prepared.
#ifndef SP_MODEL_LAYER_H
#define SP_MODEL_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "base/memory.h"
#include "base/shape.h"
#include "compute/compute.h"
#include "compute/elementwise.h"
#include "config/options.h"
#include "model/batch.h"
#include "model/parameters.h"

// A layer lives through four stages, each with what is known by then:
//
//   build     options and the shape of a sample: checks, states its output shape, declares its tensors
//   prepare   a number of rows: prepares products, reserves workspace. Once for each batch size
//   forward   y from x
//   backward  dx, and the gradients of its tensors, from x, y and dy
//
// Between layers go values in the precision, (rows, sample) row-major, each sample in its shape. Passes allocate
// nothing: what a layer keeps from forward to backward lies in workspace that it reserved. Nothing is freed by a layer:
// what it allocates through builder and plan lives as long as the network.
//
// How the kinds of layers to come fit in:
//   convolution, pooling   sample shapes of any rank (height, width, channels); reordered weights and the places of
//                          maxima are workspace; the products are further operations of compute/.
//   batch normalisation    running mean and variance are tensors of kind SP_TENSOR_STATISTIC. A training pass
//                          normalises with the statistics of the lane's own rows, and writes rows times each into
//                          their gradient, so that the sum over lanes divided by the rows is their mean; inference
//                          reads them from the parameters. `pass->training` tells which.
//   layer normalisation    mean and deviation of each row are workspace.
//   dropout                draws from sp_random_bits with the key of (pass->seed, SP_RANDOM_LAYER, layer->number and
//                          pass->step) and the counter (unit, pass->row[i]): whoever hosts a row drops the same units,
//                          and backward draws them again. In inference it does nothing.
//   embedding              reads its input as whole numbers (exact up to 2^24 in float32; build refuses more), writes
//                          NaN for one that it does not have, and zeros to dx when it is asked for it.
//   recurrent layers       the steps are a dimension of the sample; the loop over them, the states and the sum of the
//                          gradients over the steps are within one layer.
//   attention              the same: a sample is (positions, width), scores are workspace.
//   blocks                 `residual: [ … ]`, `repeat: {times, layers}`: the option table has a VARIANTS field of
//                          sp_layers, and the layer consists of chains (model/chain.h), which build, prepare and run
//                          the layers within. All layers of a network are listed in one sequence, with their depth.

enum { SP_LAYER_PARAMETERS = 16 };  ///< at most, of one layer

typedef struct sp_builder sp_builder;
typedef struct sp_layer_type sp_layer_type;

/// A tensor of a layer: what was declared, and where it came to lie.
typedef struct sp_parameter {
  const char *name;  ///< "weight"; the tensor is called "<layer>/weight"
  sp_tensor_kind kind;
  sp_shape shape;
  int64_t fan_in, fan_out;     ///< how many inputs feed one of its outputs, and the reverse: for initialisers
  const sp_selected *initial;  ///< one of sp_initialisers; borrowed
  int64_t offset, count;       ///< in values of the parameter vector; set when all layers are built
} sp_parameter;

/// A layer of a network.
typedef struct sp_layer {
  const sp_layer_type *type;
  const sp_selected *selected;  ///< its options, and its path for errors
  char name[64];                ///< unique in the network: "dense_1"
  int64_t number;               ///< in the sequence of all layers, from 0: a stream of random numbers of its own
  int depth;                    ///< 0, or in how many blocks it lies
  sp_shape input, output;       ///< of a sample
  bool view;                    ///< its output is its input, read in another shape: nothing is run
  bool has_parameters;          ///< it, or a layer within it
  int64_t flops;                ///< of the forward pass of one sample, without those of layers within it
  const sp_parameter *parameter[SP_LAYER_PARAMETERS];  ///< in the order of their declaration
  int parameters;
  void *state;  ///< of its own
} sp_layer;

// --- build --------------------------------------------------------------------------------------------------------

/// Give the layer a name in place of the default (type and number); NULL leaves that.
/// Errors: SP_ERR_CONFIG for anything but letters, digits, _ . -. That names are unique is checked after build.
sp_status sp_layer_rename(sp_layer *layer, const char *name);

/// "expected a flat input, got [28, 28]: put a flatten layer before it" unless the layer's input has one dimension.
sp_status sp_layer_wants_flat(const sp_layer *layer);

// --- prepare ------------------------------------------------------------------------------------------------------

/// What one batch size needs.
typedef struct sp_plan {
  sp_compute *compute;
  sp_arena *arena;  ///< lives as long as the network
  int64_t rows;     ///< at least 1
  int64_t bytes;    ///< of workspace, so far
} sp_plan;

/// Reserve workspace for rows * values_per_row values; *offset is what sp_workspace turns into memory in a pass.
/// The batch sizes share the memory: nothing in it lasts longer than a pass. Errors: SP_ERR_MEMORY.
sp_status sp_plan_reserve(sp_plan *plan, int64_t values_per_row, int64_t *offset);

/// A layer as it is prepared for one batch size.
typedef struct sp_stage {
  const sp_layer *layer;
  void *prepared;  ///< what the type's prepare made
} sp_stage;

// --- pass ---------------------------------------------------------------------------------------------------------

/// What looks on when somebody searches for the first value that is not finite.
typedef struct sp_pass_observer {
  void (*forward)(void *context, const sp_layer *layer, const void *y);
  void (*backward)(void *context, const sp_layer *layer, const void *dx);  ///< dx NULL: was not asked for
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
  void *gradient;  ///< NULL in inference
  void *workspace;
  const sp_pass_observer *observer;  ///< NULL: none
  const sp_pass_events *events;      ///< NULL: none, or not layer by layer
} sp_pass;

static inline void sp_pass_need(const sp_pass *pass, int64_t end) { sp_pass_events_need(pass->events, end); }

static inline void sp_pass_done(const sp_pass *pass, int64_t begin) { sp_pass_events_done(pass->events, begin); }

static inline const void *sp_pass_parameter(const sp_pass *pass, const sp_parameter *parameter) {
  return (const char *)pass->parameters +
         (size_t)parameter->offset * sp_dtype_size(sp_compute_precision(pass->compute));
}

static inline void *sp_pass_gradient(const sp_pass *pass, const sp_parameter *parameter) {
  return (char *)pass->gradient + (size_t)parameter->offset * sp_dtype_size(sp_compute_precision(pass->compute));
}

static inline void *sp_workspace(const sp_pass *pass, int64_t offset) { return (char *)pass->workspace + offset; }

// --- what a file brings -------------------------------------------------------------------------------------------

struct sp_layer_type {
  sp_variant about;
  sp_activation activation;  ///< SP_IDENTITY unless the layer is this element-wise function and nothing else

  /// Check layer->input and the options, set layer->output (and view, flops, state), declare parameters.
  /// Errors: without the layer's path, which is put before them.
  sp_status (*build)(sp_builder *builder, const void *options, sp_layer *layer);

  /// The layer that follows is an activation: apply it to the output from now on, or return false. NULL: false.
  /// What is applied so is no longer run as a layer.
  bool (*fuse)(sp_layer *layer, sp_activation activation);

  /// Prepare for plan->rows rows; *prepared comes back in the stage. NULL: nothing to prepare.
  sp_status (*prepare)(sp_plan *plan, const sp_layer *layer, void **prepared);

  /// y (rows, output) from x (rows, input). They do not overlap.
  void (*forward)(const sp_stage *stage, const sp_pass *pass, const void *x, void *y);

  /// dx (rows, input), unless it is NULL, and the gradient of every tensor, written and not added to: the sums over the
  /// rows. dy (rows, output) is the layer's to overwrite; it and dx do not overlap.
  void (*backward)(const sp_stage *stage, const sp_pass *pass, const void *x, const void *y, void *dy, void *dx);
};

static inline const sp_layer_type *sp_layer_type_of(const sp_selected *selected) {
  return (const sp_layer_type *)selected->type;
}

#define SP_LAYER(name) extern const sp_layer_type sp_layer_##name;
#include "model/layer_list.h"
#undef SP_LAYER

extern const sp_variant *const sp_layers[];  ///< the registry: each is an sp_layer_type, NULL ends it

#endif
