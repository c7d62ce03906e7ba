// SPDX-License-Identifier: Apache-2.0
// The struct of a network, and the table of functions that each kind of network provides.
#ifndef SP_MODEL_NETWORK_KIND_H
#define SP_MODEL_NETWORK_KIND_H

#include "base/memory.h"
#include "base/text.h"
#include "compute/compute.h"
#include "data/column_form.h"
#include "model/batch.h"
#include "model/model_options.h"
#include "model/parameters.h"
#include "model/scoring.h"

typedef struct sp_network_kind sp_network_kind;

/// Members that networks of all kinds have. The `build` of the kind sets `state` and what follows.
struct sp_network {
  const sp_network_kind *kind;
  sp_arena *arena;
  sp_compute *compute;
  sp_dtype precision;
  void *state;  ///< private to the kind
  sp_parameter_table table;
  bool in_order;         ///< passes report events layer by layer; else the network reports them all at once
  bool each_lane;        ///< sp_network_needs_each_lane
  int64_t lanes;         ///< most lanes of a pass
  int64_t *reduced;      ///< number of values of each sum over lanes in a training pass, in order
  int64_t reductions;    ///< number of them
  int64_t most_reduced;  ///< the largest; 0: none
  double *nothing;  ///< (lanes, most_reduced) zeros that a rank without rows contributes, and (most_reduced) totals
  const sp_shape *output;  ///< of a row; NULL: no predictions
  sp_column_use use[SP_MAX_COLUMNS];
  int input;          ///< column: sp_network_input
  bool checks_input;  ///< the layers do not accept all values of the input
  sp_scoring scoring;
  int64_t flops, gradient_flops;  ///< of one sample
};

/// A kind of network. The functions are described in network.h; none is called with a batch of 0 rows. A batch always has
/// lanes, and at most `lanes` of them in a training pass.
struct sp_network_kind {
  sp_status (*build)(struct sp_network *network, const sp_model_options *options, const sp_data_form *data);
  void (*free)(struct sp_network *network);  ///< frees the state, which is NULL when build failed early
  sp_status (*initialise)(const struct sp_network *network, uint64_t seed, void *parameters);  ///< parameters is zeroed
  int64_t (*set_zeros)(const struct sp_network *network, void *parameters);  ///< NULL: no tensor has such values
  sp_status (*prepare)(struct sp_network *network, int64_t rows);
  sp_status (*check_input)(const struct sp_network *network, const sp_batch *batch, int64_t *row);
  /// Reports `done` with the end of the vector when the backward pass begins, and all other events if `in_order`.
  void (*gradient)(struct sp_network *network, const sp_batch *batch, const void *parameters, void *gradient,
                   double *sums);
  void (*evaluate)(struct sp_network *network, const sp_batch *batch, const void *parameters, void *output,
                   double *sums);
  /// `message` is empty, and remains empty when all values are finite.
  void (*find_nonfinite)(struct sp_network *network, const sp_batch *batch, const void *parameters, void *gradient,
                         char message[512]);
  void (*summary)(const struct sp_network *network, sp_text *out);
};

enum { SP_SUMMARY_WIDTH = 24 };  ///< of the column with the names, unless one of them is longer

/// Append a line to a summary, with the name in a column of `width`. parameters 0: "-".
static inline void sp_network_summary_line(sp_text *out, int width, const char *name, const sp_shape *shape,
                                           int64_t parameters) {
  char text[200], count[32];
  sp_text_add(out, "%-*s  %-20s %14s\n", width, name, sp_shape_text(shape, text),
              parameters ? sp_text_count(parameters, count) : "-");
}
#endif
