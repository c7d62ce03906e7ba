// SPDX-License-Identifier: Apache-2.0
// Lookup by exact or similar name.
#include "config/names.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 64 };  // longest name that is compared

const sp_variant *sp_variant_find(const sp_variant *const *variants, const char *name) {
  for (; *variants; variants++) {
    if (strcmp((*variants)->name, name) == 0) return *variants;
  }
  return NULL;
}

static int smaller(int a, int b) { return a < b ? a : b; }

/// Returns the number of edits between two names, ignoring case: insert, delete, replace, swap two neighbours. Optimal
/// string alignment, the restricted Damerau-Levenshtein distance (Boytsov 2011, section 2.2.1).
static int edits(const char *a, size_t a_size, const char *b, size_t b_size) {
  int row[3][LONGEST + 1] = {0};  // of the table: the last but one, the last, the current one
  for (size_t j = 0; j <= b_size; j++) row[1][j] = (int)j;
  for (size_t i = 1; i <= a_size; i++) {
    row[2][0] = (int)i;
    for (size_t j = 1; j <= b_size; j++) {
      int same_here = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
      int best = smaller(smaller(row[1][j], row[2][j - 1]) + 1, row[1][j - 1] + !same_here);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) best = smaller(best, row[0][j - 2] + 1);
      row[2][j] = best;
    }
    memcpy(row[0], row[1], sizeof row[0]);
    memcpy(row[1], row[2], sizeof row[0]);
  }
  return row[1][b_size];
}

const char *sp_nearest_name(const char *name, const char *const *names, int64_t count) {
  size_t size = strlen(name);
  if (size < 2 || size > LONGEST) return NULL;
  int allowed = size < 6 ? 1 : (int)size / 3;
  const char *nearest = NULL;
  for (int64_t i = 0; i < count; i++) {
    size_t other = strlen(names[i]);
    if (other > LONGEST) continue;
    int distance = edits(name, size, names[i], other);
    if (distance > allowed) continue;
    nearest = names[i];
    allowed = distance - 1;  // the first of several at the same distance
  }
  return nearest;
}

bool sp_names_hint(sp_text *out, const char *name, const char *const *names, int64_t count) {
  const char *nearest = sp_nearest_name(name, names, count);
  if (nearest) sp_text_add(out, " (did you mean '%s'?)", nearest);
  return nearest != NULL;
}

void sp_name_add(sp_text *out, const char *name) {
  const char *quote = "'";
  for (const char *c = name; *c; c++) {
    if (isalnum((unsigned char)*c)) quote = "";
  }
  sp_text_add(out, "%s%s%s", quote, name, quote);
}

void sp_names_list(sp_text *out, const char *const *names, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    if (i > 0) sp_text_add(out, ", ");
    sp_name_add(out, names[i]);
  }
}

static int64_t count_names(const sp_option *option) {
  int64_t count = 0;
  if (!(option->flags & SP_OPTION_INLINE)) return 1;
  while (option->variants[count]) count++;
  return count;
}

const char **sp_option_names(const sp_option *table, sp_arena *arena, int64_t *count) {
  *count = 0;
  for (const sp_option *option = table; option->name; option++) *count += count_names(option);
  const char **names = sp_arena_allocate(arena, (size_t)*count * sizeof *names), **end = names;
  for (; table->name; table++) {
    bool inlined = table->flags & SP_OPTION_INLINE;
    for (int64_t i = 0; i < count_names(table); i++) *end++ = inlined ? table->variants[i]->name : table->name;
  }
  return names;
}

const char **sp_variant_names(const sp_variant *const *variants, sp_arena *arena, int64_t *count) {
  *count = 0;
  while (variants[*count]) ++*count;
  const char **names = sp_arena_allocate(arena, (size_t)*count * sizeof *names);
  for (int64_t i = 0; i < *count; i++) names[i] = variants[i]->name;
  return names;
}
