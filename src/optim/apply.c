// SPDX-License-Identifier: Apache-2.0
// The section `optimizer` applied to stretches of the parameter vector.
#include "optim/apply.h"

#include <math.h>

#include "compute/elementwise.h"
#include "optim/gradient.h"
#include "optim/statistics.h"

enum { PIECE = 1024 };  // values whose gradient is computed at a time, so that it fits into the first-level cache

/// Returns true if the gradient must be computed before the rule; otherwise the rule takes the sums and a factor.
static bool makes_gradient(const sp_apply *a) { return !isnan(a->options->clip_value) || sp_groups_have_l1(a->groups); }

static bool is_statistics(const sp_apply *a, const sp_applied *s) {
  return a->table && s->first >= a->table->trained_blocks * SP_BLOCK;
}

/// Values of one group; at most PIECE if they are not passed to a rule as they are.
typedef struct stretch_part {
  const sp_parameter_group *group;
  int64_t n;
  size_t skip;  // offset in the stretch, in bytes
} stretch_part;

/// Returns the part of a stretch that follows its first `done` values.
static stretch_part next_part(const sp_apply *a, const sp_applied *s, int64_t done) {
  int64_t most = makes_gradient(a) || is_statistics(a, s) ? PIECE : s->n;
  int64_t end, n = s->n - done < most ? s->n - done : most;
  const sp_parameter_group *group = sp_groups_at(a->groups, s->first + done, &end);
  if (end - (s->first + done) < n) n = end - (s->first + done);
  return (stretch_part){group, n, (size_t)done * sp_dtype_size(a->precision)};
}

static void make_gradient(const sp_apply *a, const sp_applied *s, const stretch_part *p, const void *sum,
                          void *gradient) {
  double most = a->options->clip_value;
  sp_gradient_form form = {.scale = a->scale, .l1 = p->group->l1, .clip_value = isnan(most) ? INFINITY : most};
  sp_gradient_make(a->precision, p->n, &form, (const char *)s->parameters + p->skip, sum, gradient);
}

/// Make the last addition. Returns whether the sums are finite.
static bool add_last(const sp_apply *a, const sp_applied *s, const stretch_part *p, void *sum) {
  sp_addends of_part = sp_addends_from(s->sum, p->skip);
  return sp_sum(a->precision, p->n, of_part.first, of_part.second, sum);
}

static bool update_part(sp_apply *a, const sp_applied *s, const stretch_part *p) {
  _Alignas(64) char sum[PIECE * sizeof(double)], made[PIECE * sizeof(double)];
  bool makes = makes_gradient(a);
  sp_update u = {.n = p->n,
                 .p = (char *)s->parameters + p->skip,
                 .gradient = makes ? (sp_addends){made, NULL} : sp_addends_from(s->sum, p->skip),
                 .scale = (makes ? 1 : a->scale) * a->clip_factor,
                 .lr_factor = a->lr_factor,
                 .step = a->step,
                 .memo = &a->memo};
  if (makes && !add_last(a, s, p, sum)) return false;
  if (makes) make_gradient(a, s, p, sum, made);
  sp_rule_advance(&p->group->rule, u.step, &a->memo);
  for (int i = 0; i < SP_MAX_SLOTS && s->slot[i]; i++) u.slot[i] = (char *)s->slot[i] + p->skip;
  return sp_rule_update(&p->group->rule, a->precision, &u);
}

static bool observe_part(const sp_apply *a, const sp_applied *s, const stretch_part *p) {
  _Alignas(64) char sum[PIECE * sizeof(double)];
  if (!add_last(a, s, p, sum)) return false;
  int64_t first = s->first + (int64_t)(p->skip / sp_dtype_size(a->precision));
  sp_statistics_update(a->table, a->precision, 1 / a->rows, first, p->n, (char *)s->parameters + p->skip, sum);
  return true;
}

bool sp_apply_update(sp_apply *a, const sp_applied *s) {
  bool statistics = is_statistics(a, s), finite = true;
  for (int64_t done = 0; done < s->n && finite;) {
    stretch_part p = next_part(a, s, done);
    finite = statistics ? observe_part(a, s, &p) : update_part(a, s, &p);
    done += p.n;
  }
  return finite;
}

// --- the norm -----------------------------------------------------------------------------------------------------

double sp_apply_squares(const sp_apply *a, const sp_applied *s) {
  _Alignas(64) char made[PIECE * sizeof(double)];
  if (is_statistics(a, s)) return 0;
  if (!makes_gradient(a)) return sp_sum_squares(a->precision, s->n, s->sum.first);
  double total = 0;
  for (int64_t done = 0; done < s->n;) {
    stretch_part p = next_part(a, s, done);
    make_gradient(a, s, &p, (const char *)s->sum.first + p.skip, made);
    total += sp_sum_squares(a->precision, p.n, made);
    done += p.n;
  }
  return total;
}

double sp_apply_clip(sp_apply *a, double squares) {
  double norm = (makes_gradient(a) ? 1 : a->scale) * sqrt(squares);
  a->clip_factor = sp_gradient_clip_factor(a->options->clip_norm, norm);
  return norm;
}
