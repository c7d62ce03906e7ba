// SPDX-License-Identifier: Apache-2.0
// shardprop check-objective: compare an objective's gradient with finite differences of its loss, at several points and
// on several batches, and check the rules on which reproducible results depend.
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/derivative.h"
#include "base/log.h"
#include "base/random.h"
#include "base/visible.h"
#include "cli/command.h"
#include "data/row_delivery.h"
#include "model/objective_network.h"
#include "model/prediction.h"
#include "run/read_config.h"
#include "train/training.h"

typedef struct check_objective_arguments {
  const char *config;
  int64_t points, batches, seed;
  sp_strings set;
} check_objective_arguments;

#define AT(member) offsetof(check_objective_arguments, member)
static const sp_option options[] = {
    {.name = "config",
     .kind = SP_OPTION_STRING,
     .offset = AT(config),
     .flags = SP_OPTION_POSITIONAL,
     .help = "YAML file with the configuration, which has a model.objective"},
    {.name = "points",
     .letter = 'p',
     .kind = SP_OPTION_INT,
     .offset = AT(points),
     .preset = "3",
     .range = "[1, 1000]",
     .help = "number of points: the initial values, then random points around them, each up to 0.1 max(1, |value|) "
             "farther away than the one before"},
    {.name = "batches",
     .letter = 'b',
     .kind = SP_OPTION_INT,
     .offset = AT(batches),
     .preset = "3",
     .range = "[1, 100000]",
     .help = "number of batches at each point: a lane's share of the first batch, then of random batches"},
    {.name = "seed",
     .kind = SP_OPTION_INT,
     .offset = AT(seed),
     .preset = "1",
     .range = "[0, inf)",
     .help = "seed of the random choice of points, batches and values"},
    SP_SET_OPTION(AT(set)),
    {0}};

static const sp_usage usage = {
    .command = "check-objective",
    .synopsis = "shardprop check-objective CONFIG [--points N] [--batches N] [--seed N] [--set KEY=VALUE]...",
    .details =
        "Compare the gradient of model.objective, in the run's precision, with finite differences of its loss, in\n"
        "float64 if the objective has that precision, for up to 64 values of each tensor. Also check that the loss\n"
        "and the gradient of a batch are the sums of those of its rows, that they depend on the arguments only, and\n"
        "that only the gradient's tensors are written to. Runs on one rank. The exit status is 0 if the objective\n"
        "passes, 1 if it does not, 2 for a wrong configuration.",
    .example = "shardprop check-objective configs/bowl.yaml --points 10"};

/// The objective in one precision, with the arrays that its functions read and write.
typedef struct objective_side {
  sp_dtype precision;
  sp_network *network;
  void *parameters, *gradient, *other;  ///< other: a second gradient
  void *column[SP_MAX_COLUMNS];         ///< the rows of the batch
  int64_t values[SP_MAX_COLUMNS];       ///< of a column in a row
} objective_side;

/// The value with the largest error.
typedef struct worst_gradient {
  double excess;  ///< error divided by the allowed error; above 1 the gradient is wrong
  double given, difference;
  const sp_tensor *tensor;
  int64_t value, point, batch;
} worst_gradient;

typedef struct check {
  const check_objective_arguments *asked;
  sp_trainer *t;
  objective_side run, reference;  ///< the latter in float64 if the objective has that precision, else equal to `run`
  bool two;                       ///< `reference` differs from `run`
  double *start;                  ///< initial values
  double *sum, *size;             ///< sums of the gradients of the batch's rows, and of their absolute values
  double row_sum, row_losses;     ///< the same sums of their losses
  sp_batch batch;
  int64_t at;             ///< the parameter that is varied
  int64_t point, number;  ///< numbers of the present point and batch
  int64_t compared, unclear;
  worst_gradient worst;
  char text[160];  ///< "at point 0, batch 2 (step 17, lane 0)"
} check;

static double epsilon_of(sp_dtype precision) { return precision == SP_FLOAT64 ? DBL_EPSILON : (double)FLT_EPSILON; }

static int64_t values_of(const check *c) { return sp_parameter_values(c->t->model.state.table); }

// --- the two sides ------------------------------------------------------------------------------------------------

