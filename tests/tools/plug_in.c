// SPDX-License-Identifier: Apache-2.0
// A plug-in that is right, or wrong in the way that macros say: f = sum over rows of p^2 + |q|^2, in float64 and, where
// FLOAT32 is given, in float32.
// May include: shardprop/objective.h.
#include <math.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "shardprop/objective.h"

#ifndef VERSION
#define VERSION SP_OBJECTIVE_ABI
#endif
#ifndef NAME
#define NAME "test"
#endif
#ifndef SYMBOL
#define SYMBOL shardprop_objective
#endif
#ifndef TENSORS
#define TENSORS 2
#endif
#ifndef RANK
#define RANK 2
#endif
#ifndef SECOND
#define SECOND "q"
#endif
#ifndef EXTENT
#define EXTENT 3
#endif
#ifndef START
#define START 1
#endif
#ifdef LOADED
__attribute__((constructor)) static void loaded(void) { LOADED; }
#endif
#ifndef BEFORE  // the loss is computed
#define BEFORE
#endif
#ifndef HERE  // in every other function
#define HERE(function)
#endif
#ifndef ROWS
#define ROWS (double)b->rows
#endif
#ifndef LOSS
#define LOSS x *x + square
#endif
#ifndef SLOPE  // of p
#define SLOPE 2 * x
#endif
#ifndef BESIDE  // written behind the gradient of p
#define BESIDE 0
#endif
#ifndef SCORE
#define SCORE "squares"
#endif
#ifndef OPTION
#define OPTION \
  { 0 }
#endif

// Returns another time what it has not come to an end of.
static inline int deep(volatile int *above) {
  volatile int here[1000] = {*above + 1};
  return *above < 0 ? 0 : deep(here) + here[0];
}

enum { VALUES = 9 };  // of the second tensor, when it is right

static const sp_objective_option options[] = {OPTION, {0}};
static const sp_objective_score scores[] = {{SCORE, 0}, {0}};

static int begin(const sp_objective_setup *setup, void **state) {
  static int any;
  (void)setup;
  *state = &any;
  HERE(open);
  return 0;
}

static void end(void *s) {
  (void)s;
  HERE(close);
}

static int64_t tensors(const void *s) {
  (void)s;
  HERE(tensors);
  return TENSORS;
}

static void tensor(const void *s, int64_t i, sp_objective_tensor *t) {
  (void)s;
  HERE(tensor);
  strcpy(t->name, i ? SECOND : "p");
  t->rank = i ? RANK : 2;
  for (int k = 0; k < 2; k++) t->extent[k] = i ? EXTENT : 1;
}

static void initial(const void *s, int64_t i, uint64_t seed, double *v) {
  (void)s, (void)i, (void)seed;
  HERE(initial);
  v[0] = START;
}

#define RUN(name, type)                                                                                        \
  static void name(void *s, const sp_objective_batch *b, const type *const *p, type *const *g, double *sums) { \
    double x = (double)p[0][0], square = 0;                                                                    \
    (void)s;                                                                                                   \
    BEFORE;                                                                                                    \
    for (int i = 0; i < VALUES; i++) square += (double)p[1][i] * (double)p[1][i];                              \
    sums[0] = ROWS * (LOSS);                                                                                   \
    sums[1] = ROWS * square;                                                                                   \
    if (!g) return;                                                                                            \
    g[0][0] = (type)((double)b->rows * (SLOPE));                                                               \
    if (BESIDE) g[0][1] = BESIDE;                                                                              \
    for (int i = 0; i < VALUES; i++) g[1][i] = (type)((double)b->rows * 2) * p[1][i];                          \
  }
RUN(run, double)
#ifdef FLOAT32
RUN(run32, float)
#endif

const sp_objective SYMBOL = {.abi = VERSION,
                             .name = NAME,
                             .options = options,
                             .scores = scores,
                             .open = begin,
                             .close = end,
                             .tensors = tensors,
                             .tensor = tensor,
#ifndef NO_INITIAL
                             .initial = initial,
#endif
#ifdef FLOAT32
                             .loss_and_gradient_float32 = run32,
#endif
#ifndef NO_FLOAT64
                             .loss_and_gradient_float64 = run
#endif
};
