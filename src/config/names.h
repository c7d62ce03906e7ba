// SPDX-License-Identifier: Apache-2.0
// Lookup by exact or similar name.
#ifndef SP_CONFIG_NAMES_H
#define SP_CONFIG_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/options.h"

/// Returns the variant called `name`, or NULL.
const sp_variant *sp_variant_find(const sp_variant *const *variants, const char *name);

/// Returns the name nearest to `name`, or NULL. The number of edits (Damerau-Levenshtein) is at most a third of the
/// length of the name, and at most one for names of two to five letters. Ignores case.
const char *sp_nearest_name(const char *name, const char *const *names, int64_t count);

/// Append " (did you mean 'decay'?)" and return true if one of `names` is near `name`.
bool sp_names_hint(sp_text *out, const char *name, const char *const *names, int64_t count);
/// Append a name for messages and help, in quotes if it has no letter or digit, such as ','.
void sp_name_add(sp_text *out, const char *name);
/// Append "a, b, c", each as by sp_name_add.
void sp_names_list(sp_text *out, const char *const *names, int64_t count);

/// Return the names of a table (for an INLINE option, the names of its variants) or of variants,
/// as an array in the arena.
const char **sp_option_names(const sp_option *table, sp_arena *arena, int64_t *count);
const char **sp_variant_names(const sp_variant *const *variants, sp_arena *arena, int64_t *count);

#endif
