// SPDX-License-Identifier: Apache-2.0
// A set of words as a sorted array: sets are small, and built once.
#include "import/categories.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "import/cell.h"

static int compare(const char *a, const char *b) {
  double x = 0, y = 0;
  bool number_a = sp_cell_number(a, '.', &x) == SP_CELL_NUMBER, number_b = sp_cell_number(b, '.', &y) == SP_CELL_NUMBER;
  if (number_a != number_b) return number_a ? -1 : 1;
  if (number_a && x != y) return x < y ? -1 : 1;
  return strcmp(a, b);
}

/// Returns the index of the word, or the index at which to insert it.
static int64_t place(const sp_categories *set, const char *word, bool *found) {
  int64_t low = 0, high = set->count;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    int order = compare(set->word[middle], word);
    if (order == 0) {
      *found = true;
      return middle;
    }
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  *found = false;
  return low;
}

sp_status sp_categories_add(sp_categories *set, const char *word) {
  bool found;
  int64_t at = place(set, word, &found);
  if (found) return SP_OK;
  if (!sp_cell_utf8(word))
    return sp_fail(SP_ERR_DATA, "found '%.40s', expected UTF-8 (convert the file with iconv)", word);
  if (set->count == SP_CATEGORIES_LIMIT) {
    return sp_fail(SP_ERR_DATA, "found more than %d different words, which is the limit for categories",
                   SP_CATEGORIES_LIMIT);
  }
  if (set->count == set->capacity) {
    int64_t capacity = set->capacity > 0 ? 2 * set->capacity : 16;
    char **larger = realloc(set->word, (size_t)capacity * sizeof *larger);
    if (!larger) return sp_fail(SP_ERR_MEMORY, "out of memory for %lld categories", (long long)capacity);
    set->word = larger;
    set->capacity = capacity;
  }
  char *copy = strdup(word);
  if (!copy) return sp_fail(SP_ERR_MEMORY, "out of memory for the category '%.40s'", word);
  memmove(set->word + at + 1, set->word + at, (size_t)(set->count - at) * sizeof *set->word);
  set->word[at] = copy;
  set->count++;
  return SP_OK;
}

int64_t sp_categories_find(const sp_categories *set, const char *word) {
  bool found;
  int64_t at = place(set, word, &found);
  return found ? at : -1;
}

void sp_categories_free(sp_categories *set) {
  for (int64_t i = 0; i < set->count; i++) free(set->word[i]);
  free(set->word);
  *set = (sp_categories){0};
}
