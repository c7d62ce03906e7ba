// SPDX-License-Identifier: Apache-2.0
// Groups: which parts of the parameter vector are updated in another way than the others.
#ifndef SP_OPTIM_GROUPS_H
#define SP_OPTIM_GROUPS_H

#include "base/text.h"
#include "config/document.h"
#include "model/parameters.h"
#include "optim/optimizer_options.h"

/// What the values of a group are updated with.
typedef struct sp_parameter_group {
  sp_selected rule;  ///< the run's, with the group's own options
  double l1;
} sp_parameter_group;

typedef struct sp_parameter_groups sp_parameter_groups;

/// Sort the tensors of a table into the groups of the options: each belongs to the first one that has a pattern for it, or
/// else to the run's own. Borrows options and table for as long as it lives.
/// Collective: no.  Errors: SP_ERR_CONFIG with a place in the document, which may be NULL: a pattern that no tensor
/// has, a group whose tensors all belong to groups before it, and an option that the rule does not have. SP_ERR_MEMORY.
sp_status sp_groups_create(const sp_optimizer_options *options, const sp_parameter_table *table,
                           const sp_document *document, sp_parameter_groups **out);
void sp_groups_free(sp_parameter_groups *groups);  ///< NULL is fine

/// The group of value `first` of the vector, and in *end where the next one begins. Gaps between tensors and the padding
/// behind them belong to the tensor before. Collective: no. Errors: none.
const sp_parameter_group *sp_groups_at(const sp_parameter_groups *groups, int64_t first, int64_t *end);

/// Append a line a group: "  dense_1/bias, dense_2/bias: lr 0.001, weight_decay 0, l1 0". Collective: no. Errors: none.
void sp_groups_describe(const sp_parameter_groups *groups, const sp_parameter_table *table, sp_text *out);

/// Is there an L1 penalty for any value? Collective: no. Errors: none.
bool sp_groups_have_l1(const sp_parameter_groups *groups);

#endif
