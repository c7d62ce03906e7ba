// SPDX-License-Identifier: Apache-2.0
// Update rules: pure arithmetic on a range of the parameter vector. Knows neither ranks nor tensors.
#ifndef SP_OPTIM_RULE_H
#define SP_OPTIM_RULE_H

#include <stdint.h>

#include "base/dtype.h"
#include "config/options.h"

enum { SP_MAX_SLOTS = 3, SP_MEMO_SCALARS = 4 };

/// What a rule works out once a step, from the step's number and from its options but lr and weight_decay, which groups have
/// of their own: bias corrections. It is never stored: a resumed run computes it again, with the same bits. All 0 at first.
typedef struct sp_rule_memo {
  int64_t step;  ///< the one it is for
  double scalar[SP_MEMO_SCALARS];
} sp_rule_memo;

/// One update of values [0, n) of a shard. Every rule is element-wise: no result depends on how a vector is cut.
/// The arrays are disjoint and of the precision; n = 0 is legal.
typedef struct sp_update {
  int64_t n;
  void *p;                   ///< parameters, updated in place
  const void *gradient;      ///< sums over the samples of the batch; finite
  void *slot[SP_MAX_SLOTS];  ///< optimizer state, updated in place
  double scale;              ///< the gradient is scale * gradient: 1 / rows for a mean
  double lr_factor;          ///< the schedule's: the learning rate is lr_factor * lr, in decoupled weight decay too
  int64_t step;              ///< number of this update, from 1; steps that were left out do not count
  const sp_rule_memo *memo;  ///< of this step; may be NULL for a rule that has no advance
} sp_update;

/// A rule. Its functions get the options that its table filled. A new one takes a file and a line in rule_list.h.
/// Without weight decay, a value whose gradient has always been 0 keeps its bits: the padding of a vector stays 0.
typedef struct sp_rule {
  sp_variant about;
  sp_status (*check)(const void *options, const char *path);  ///< what no range can say; path: its own; NULL: nothing
  int (*slots)(const void *options);                          ///< how many slots these options need
  const char *(*slot_name)(const void *options, int slot);    ///< "square_avg"
  double (*slot_initial)(const void *options, int slot);      ///< all values of the slot before step 1; NULL: 0
  void (*advance)(const void *options, int64_t step, sp_rule_memo *);  ///< from any step to any; NULL: no need of it
  void (*update32)(const void *options, const sp_update *);            ///< float32
  void (*update64)(const void *options, const sp_update *);            ///< float64
} sp_rule;

#define SP_RULE(name) extern const sp_rule sp_rule_##name;
#include "optim/rule_list.h"
#undef SP_RULE

extern const sp_variant *const sp_rules[];  ///< the registry: each is an sp_rule, NULL ends it

static inline const sp_rule *sp_rule_of(const sp_selected *selected) { return (const sp_rule *)selected->type; }

/// Check what the rule's options must fulfil together (each alone is in its range already).
/// Collective: no.  Errors: SP_ERR_CONFIG, "optimizer.rmsprop.nesterov: …", the path being the one it was selected at.
sp_status sp_optimizer_check(const sp_selected *rule);

/// The rule's learning rate; 0 where it has none. Collective: no.  Errors: none.
double sp_optimizer_lr(const sp_selected *rule);

/// Set values [0, n) of a slot to what they are before step 1. Collective: no. Errors: none.
void sp_optimizer_start_slot(const sp_selected *rule, sp_dtype precision, int slot, int64_t n, void *values);

/// Make the memo that of a step (from 1), whichever it was for. Collective: no. Errors: none.
void sp_optimizer_advance(const sp_selected *rule, int64_t step, sp_rule_memo *memo);

/// Run the rule in the given precision, SP_FLOAT32 or SP_FLOAT64.
/// Collective: no.  Ownership: borrows all, allocates nothing.  Errors: none.
void sp_optimizer_update(const sp_selected *rule, sp_dtype precision, const sp_update *update);

#endif
