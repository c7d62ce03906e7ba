// SPDX-License-Identifier: Apache-2.0
// A plug-in in C++17 with a state of its own: f = sum over rows of (p - to)^2.
// May include: shardprop/objective.h.
#include <cstring>
#include <memory>

#include "shardprop/objective.h"

namespace {

struct state {
  double to;
};

const sp_objective_option options[] = {{"to", SP_OBJECTIVE_NUMBER, "3", nullptr, "where it is smallest"}, {}};

int begin(const sp_objective_setup *setup, void **out) {
  *out = new state{setup->options[0].number};
  return 0;
}

void end(void *s) { delete static_cast<state *>(s); }

int64_t tensors(const void *) { return 1; }

void tensor(const void *, int64_t, sp_objective_tensor *out) { std::strcpy(out->name, "p"); }

void initial(const void *, int64_t, uint64_t, double *) {}

template <typename real>
void run(void *s, const sp_objective_batch *batch, const real *const *p, real *const *gradient, double *sums) {
  const double off = static_cast<double>(p[0][0]) - static_cast<state *>(s)->to,
               rows = static_cast<double>(batch->rows);
  sums[0] = rows * off * off;
  if (gradient) gradient[0][0] = static_cast<real>(2 * rows * off);
}

}  // namespace

const sp_objective shardprop_objective = {SP_OBJECTIVE_ABI, "cxx",  "(p - to)^2", options,    nullptr,    begin, end,
                                          tensors,          tensor, initial,      run<float>, run<double>};