static sp_status allocate_side(const check *c, objective_side *s) {
  size_t size = sp_dtype_size(s->precision);
  const sp_dataset *dataset = c->t->feed.train;
  int64_t rows = 0, values;
  for (int64_t lane = 0; lane < c->t->source.order.lanes; lane++) {
    int64_t most = sp_order_part_rows(&c->t->source.order, 0, lane, sp_order_parts(&c->t->source.order, 0) - 1);
    if (most > rows) rows = most;
  }
  SP_TRY(sp_allocate(values_of(c), size, "parameters", &s->parameters));
  SP_TRY(sp_allocate(values_of(c), size, "a gradient", &s->gradient));
  SP_TRY(sp_allocate(values_of(c), size, "a gradient", &s->other));
  for (int i = 0; i < sp_dataset_columns(dataset); i++) {
    s->values[i] = sp_shape_size(sp_dataset_shape(dataset, i));
    if (!sp_multiply_size(rows, s->values[i], &values))
      return sp_fail(SP_ERR_MEMORY, "a batch exceeds the address space");
    SP_TRY(sp_allocate(values, size, "a column of a batch", &s->column[i]));
  }
  return SP_OK;
}

static sp_status open_sides(check *c, const sp_run_config *config) {
  sp_data_form data;
  sp_dataset_form(c->t->feed.train, &data);
  sp_arithmetic arithmetic = sp_run_arithmetic(config);
  c->run = (objective_side){.precision = arithmetic.precision, .network = c->t->model.network};
  SP_TRY(allocate_side(c, &c->run));
  c->two = arithmetic.precision == SP_FLOAT32 && sp_network_objective(c->t->model.network)->loss_and_gradient_float64;
  if (c->two) {
    arithmetic.precision = c->reference.precision = SP_FLOAT64;
    sp_status made = sp_network_create(config->model, &data, arithmetic, &c->reference.network);
    SP_TRY(sp_document_locate(config->document, made));
    SP_TRY(allocate_side(c, &c->reference));
  } else {
    c->reference = c->run;
  }
  SP_TRY(sp_allocate(values_of(c), sizeof *c->start, "initial values", &c->start));
  SP_TRY(sp_allocate(values_of(c), sizeof *c->sum, "a sum of gradients", &c->sum));
  return sp_allocate(values_of(c), sizeof *c->size, "sizes of gradients", &c->size);
}

static void close_side(objective_side *s) {
  free(s->parameters);
  free(s->gradient);
  free(s->other);
  for (int i = 0; i < SP_MAX_COLUMNS; i++) free(s->column[i]);
}

static void close_sides(check *c) {
  close_side(&c->run);
  if (c->two) close_side(&c->reference);
  if (c->two) sp_network_free(c->reference.network);
  free(c->start);
  free(c->sum);
  free(c->size);
}

/// Return the loss of some rows of the batch, and compute its gradient unless `gradient` is NULL.
static double loss_of(const check *c, const objective_side *s, int64_t first, int64_t rows, void *gradient) {
  double sums[1 + SP_OBJECTIVE_SCORES];
  size_t size = sp_dtype_size(s->precision);
  sp_batch batch = c->batch;
  batch.rows = rows;
  batch.row += first;
  const void *column[SP_MAX_COLUMNS];
  for (int i = 0; i < SP_MAX_COLUMNS; i++)
    column[i] = (const char *)s->column[i] + (size_t)(first * s->values[i]) * size;
  batch.column = column;
  if (gradient) {
    sp_network_gradient(s->network, &batch, s->parameters, gradient, sums);
  } else {
    sp_network_evaluate(s->network, &batch, s->parameters, NULL, sums);
  }
  return sums[0];
}

// --- points and batches -------------------------------------------------------------------------------------------

/// Set the parameters of both sides to the same values, representable in the precision of the run.
static void go_to_point(check *c, int64_t point) {
  const sp_parameter_table *table = c->t->model.state.table;
  sp_random_key key = sp_random_key_make((uint64_t)c->asked->seed, SP_RANDOM_INITIAL, (uint64_t)point);
  c->point = point;
  for (int64_t k = 0; k < table->tensors; k++) {
    const sp_tensor *t = &table->tensor[k];
    for (int64_t i = t->offset; i < t->offset + t->count; i++) {
      double away = 0.1 * (double)point * (2 * sp_random_uniform(key, (uint64_t)i) - 1);
      sp_value_set(c->run.precision, c->run.parameters, i, c->start[i] + away * fmax(1, fabs(c->start[i])));
      sp_value_set(c->reference.precision, c->reference.parameters, i,
                   sp_value_at(c->run.precision, c->run.parameters, i));
    }
  }
}

static void widen(const objective_side *from, const objective_side *to, int64_t rows) {
  for (int c = 0; c < SP_MAX_COLUMNS; c++) {
    for (int64_t i = 0; i < rows * from->values[c]; i++) {
      sp_value_set(to->precision, to->column[c], i, sp_value_at(from->precision, from->column[c], i));
    }
  }
}

