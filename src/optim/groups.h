// SPDX-License-Identifier: Apache-2.0
// Groups of tensors that are updated with different options.
#ifndef SP_OPTIM_GROUPS_H
#define SP_OPTIM_GROUPS_H

#include "base/text.h"
#include "config/document.h"
#include "model/parameters.h"
#include "optim/optimizer_options.h"

/// The update options of a group.
typedef struct sp_parameter_group {
  sp_selected rule;  ///< the rule of the run, with the options of the group
  double l1;
} sp_parameter_group;

typedef struct sp_parameter_groups sp_parameter_groups;

/// Assign the trained tensors of a table to the groups of the options. Each tensor belongs to the first group with a matching
/// pattern, or to the default group. Borrows options and table until it is freed.
/// Collective: no.  Errors: SP_ERR_CONFIG with a place in the document (which may be NULL) for a pattern that matches
/// no tensor, a group whose tensors all belong to earlier groups, and an option that the rule does not have;
/// SP_ERR_MEMORY.
sp_status sp_groups_create(const sp_optimizer_options *options, const sp_parameter_table *table,
                           const sp_document *document, sp_parameter_groups **out);
void sp_groups_free(sp_parameter_groups *groups);  ///< groups may be NULL

/// Returns the group of value `first` of the vector, and sets *end to the value where the next group begins. Gaps and
/// padding belong to the tensor before them. Collective: no. Errors: none.
const sp_parameter_group *sp_groups_at(const sp_parameter_groups *groups, int64_t first, int64_t *end);

/// Append one line for each group: "  dense_1/bias, dense_2/bias: lr 0.001, weight_decay 0, l1 0". Collective: no.
/// Errors: none.
void sp_groups_describe(const sp_parameter_groups *groups, const sp_parameter_table *table, sp_text *out);

/// Returns true if any group has an L1 penalty. Collective: no. Errors: none.
bool sp_groups_have_l1(const sp_parameter_groups *groups);

#endif
