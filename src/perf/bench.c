// SPDX-License-Identifier: Apache-2.0
// Measuring the steps of a configuration on the present ranks.
#include "perf/bench.h"

#include <stdlib.h>

#include "base/files.h"
#include "base/memory.h"
#include "exchange/traffic.h"
#include "perf/timing.h"
#include "train/training.h"

enum { FEWEST_STEPS = 5, MOST_STEPS = 10000 };
static const double SECONDS = 2;  // of steps, if their number is not given

static sp_status one_step(sp_trainer *t, double *seconds) {
  sp_step_outcome outcome;
  double start = sp_clock();
  SP_TRY(sp_train_step_make(&t->step, &(sp_step_wishes){0}, &outcome));
  if (t->model.state.progress.epoch_step == sp_order_steps(&t->source.order)) {
    SP_TRY(sp_train_step_settle(&t->step));
    sp_model_state_next_epoch(&t->model);
  }
  *seconds = sp_clock() - start;
  return SP_OK;
}

/// Returns the number of steps to time: the option, or a number that depends on the `seconds` of a step on rank 0.
static int64_t choose_steps(const sp_comm *comm, const sp_bench_options *options, double seconds) {
  if (options->steps != SP_AUTO) return options->steps;
  double steps = SECONDS / seconds;
  MPI_Bcast(&steps, 1, MPI_DOUBLE, 0, comm->world);
  return steps < FEWEST_STEPS ? FEWEST_STEPS : steps > MOST_STEPS ? MOST_STEPS : (int64_t)steps;
}

static sp_status time_steps(sp_trainer *t, int64_t steps, double *sample, sp_bench_step *out) {
  const sp_comm *comm = t->model.comm;
  int64_t sent = sp_exchange_bytes_sent(t->step.exchange);
  t->step.times = (sp_step_times){0};
  MPI_Barrier(comm->world);
  double start = sp_clock();
  for (int64_t i = 0; i < steps; i++) SP_TRY(one_step(t, &sample[i]));
  double n = (double)steps, mean = (sp_clock() - start) / n;
  SP_TRY(sp_train_step_settle(&t->step));
  const sp_step_times *times = &t->step.times;
  *out = (sp_bench_step){.steps = n,
                         .data = times->data / n,
                         .forward = times->forward / n,
                         .backward = times->backward / n,
                         .exchange = times->exchange / n,
                         .update = times->update / n,
                         .mean = mean,
                         .median = sp_median(sample, steps)};
  double *const part[] = {&out->data,   &out->forward, &out->backward, &out->exchange,
                          &out->update, &out->mean,    &out->median};
  for (size_t i = 0; i < sizeof part / sizeof *part; i++) *part[i] = sp_comm_mean(comm, *part[i]);

  double bytes[2] = {(double)(sp_exchange_bytes_sent(t->step.exchange) - sent) / n};
  MPI_Allreduce(&bytes[0], &bytes[1], 1, MPI_DOUBLE, MPI_SUM, comm->node);
  MPI_Allreduce(&bytes[1], &out->wire_bytes, 1, MPI_DOUBLE, MPI_MAX, comm->world);
  return SP_OK;
}

static sp_status run_steps(sp_trainer *t, const sp_bench_options *options, sp_bench_step *out) {
  double last = 1, *sample = NULL;
  SP_TRY(sp_trainer_initialise(t));
  for (int64_t i = 0; i < options->warm_up; i++) SP_TRY(one_step(t, &last));
  int64_t steps = choose_steps(t->model.comm, options, last);
  SP_TRY(sp_comm_agree(t->model.comm, sp_allocate(steps, sizeof *sample, "times of steps", &sample)));
  sp_status status = time_steps(t, steps, sample, out);
  free(sample);
  return status == SP_OK ? sp_train_step_settle(&t->step) : status;
}

// --- against the limits -------------------------------------------------------------------------------------------

static double best(double a, double b) { return b > a ? b : a; }  // b may be NaN

static double best_product(const sp_limits *l) {
  return best(best(best(l->product, l->product_forward), l->product_weight), l->product_input);
}

/// Compute the limit: all products at the best measured speed, and the update at the speed of the memory or cache that
/// holds it.
static void compare(const sp_trainer *t, const sp_limits *limits, sp_bench_step *s) {
  const sp_run_config *config = t->model.config;
  const sp_comm *comm = t->model.comm;
  double size = (double)sp_dtype_size(t->model.state.precision), ranks = comm->size;
  double values = (double)sp_parameter_values(t->model.state.table);
  int slots = sp_optimizer_slots(config->optimizer);
  bool cached = values * size * (2 + slots) / comm->node_count < limits->cache;
  sp_placement layout = {t->source.order.lanes, comm->node_count,
                         (comm->size + comm->node_count - 1) / comm->node_count};
  sp_traffic traffic = sp_exchange_traffic(&layout);
  s->batch = (double)sp_order_batch_rows(&t->source.order, 0);
  s->parameters = (double)t->model.state.table->trainable;
  s->flops = (double)sp_network_gradient_flops(t->model.network) * s->batch;
  s->update_bytes = values * limits->sweep_bytes;
  s->limit = s->flops / (ranks * best_product(limits)) +
             s->update_bytes / (ranks * (cached ? limits->sweep_cached : limits->sweep));
  s->share = s->limit / s->median;
  // The update reads the partial sums of all ranks of the node instead of one gradient.
  double partials = (double)(layout.ranks_per_node * traffic.rank_partials);
  s->node_bytes = values * (limits->sweep_bytes + (partials - 1) * size) / comm->node_count;
  if (comm->node_count > 1) s->node_bytes += values * size * (partials + (double)traffic.node_partials);
}

// --- the whole measurement ----------------------------------------------------------------------------------------

static sp_limits_wanted wanted_limits(const sp_run_config *config, double seconds) {
  return (sp_limits_wanted){
      .arithmetic = sp_run_arithmetic(config), .optimizer = config->optimizer, .seconds = seconds};
}

static sp_status run_trainer(sp_trainer *t, const sp_bench_options *options, sp_bench *out) {
  sp_limits_wanted wanted = wanted_limits(t->model.config, options->seconds);
  sp_data_form data;
  sp_dataset_form(t->feed.train, &data);
  wanted.rows = (t->model.config->train->batch_size + t->model.comm->size - 1) / t->model.comm->size;
  sp_limits_find_matrix(t->model.state.table, &wanted);
  SP_TRY(sp_limits_measure(t->model.comm, &wanted, &out->limits));
  SP_TRY(sp_curve_measure(t->model.comm, t->model.network, &data, t->model.state.precision, wanted.rows,
                          options->seconds, &out->curve));
  SP_TRY(run_steps(t, options, &out->step));
  compare(t, &out->limits, &out->step);
  return SP_OK;
}

sp_status sp_bench_run(const sp_comm *comm, const sp_run_config *config, const sp_bench_options *options,
                       sp_bench *out) {
  sp_bench bench = {
      .ranks = comm->size, .nodes = comm->node_count, .value_size = (double)sp_dtype_size(sp_run_precision(config))};
  sp_trainer *t;
  if (options->limits_only) {
    sp_limits_wanted wanted = wanted_limits(config, options->seconds);
    SP_TRY(sp_limits_measure(comm, &wanted, &bench.limits));
  } else {
    SP_TRY(sp_trainer_create(comm, config, SP_FEED_TRAINING, &t));
    sp_status status = run_trainer(t, options, &bench);
    sp_trainer_free(t);
    SP_TRY(status);
  }
  *out = bench;
  return SP_OK;
}
