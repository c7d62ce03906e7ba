// SPDX-License-Identifier: Apache-2.0
// A set of words that are numbered in a sorted order, whatever order they were added in.
#ifndef SP_IMPORT_CATEGORIES_H
#define SP_IMPORT_CATEGORIES_H

#include <stdint.h>

#include "shardprop/status.h"

enum { SP_CATEGORIES_LIMIT = 65536 };

/// Initialise with `sp_categories set = {0};`. Sorted: numbers by value, then words by bytes.
typedef struct sp_categories {
  char **word;
  int64_t count, capacity;
} sp_categories;

/// Add a word, unless the set contains it. Errors: SP_ERR_DATA for more than SP_CATEGORIES_LIMIT words, or a word that
/// is not UTF-8; SP_ERR_MEMORY.
sp_status sp_categories_add(sp_categories *set, const char *word);
int64_t sp_categories_find(const sp_categories *set, const char *word);  ///< index of the word, or -1
void sp_categories_free(sp_categories *set);

#endif
