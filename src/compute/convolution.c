// SPDX-License-Identifier: Apache-2.0
// Convolutions as sweeps of windows. The outputs are one sweep over x. The gradient of the input is a sweep over dy for each
// residue of its position modulo the strides, with the kernel positions that reach it in reverse.
#include "compute/convolution.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/convolution_gradient.h"
#include "compute/convolution_sweep.h"
#include "compute/cpu.h"
#include "compute/engine.h"

struct sp_convolution {
  sp_operation operation;
  const sp_compute *compute;
  sp_convolution_shape shape;
  sp_sweep output;
  sp_sweep *input;  // those with windows and taps
  int64_t inputs;
  bool untouched;  // no kernel position reaches some values of x: their gradient is 0
  sp_weight_gradient weights;
};

static const sp_convolution_kernels *const kernels[] = {
#define SP_CPU(name) &sp_convolution_kernels_##name,
#include "compute/cpu_list.h"
#undef SP_CPU
};

static void convolution_free(sp_operation *operation) {
  sp_convolution *c = (sp_convolution *)operation;
  sp_sweep_free(&c->output);
  for (int64_t i = 0; i < c->inputs; i++) sp_sweep_free(&c->input[i]);
  free(c->input);
  sp_weight_gradient_free(&c->weights);
  free(c);
}

// --- sweeps -------------------------------------------------------------------------------------------------------

static sp_sweep_shape output_shape(const sp_convolution_shape *s) {
  const int64_t terms = s->channels / s->groups, columns = s->filters / s->groups;
  sp_sweep_shape sweep = {.groups = s->groups,
                          .terms = terms,
                          .columns = columns,
                          .tap_step = terms * s->filters,
                          .term_step = s->filters,
                          .column_step = 1,
                          .group_step = columns};
  for (int i = 0; i < SP_CONVOLUTION_AXES; i++) {
    sweep.kernel[i] = s->kernel[i];
    sweep.axis[i] = (sp_sweep_axis){.window = {.in = s->in[i],
                                               .start = -s->before[i],
                                               .step = s->stride[i],
                                               .dilation = s->dilation[i],
                                               .taps = s->kernel[i],
                                               .windows = s->out[i]},
                                    .kernel_step = 1,
                                    .place_step = 1,
                                    .place_extent = s->out[i]};
  }
  return sweep;
}

static int64_t common_divisor(int64_t a, int64_t b) { return b == 0 ? a : common_divisor(b, a % b); }

/// The positions `residue`, residue + stride, … of x along one axis. Kernel position k reaches them if residue + before - k *
/// dilation is a multiple of the stride. These k, if there are any, are stride / divisor apart; the last of them comes first.
static sp_sweep_axis input_axis(const sp_convolution_shape *s, int axis, int64_t residue) {
  const int64_t stride = s->stride[axis], dilation = s->dilation[axis], base = residue + s->before[axis];
  const int64_t divisor = common_divisor(stride, dilation), every = stride / divisor;
  sp_sweep_axis a = {.window = {.in = s->out[axis], .step = 1, .dilation = dilation / divisor},
                     .kernel_step = -every,
                     .place = residue,
                     .place_step = stride,
                     .place_extent = s->in[axis]};
  a.window.windows = (s->in[axis] - 1 - residue) / stride + 1;
  int64_t first = 0;
  while (first < every && (base - first * dilation) % stride != 0) first++;
  if (first == every || first >= s->kernel[axis]) return a;
  a.window.taps = (s->kernel[axis] - 1 - first) / every + 1;
  a.kernel = first + (a.window.taps - 1) * every;
  a.window.start = (base - a.kernel * dilation) / stride;
  return a;
}

/// Returns the number of residues of positions along an axis.
static int64_t residues(const sp_convolution_shape *s, int axis) {
  return s->stride[axis] < s->in[axis] ? s->stride[axis] : s->in[axis];
}

static sp_sweep_shape input_shape(const sp_convolution_shape *s, int64_t index) {
  const int64_t terms = s->filters / s->groups, columns = s->channels / s->groups;
  sp_sweep_shape sweep = {.groups = s->groups,
                          .terms = terms,
                          .columns = columns,
                          .tap_step = columns * s->filters,
                          .term_step = 1,
                          .column_step = s->filters,
                          .group_step = terms};
  for (int i = SP_CONVOLUTION_AXES - 1; i >= 0; i--) {
    sweep.kernel[i] = s->kernel[i];
    sweep.axis[i] = input_axis(s, i, index % residues(s, i));
    index /= residues(s, i);
  }
  return sweep;
}

// --- prepare ------------------------------------------------------------------------------------------------------

