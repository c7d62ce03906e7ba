// The update of this rank's shard, a stretch at a time: what the exchange calls with the sums of the lanes' gradients.
// May include: base, comm, compute, exchange, optim, train.
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "compute/compute.h"
#include "optim/average.h"
#include "optim/gradient.h"
#include "train/trainer.h"

enum { PIECE = 1024 };  // values whose gradient is worked out at a time: it stays in the nearest cache

static double mean_scale(const sp_trainer *t) {
  return 1 / (double)sp_order_batch_rows(&t->order, t->state.progress.epoch_step);
}

/// Must gradients be worked out before a rule gets them? Sums, and what to multiply them with, are enough otherwise.
static bool makes_gradient(const sp_trainer *t) {
  return !isnan(t->config->optimizer->clip_value) || sp_groups_have_l1(t->groups);
}

/// Values of one group, as short as they can be worked out at a time.
typedef struct part {
  const sp_group *group;
  int64_t n;
  size_t skip;  // bytes of the stretch before it
} part;

/// What comes next where so many values of a stretch are done.
static part next_part(const sp_trainer *t, sp_stretch s, int64_t done) {
  int64_t end, n = s.n - done < PIECE ? s.n - done : PIECE;
  const sp_group *group = sp_groups_at(t->groups, s.first + done, &end);
  if (end - (s.first + done) < n) n = end - (s.first + done);
  return (part){group, n, (size_t)done * sp_dtype_size(t->state.precision)};
}

static void make_gradient(const sp_trainer *t, const part *p, const char *parameters, const char *sum, void *gradient) {
  double most = t->config->optimizer->clip_value;
  sp_gradient_form form = {.scale = mean_scale(t), .l1 = p->group->l1, .clip_value = isnan(most) ? INFINITY : most};
  sp_gradient_make(t->state.precision, p->n, &form, parameters + p->skip, sum + p->skip, gradient);
}

// --- the update ---------------------------------------------------------------------------------------------------

static void update_part(sp_trainer *t, const part *p, int64_t place, char *parameters, const char *sum) {
  _Alignas(64) char made[PIECE * sizeof(double)];
  bool makes = makes_gradient(t);
  sp_update u = {.n = p->n, .p = parameters + p->skip, .gradient = makes ? made : sum + p->skip,
                 .scale = (makes ? 1 : mean_scale(t)) * t->clip_factor, .lr_factor = t->lr_factor,
                 .step = sp_trainer_updates(t) + 1, .memo = &t->memo};
  if (makes) make_gradient(t, p, parameters, sum, made);
  sp_optimizer_advance(&p->group->rule, u.step, &t->memo);
  size_t first = (size_t)place * sp_dtype_size(t->state.precision) + p->skip;
  for (int i = 0; i < t->rule_slots; i++) u.slot[i] = (char *)t->state.slot[i] + first;
  sp_optimizer_update(&p->group->rule, t->state.precision, &u);
}

static void update(void *context, sp_stretch s, void *parameters, const void *sum) {
  sp_trainer *t = context;
  for (int64_t done = 0; done < s.n;) {
    part p = next_part(t, s, done);
    update_part(t, &p, s.place, parameters, sum);
    done += p.n;
  }
  const sp_optimizer_options *optimizer = t->config->optimizer;
  if (!sp_optimizer_averages(optimizer)) return;
  void *average = (char *)t->average + (size_t)s.place * sp_dtype_size(t->state.precision);
  sp_average_update(t->state.precision, optimizer->average, s.n, average, parameters);
}

// --- the norm -----------------------------------------------------------------------------------------------------

/// Squares of the gradients of a stretch; of sums, where those are what rules get.
static double squares(void *context, sp_stretch s, const void *parameters, const void *sum) {
  const sp_trainer *t = context;
  _Alignas(64) char made[PIECE * sizeof(double)];
  if (!makes_gradient(t)) return sp_sum_squares(t->state.precision, s.n, sum);
  double total = 0;
  for (int64_t done = 0; done < s.n;) {
    part p = next_part(t, s, done);
    make_gradient(t, &p, parameters, sum, made);
    total += sp_sum_squares(t->state.precision, p.n, made);
    done += p.n;
  }
  return total;
}

static void clip(void *context, double total) {
  sp_trainer *t = context;
  t->gradient_norm = (makes_gradient(t) ? 1 : mean_scale(t)) * sqrt(total);
  t->clip_factor = sp_gradient_clip_factor(t->config->optimizer->clip_norm, t->gradient_norm);
}

sp_status sp_trainer_create_exchange(sp_trainer *t) {
  sp_status status = SP_OK;
  if (t->order.accumulate > 1) {
    status = sp_allocate(sp_parameter_values(t->state.table), sp_dtype_size(t->state.precision), "accumulated gradients",
                         &t->accumulated);
  }
  SP_TRY(sp_comm_agree(t->comm, status));
  bool clips = !isnan(t->config->optimizer->clip_norm);
  sp_exchange_job job = {.lanes = t->order.lanes, .precision = t->state.precision, .blocks = t->shards.blocks,
                         .control = sp_trainer_step_sums(t), .parameters = t->state.parameters,
                         .shared = t->state.parameters_shared, .update = update, .context = t,
                         .whole = clips || t->config->train->on_nonfinite == SP_NONFINITE_SKIP,
                         .measure = clips ? squares : NULL, .measured = clip};
  t->clip_factor = 1;
  t->gradient_norm = NAN;
  return sp_exchange_create(t->comm, t->config->exchange, &job, &t->exchange);
}

void sp_trainer_free_exchange(sp_trainer *t) {
  sp_exchange_free(t->exchange);
  free(t->accumulated);
  t->exchange = NULL;
  t->accumulated = NULL;
}
