// SPDX-License-Identifier: Apache-2.0
// Update rules: arithmetic on a range of the parameter vector. Independent of ranks and tensors.
#ifndef SP_OPTIM_RULE_H
#define SP_OPTIM_RULE_H

#include <stdint.h>

#include "base/dtype.h"
#include "compute/addends.h"
#include "config/options.h"

enum { SP_MAX_SLOTS = 3, SP_MEMO_SCALARS = 4 };

/// Values that a rule computes once per step, such as bias corrections, from the step number and its options except lr
/// and weight_decay, which differ between groups. They are not saved: a resumed run recomputes them with the same bits.
/// Initially all 0.
typedef struct sp_rule_memo {
  int64_t step;  ///< step for which it is valid
  double scalar[SP_MEMO_SCALARS];
} sp_rule_memo;

/// One update of values [0, n) of a shard. Every rule is element-wise, so the result does not depend on how the vector
/// is divided. The arrays are disjoint and of the precision; n may be 0.
typedef struct sp_update {
  int64_t n;
  void *p;                   ///< parameters, updated in place
  sp_addends gradient;       ///< sums over the samples of the batch
  void *slot[SP_MAX_SLOTS];  ///< optimizer state, updated in place
  double scale;              ///< the gradient is scale * gradient: 1 / rows for a mean
  double lr_factor;          ///< of the schedule: the learning rate is lr_factor * lr, also in decoupled weight decay
  int64_t step;              ///< number of this update, from 1; skipped steps do not count
  const sp_rule_memo *memo;  ///< of this step; may be NULL for a rule without `advance`
} sp_update;

/// A rule. Its functions take the options that its table filled. To add one, add a file and a line in rule_list.h.
/// Without weight decay, a value whose gradient has always been 0 must keep its bits, so that the padding of a vector
/// remains 0.
typedef struct sp_rule {
  sp_variant about;
  sp_status (*check)(const void *options, const char *path);  ///< checks beyond ranges; path: its own; may be NULL
  int (*slots)(const void *options);                          ///< number of slots that these options need
  const char *(*slot_name)(const void *options, int slot);    ///< "square_avg"
  double (*slot_initial)(const void *options, int slot);      ///< initial value of a slot; NULL: 0
  void (*advance)(const void *options, int64_t step, sp_rule_memo *);  ///< from any step to any; may be NULL
  /// Update with float32 or float64, where gradient.second is not NULL. Returns whether all sums are finite; one that is not
  /// counts as 0.
  bool (*update32)(const void *options, const sp_update *);
  bool (*update64)(const void *options, const sp_update *);
} sp_rule;

#define SP_RULE(name) extern const sp_rule sp_rule_##name;
#include "optim/rule_list.h"
#undef SP_RULE

extern const sp_variant *const sp_rules[];  ///< the registry: pointers to sp_rule, terminated by NULL

static inline const sp_rule *sp_rule_of(const sp_selected *selected) { return (const sp_rule *)selected->type; }

/// Check the rule's options in combination; each option is already within its range. Collective: no.
/// Errors: SP_ERR_CONFIG, "optimizer.rmsprop.nesterov: …", with the path at which the rule was selected.
sp_status sp_rule_check(const sp_selected *rule);

/// Returns the rule's learning rate; 0 if it has none. Collective: no.  Errors: none.
double sp_rule_lr(const sp_selected *rule);

/// Set values [0, n) of a slot to their initial value. Collective: no. Errors: none.
void sp_rule_start_slot(const sp_selected *rule, sp_dtype precision, int slot, int64_t n, void *values);

/// Advance the memo to a step (from 1), from any other step. Collective: no. Errors: none.
void sp_rule_advance(const sp_selected *rule, int64_t step, sp_rule_memo *memo);

/// Apply the rule in the given precision, SP_FLOAT32 or SP_FLOAT64. Returns whether all sums are finite; one that is not
/// counts as 0, so that parameters and slots remain finite.
/// Collective: no.  Ownership: borrows all, allocates nothing.  Errors: none.
bool sp_rule_update(const sp_selected *rule, sp_dtype precision, const sp_update *update);

#endif
