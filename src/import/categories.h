// SPDX-License-Identifier: Apache-2.0
// A set of words that become numbers: in an order of their own, whatever order they came in.
#ifndef SP_IMPORT_CATEGORIES_H
#define SP_IMPORT_CATEGORIES_H

#include <stdint.h>

#include "shardprop/status.h"

enum { SP_CATEGORIES_LIMIT = 65536 };

/// Start with `sp_categories set = {0};`. Sorted: numbers by their value, then words by their bytes.
typedef struct sp_categories {
  char **word;
  int64_t count, capacity;
} sp_categories;

/// Errors: SP_ERR_DATA for more than SP_CATEGORIES_LIMIT words, or one that is not UTF-8; SP_ERR_MEMORY.
sp_status sp_categories_add(sp_categories *set, const char *word);
int64_t sp_categories_find(const sp_categories *set, const char *word);  ///< its place, or -1
void sp_categories_free(sp_categories *set);

#endif