static int64_t batches_there_are(const check *c) {
  int64_t epochs = c->t->model.config->train->epochs, steps = sp_order_steps(&c->t->source.order);
  return steps > INT64_MAX / epochs ? INT64_MAX : steps * epochs;
}

/// Load the first batch for number 0, otherwise a random one of the others. Of the batch, use the first part of a lane's
/// share that has rows for number 0, otherwise a random one.
static sp_status load_batch(check *c, int64_t number) {
  sp_trainer *t = c->t;
  sp_random_key key = sp_random_key_make((uint64_t)c->asked->seed, SP_RANDOM_ORDER, 0);
  int64_t update = number == 0 ? 0 : 1 + sp_random_permute(key, batches_there_are(c) - 1, number - 1);
  int64_t epoch = update / sp_order_steps(&t->source.order), step = update % sp_order_steps(&t->source.order);
  int64_t parts = sp_order_parts(&t->source.order, step), shares = t->source.order.lanes * parts;
  int64_t share = number == 0 ? 0 : (int64_t)(sp_random_uniform(key, (uint64_t)number) * (double)shares);
  while (sp_order_part_rows(&t->source.order, step, share / parts, share % parts) == 0) share = (share + 1) % shares;
  int64_t lane = share / parts, rows = sp_order_part_rows(&t->source.order, step, lane, share % parts);
  sp_order_rows(&t->source.order, epoch, step, lane, share % parts, t->source.row);
  const sp_delivery training = {.seed = t->source.order.seed, .epoch = epoch};
  SP_TRY(sp_dataset_gather(t->feed.train, &training, t->source.row, rows, c->run.column));
  if (c->two) widen(&c->run, &c->reference, rows);
  c->batch = (sp_batch){.rows = rows, .row = t->source.row, .seed = t->source.order.seed, .step = update};
  c->number = number;
  snprintf(c->text, sizeof c->text, "at point %lld%s, batch %lld (step %lld, lane %lld: %lld rows)",
           (long long)c->point, c->point == 0 ? ", the initial values" : "", (long long)number, (long long)update,
           (long long)lane, (long long)rows);
  return SP_OK;
}

// --- rules for sums, calls and tensors ----------------------------------------------------------------------------

static const sp_tensor *tensor_of(const check *c, int64_t value) {
  const sp_parameter_table *table = c->t->model.state.table;
  int64_t k = table->tensors - 1;
  while (k > 0 && table->tensor[k].offset > value) k--;
  return &table->tensor[k];
}

/// Sum the results of calls for single rows.
static void measure_rows(check *c) {
  const objective_side *s = &c->run;
  memset(c->sum, 0, (size_t)values_of(c) * sizeof *c->sum);
  memset(c->size, 0, (size_t)values_of(c) * sizeof *c->size);
  c->row_sum = c->row_losses = 0;
  for (int64_t row = 0; row < c->batch.rows; row++) {
    double loss = loss_of(c, s, row, 1, s->other);
    c->row_sum += loss;
    c->row_losses += fabs(loss);
    for (int64_t i = 0; i < values_of(c); i++) {
      double value = sp_value_at(s->precision, s->other, i);
      c->sum[i] += value;
      c->size[i] += fabs(value);
    }
  }
}

static sp_status check_sums(const check *c, double whole) {
  double most = 10 * epsilon_of(c->run.precision) * (double)(c->batch.rows + 10);  // each row may round once more
  if (!(fabs(whole - c->row_sum) <= most * c->row_losses)) {
    return sp_fail(SP_ERR_LIBRARY,
                   "the loss of %lld rows is %.9g, but the losses of the single rows add up to %.9g: "
                   "expected a sum over rows, %s",
                   (long long)c->batch.rows, whole, c->row_sum, c->text);
  }
  for (int64_t i = 0; i < values_of(c); i++) {
    double value = sp_value_at(c->run.precision, c->run.gradient, i);
    if (!isfinite(value) || fabs(value - c->sum[i]) <= most * c->size[i]) continue;
    const sp_tensor *t = tensor_of(c, i);
    return sp_fail(SP_ERR_LIBRARY,
                   "%s[%lld]: the gradient of %lld rows is %.9g, but the gradients of the single rows add up to "
                   "%.9g: expected a sum over rows, %s",
                   t->name, (long long)(i - t->offset), (long long)c->batch.rows, value, c->sum[i], c->text);
  }
  return SP_OK;
}

