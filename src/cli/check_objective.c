// shardprop check-objective: compare an objective's gradient with finite differences of its loss.
// May include: everything.
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "model/prediction.h"
#include "train/run.h"

typedef struct arguments {
  const char *config;
  sp_strings set;
} arguments;

#define AT(member) offsetof(arguments, member)
static const sp_option options[] = {
    {.name = "config", .kind = SP_OPTION_STRING, .offset = AT(config), .flags = SP_OPTION_POSITIONAL,
     .help = "the configuration, a YAML file with a model.objective"},
    {.name = "set", .letter = 's', .kind = SP_OPTION_STRINGS, .offset = AT(set), .unit = "key=value",
     .flags = SP_OPTION_OPTIONAL, .help = "override the configuration; may be given several times"},
    {0}};

static const sp_usage usage = {
    .command = "check-objective",
    .synopsis = "shardprop check-objective CONFIG [--set KEY=VALUE]...",
    .details = "Compare the gradient of model.objective with central finite differences at its initial values, in the\n"
               "run's precision (float64 tells much more), and see whether sums over rows add up. On one rank.",
    .example = "shardprop check-objective configs/bowl.yaml --set train.precision=float64"};

static double loss(sp_trainer *t, sp_batch batch, int64_t first, int64_t rows, void *gradient) {
  double sums[SP_STATE_SUMS];
  size_t size = sp_dtype_size(t->state.precision);
  size_t features = (size_t)sp_shape_size(sp_dataset_feature_shape(t->feed.train)) * size;
  size_t targets = (size_t)sp_shape_size(sp_dataset_target_shape(t->feed.train)) * size;
  batch.rows = rows;
  batch.row += first;
  batch.features = (const char *)batch.features + (size_t)first * features;
  batch.targets = (const char *)batch.targets + (size_t)first * targets;
  if (gradient) {
    sp_network_gradient(t->network, &batch, t->state.parameters, gradient, sums);
  } else {
    sp_network_evaluate(t->network, &batch, t->state.parameters, NULL, sums);
  }
  return sums[0];
}

static sp_status compare(sp_trainer *t, const sp_batch *batch, void *gradient) {
  enum { MOST = 64 };
  sp_dtype precision = t->state.precision;
  double epsilon = precision == SP_FLOAT64 ? DBL_EPSILON : (double)FLT_EPSILON, worst = 0, bound = 100 * sqrt(epsilon);
  double whole = loss(t, *batch, 0, batch->rows, gradient), parts = 0;
  for (int64_t i = 0; i < batch->rows; i++) parts += loss(t, *batch, i, 1, NULL);
  if (!(fabs(whole - parts) <= bound * fmax(fabs(whole), fabs(parts)))) {
    return sp_fail(SP_ERR_NONFINITE, "the loss of %lld rows is %.9g, that of each of them alone adds up to %.9g: expected a "
                   "sum over rows", (long long)batch->rows, whole, parts);
  }
  char where[160] = "nothing";
  for (int64_t k = 0; k < t->state.table->tensors; k++) {
    const sp_tensor *tensor = &t->state.table->tensor[k];
    for (int64_t n = 0; n < MOST && n < tensor->count; n++) {
      int64_t i = tensor->count <= MOST ? n : n * (tensor->count / MOST), at = tensor->offset + i;
      double p = sp_value_at(precision, t->state.parameters, at), h = cbrt(epsilon) * fmax(1, fabs(p));
      sp_value_set(precision, t->state.parameters, at, p + h);
      double high = sp_value_at(precision, t->state.parameters, at), up = loss(t, *batch, 0, batch->rows, NULL);
      sp_value_set(precision, t->state.parameters, at, p - h);
      double low = sp_value_at(precision, t->state.parameters, at), down = loss(t, *batch, 0, batch->rows, NULL);
      sp_value_set(precision, t->state.parameters, at, p);
      double difference = (up - down) / (high - low), given = sp_value_at(precision, gradient, at);
      double noise = 10 * epsilon * (fabs(up) + fabs(down)) / h;
      double error = fmax(0, fabs(difference - given) - noise) / fmax(DBL_MIN, fmax(fabs(difference), fabs(given)));
      if (isfinite(given) && isfinite(difference) && error <= worst) continue;
      worst = isfinite(error) && isfinite(given) ? error : (double)INFINITY;
      snprintf(where, sizeof where, "%s[%lld]: gradient %.9g, finite differences %.9g", tensor->name, (long long)i, given,
               difference);
    }
  }
  if (!(worst <= bound)) return sp_fail(SP_ERR_NONFINITE, "the gradient is wrong, at worst in %s", where);
  if (t->comm->rank == 0) printf("the gradient is right; largest relative error %.3g\n", worst);
  return SP_OK;
}

static sp_status check(const sp_comm *comm, const void *given) {
  const arguments *a = given;
  sp_run_config config;
  sp_trainer *t;
  void *gradient = NULL;
  if (comm->size > 1) {  // the ranks of a node share the parameters that are varied
    return sp_fail(SP_ERR_USAGE, "check-objective: expected one rank, got %d: start it without mpirun", comm->size);
  }
  SP_TRY(sp_run_read_config(comm, a->config, a->set.item, (int)a->set.count, &config));
  sp_status status = config.model->objective ? SP_OK : sp_fail(SP_ERR_CONFIG, "model.objective: missing: nothing to check");
  if (status == SP_OK && config.train->lanes == SP_AUTO) status = sp_run_config_set_lanes(&config, comm->size);
  if (status == SP_OK) status = sp_trainer_create(comm, &config, SP_FEED_TRAINING, &t);
  if (status == SP_OK) {
    int64_t rows = sp_order_part_rows(&t->order, 0, t->hosted.begin, 0);
    status = sp_trainer_initialise(t);
    if (status == SP_OK) {
      status = sp_allocate(sp_parameter_values(t->state.table), sp_dtype_size(t->state.precision), "a gradient", &gradient);
    }
    sp_order_rows(&t->order, 0, 0, t->hosted.begin, 0, t->row);
    if (status == SP_OK) status = sp_dataset_gather(t->feed.train, t->row, rows, t->features, t->targets);
    sp_batch batch = {.features = t->features, .targets = t->targets, .row = t->row, .rows = rows, .seed = t->order.seed};
    if (status == SP_OK) status = compare(t, &batch, gradient);
    status = sp_comm_agree(comm, status);
    free(gradient);
    sp_trainer_free(t);
  }
  sp_run_config_free(&config);
  return status;
}

int sp_command_check_objective(int argc, char **argv) {
  arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_on_ranks(&usage, groups, 1, argc, argv, check, &given);
}
