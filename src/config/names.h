// SPDX-License-Identifier: Apache-2.0
// Things found by their names, exactly or nearly.
#ifndef SP_CONFIG_NAMES_H
#define SP_CONFIG_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/options.h"

/// Returns the variant called `name`, or NULL.
const sp_variant *sp_variant_find(const sp_variant *const *variants, const char *name);

/// Returns the nearest name to `name` within a third of its length in edits (Damerau-Levenshtein), one edit for names of two to
/// five letters, or NULL. Upper and lower case are the same.
const char *sp_nearest_name(const char *name, const char *const *names, int64_t count);

/// Append " (did you mean 'decay'?)" and return true when a name is near one of these.
bool sp_names_hint(sp_text *out, const char *name, const char *const *names, int64_t count);
/// Append a name as messages and help show it: in quotes where it has no letter or digit, as ',' has none.
void sp_name_add(sp_text *out, const char *name);
/// Append "a, b, c", each as sp_name_add does.
void sp_names_list(sp_text *out, const char *const *names, int64_t count);

/// The names of a table (of an INLINE option, those it selects from) or of variants, in an array in the arena.
const char **sp_option_names(const sp_option *table, sp_arena *arena, int64_t *count);
const char **sp_variant_names(const sp_variant *const *variants, sp_arena *arena, int64_t *count);

#endif