static sp_status check_calls(const check *c, double whole) {
  const objective_side *s = &c->run;
  double again = loss_of(c, s, 0, c->batch.rows, s->other), alone = loss_of(c, s, 0, c->batch.rows, NULL);
  if (again != whole || memcmp(s->gradient, s->other, (size_t)values_of(c) * sp_dtype_size(s->precision)) != 0) {
    return sp_fail(SP_ERR_LIBRARY, "two calls with the same arguments return different %s, %s",
                   again != whole ? "losses" : "gradients", c->text);
  }
  if (!(fabs(whole - alone) <= 100 * epsilon_of(s->precision) * c->row_losses)) {
    return sp_fail(SP_ERR_LIBRARY, "the loss is %.9g with a gradient and %.9g without one, %s", whole, alone, c->text);
  }
  double wide = c->two ? loss_of(c, &c->reference, 0, c->batch.rows, NULL) : alone;
  if (!(fabs(wide - alone) <= 1e-4 * c->row_losses)) {
    return sp_fail(SP_ERR_LIBRARY, "the loss is %.9g in float32 and %.9g in float64, %s", alone, wide, c->text);
  }
  return SP_OK;
}

static sp_status check_gaps(const check *c) {
  const sp_parameter_table *table = c->t->model.state.table;
  int64_t end = 0;
  for (int64_t k = 0; k <= table->tensors; k++) {
    int64_t begin = k < table->tensors ? table->tensor[k].offset : values_of(c);
    for (int64_t i = end; i < begin; i++) {
      if (sp_value_at(c->run.precision, c->run.gradient, i) == 0) continue;
      return sp_fail(SP_ERR_LIBRARY, "the objective writes past the end of the gradient of %s, %s",
                     tensor_of(c, i)->name, c->text);
    }
    if (k < table->tensors) end = begin + table->tensor[k].count;
  }
  return SP_OK;
}

// --- comparison of one value --------------------------------------------------------------------------------------

static double varied(void *context, double *x) {
  const check *c = context;
  const objective_side *s = &c->reference;
  double before = sp_value_at(s->precision, s->parameters, c->at);
  sp_value_set(s->precision, s->parameters, c->at, *x);
  *x = sp_value_at(s->precision, s->parameters, c->at);
  double loss = loss_of(c, s, 0, c->batch.rows, NULL);
  sp_value_set(s->precision, s->parameters, c->at, before);
  return loss;
}

/// At a kink, where there is no derivative, any value between the one-sided derivatives is accepted.
static bool at_a_kink(check *c, double p, double given) {
  double h = sqrt(epsilon_of(c->reference.precision)) * fmax(1, fabs(p)), high = p + h, low = p - h;
  double up = varied(c, &high), middle = varied(c, &p), down = varied(c, &low);
  double right = (up - middle) / (high - p), left = (middle - down) / (p - low);
  double apart = fabs(right - left), slack = 0.01 * apart;
  if (!(apart > 0.1 * fmax(fabs(right), fabs(left)))) return false;
  return given >= fmin(left, right) - slack && given <= fmax(left, right) + slack;
}

static void compare_value(check *c, const sp_tensor *tensor, int64_t i) {
  double relative = c->run.precision == SP_FLOAT64 ? 1e-6 : 1e-3, p, given;
  c->at = tensor->offset + i;
  p = sp_value_at(c->reference.precision, c->reference.parameters, c->at);
  given = sp_value_at(c->run.precision, c->run.gradient, c->at);
  double far = fmax(1, fabs(p)), noise = 4 * epsilon_of(c->reference.precision) * c->row_losses;
  sp_derivative d = sp_derivative_of(varied, c, p, 0.1 * far, noise, 0.1 * relative);
  // rounding error of the sum over rows, and of the loss if p changed by its own size
  double rounding = 10 * epsilon_of(c->run.precision) * (c->size[c->at] + c->row_losses / far);
  double gap = fabs(given - d.value), larger = fmax(fabs(given), fabs(d.value)), allowed = relative * larger + rounding;
  c->compared++;
  if (!(gap <= allowed) && isfinite(given)) {
    bool rough = !(d.error <= 0.05 * larger + rounding);
    if ((rough && gap <= 4 * d.error) || !isfinite(d.error) || at_a_kink(c, p, given)) {
      c->unclear++;
      return;
    }
    allowed += 4 * d.error;
  }
  double excess = isfinite(given) ? gap / allowed : (double)INFINITY;
  if (c->worst.tensor && !(excess > c->worst.excess)) return;
  c->worst = (worst_gradient){excess, given, d.value, tensor, i, c->point, c->number};
}

// --- the command --------------------------------------------------------------------------------------------------