static bool same_shape(const sp_convolution_shape *a, const sp_convolution_shape *b) {
  bool same = a->channels == b->channels && a->filters == b->filters && a->groups == b->groups && a->bias == b->bias &&
              a->activation == b->activation;
  for (int i = 0; i < SP_CONVOLUTION_AXES; i++) {
    same &= a->in[i] == b->in[i] && a->out[i] == b->out[i] && a->kernel[i] == b->kernel[i] &&
            a->stride[i] == b->stride[i] && a->dilation[i] == b->dilation[i] && a->before[i] == b->before[i];
  }
  return same;
}

static const sp_convolution *find(const sp_compute *compute, const sp_convolution_shape *shape) {
  for (const sp_operation *known = compute->operations; known; known = known->next) {
    const sp_convolution *convolution = (const sp_convolution *)known;
    if (known->free == convolution_free && same_shape(&convolution->shape, shape)) return convolution;
  }
  return NULL;
}

static sp_status reserve(sp_compute *compute, int64_t bytes) {
  if (bytes <= compute->scratch_bytes) return SP_OK;
  void *larger;
  SP_TRY(sp_allocate(bytes, 1, "scratch memory of convolutions", &larger));
  free(compute->scratch);
  compute->scratch = larger;
  compute->scratch_bytes = bytes;
  return SP_OK;
}

static sp_status prepare_inputs(sp_convolution *c, const sp_convolution_functions *functions, size_t size) {
  const sp_convolution_shape *s = &c->shape;
  const int64_t sweeps = residues(s, 0) * residues(s, 1) * residues(s, 2);
  SP_TRY(sp_allocate(sweeps, sizeof *c->input, "convolution", &c->input));
  for (int64_t i = 0; i < sweeps; i++) {
    const sp_sweep_shape sweep = input_shape(s, i);
    bool taps = true;
    for (int j = 0; j < SP_CONVOLUTION_AXES; j++) taps &= sweep.axis[j].window.taps > 0;
    if (!taps) c->untouched = true;
    if (taps) SP_TRY(sp_sweep_create(&sweep, functions, size, &c->input[c->inputs++]));
  }
  return SP_OK;
}

static sp_status prepare(sp_compute *compute, sp_convolution *c) {
  const bool single = compute->arithmetic.precision == SP_FLOAT32;
  const sp_convolution_functions *functions = single ? &kernels[sp_cpu()]->single : &kernels[sp_cpu()]->wide;
  const size_t size = sp_dtype_size(compute->arithmetic.precision);
  const sp_sweep_shape output = output_shape(&c->shape);
  const sp_window_axis axis[] = {output.axis[0].window, output.axis[1].window, output.axis[2].window};
  SP_TRY(sp_sweep_create(&output, functions, size, &c->output));
  SP_TRY(sp_weight_gradient_create(&c->shape, axis, functions, size, &c->weights));
  SP_TRY(prepare_inputs(c, functions, size));
  SP_TRY(reserve(compute, sp_sweep_scratch(&c->output)));
  SP_TRY(reserve(compute, sp_weight_gradient_scratch(&c->weights)));
  for (int64_t i = 0; i < c->inputs; i++) SP_TRY(reserve(compute, sp_sweep_scratch(&c->input[i])));
  return SP_OK;
}

sp_status sp_compute_convolution(sp_compute *compute, const sp_convolution_shape *shape, const sp_convolution **out) {
  *out = find(compute, shape);
  if (*out) return SP_OK;
  sp_convolution *c;
  SP_TRY(sp_allocate(1, sizeof *c, "convolution", &c));
  *c = (sp_convolution){.operation = {.free = convolution_free}, .compute = compute, .shape = *shape};
  const sp_status status = prepare(compute, c);
  if (status != SP_OK) {
    convolution_free(&c->operation);
    return status;
  }
  c->operation.next = compute->operations;
  compute->operations = &c->operation;
  *out = c;
  return SP_OK;
}

// --- run ----------------------------------------------------------------------------------------------------------

void sp_convolution_run(const sp_convolution *c, int64_t rows, const void *x, const void *w, const void *bias,
                        void *y) {
  sp_sweep_run(&c->output, rows, x, w, bias, y, c->compute->scratch);
  if (c->shape.activation == SP_IDENTITY) return;
  sp_activate(c->compute->arithmetic.precision, c->shape.activation,
              rows * sp_positions(c->shape.out) * c->shape.filters, y);
}

void sp_convolution_run_input(const sp_convolution *c, int64_t rows, const void *dy, const void *w, void *dx) {
  if (c->untouched) {
    const int64_t values = rows * sp_positions(c->shape.in) * c->shape.channels;
    memset(dx, 0, (size_t)values * sp_dtype_size(c->compute->arithmetic.precision));
  }
  for (int64_t i = 0; i < c->inputs; i++) sp_sweep_run(&c->input[i], rows, dy, w, NULL, dx, c->compute->scratch);
}

void sp_convolution_run_weights(const sp_convolution *c, const sp_lane_rows *rows, const void *x, const void *dy,
                                void *dw, void *db) {
  sp_weight_gradient_run(&c->weights, rows, x, dy, dw, db, c->compute->scratch);
}