static sp_status check_batch(check *c) {
  enum { MOST = 64 };
  const sp_parameter_table *table = c->t->model.state.table;
  double whole = loss_of(c, &c->run, 0, c->batch.rows, c->run.gradient);
  if (!isfinite(whole)) {
    if (c->point == 0) return sp_fail(SP_ERR_NONFINITE, "the loss is %g %s", whole, c->text);
    sp_warn("the loss is %g %s: skipped", whole, c->text);
    return SP_OK;
  }
  measure_rows(c);
  SP_TRY(check_calls(c, whole));
  SP_TRY(check_gaps(c));
  SP_TRY(check_sums(c, whole));
  sp_random_key key =
      sp_random_key_make((uint64_t)c->asked->seed, SP_RANDOM_DATA, (uint64_t)c->point << 32 | (uint64_t)c->number);
  for (int64_t k = 0; k < table->tensors; k++) {
    const sp_tensor *t = &table->tensor[k];
    for (int64_t n = 0; n < MOST && n < t->count; n++) {
      compare_value(c, t, t->count <= MOST ? n : sp_random_permute(key, t->count, n));
    }
  }
  return SP_OK;
}

static sp_status conclude(const check *c) {
  const worst_gradient *w = &c->worst;
  if (!w->tensor || c->unclear > c->compared / 2) {
    return sp_fail(SP_ERR_LIBRARY,
                   "finite differences find no derivative for %lld of %lld values: the loss is not smooth "
                   "enough to compare",
                   (long long)c->unclear, (long long)c->compared);
  }
  double apart = fabs(w->given - w->difference), larger = fmax(fabs(w->given), fabs(w->difference));
  char worst[320];
  snprintf(worst, sizeof worst, "%s[%lld]: gradient %.9g, finite differences %.9g, at point %lld%s, batch %lld",
           w->tensor->name, (long long)w->value, w->given, w->difference, (long long)w->point,
           w->point == 0 ? " (the initial values)" : "", (long long)w->batch);
  if (!(w->excess <= 1)) return sp_fail(SP_ERR_LIBRARY, "the gradient is wrong; the largest error is in %s", worst);
  char values[SP_TEXT_COUNTED];
  printf("%s compared: gradient in %s, finite differences in %s\n", sp_text_counted(c->compared, "value", values),
         sp_dtype_name(c->run.precision), sp_dtype_name(c->reference.precision));
  if (c->unclear > 0) {
    printf("%lld of them skipped because the loss is not smooth there\n", (long long)c->unclear);
  }
  sp_visible_line("largest error: %s: relative error %.2g", worst, larger > 0 ? apart / larger : 0);
  printf("the gradient is correct\n");
  return SP_OK;
}

static sp_status run_check(check *c) {
  int64_t batches = batches_there_are(c) < c->asked->batches ? batches_there_are(c) : c->asked->batches;
  for (int64_t i = 0; i < values_of(c); i++)
    c->start[i] = sp_value_at(c->run.precision, c->t->model.state.parameters, i);
  for (int64_t point = 0; point < c->asked->points; point++) {
    go_to_point(c, point);
    for (int64_t number = 0; number < batches; number++) {
      SP_TRY(load_batch(c, number));
      SP_TRY(check_batch(c));
    }
  }
  return conclude(c);
}

static sp_status check_objective(const sp_comm *comm, const void *given) {
  sp_run_config config;
  check c = {.asked = given};
  if (comm->size > 1) {
    return sp_fail(SP_ERR_USAGE, "expected one rank, got %d: start the command without mpirun", comm->size);
  }
  SP_TRY(sp_run_read_config(comm, c.asked->config, c.asked->set.item, (int)c.asked->set.count, &config));
  sp_status status = SP_OK;
  if (!config.model->objective)
    status = sp_fail(SP_ERR_CONFIG, "model.objective: missing, so there is nothing to check");
  // As few lanes as possible: with one row for each, a sum over rows could not be told from a mean.
  if (status == SP_OK && config.train->lanes == SP_AUTO) status = sp_run_config_set_lanes(&config, comm->size);
  if (status == SP_OK) status = sp_trainer_create(comm, &config, SP_FEED_TRAINING, &c.t);
  if (status == SP_OK) status = sp_trainer_initialise(c.t);
  if (status == SP_OK) status = open_sides(&c, &config);
  if (status == SP_OK) status = run_check(&c);
  close_sides(&c);
  sp_trainer_free(c.t);
  sp_run_config_free(&config);
  return status;
}

static int execute(int argc, char **argv) {
  check_objective_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  return sp_command_on_ranks(&usage, groups, 1, argc, argv, check_objective, &given);
}

const sp_command sp_command_check_objective = {
    .variant = {"check-objective", "compare the gradient of an objective with finite differences"}, .run = execute};
