// SPDX-License-Identifier: Apache-2.0
// The public checkpoint: an open snapshot, and values read from its parts.
#include "shardprop/checkpoint.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "api/values.h"
#include "base/locale.h"
#include "base/memory.h"
#include "checkpoint/checkpoint_directory.h"
#include "checkpoint/checkpoint_verify.h"
#include "checkpoint/decode.h"
#include "checkpoint/part.h"

struct sp_checkpoint {
  char path[PATH_MAX];
  sp_snapshot snapshot;
};

sp_status sp_checkpoint_open(const char *name, sp_checkpoint **out) {
  SP_C_LOCALE;
  sp_checkpoint *c;
  SP_TRY(sp_allocate(1, sizeof *c, "checkpoint", &c));
  sp_status status = sp_checkpoint_find(name, c->path);
  if (status == SP_OK) status = sp_snapshot_open(c->path, &c->snapshot);
  if (status == SP_OK) {
    *out = c;
  } else {
    free(c);
  }
  return status;
}

const char *sp_checkpoint_path(const sp_checkpoint *c) { return c->path; }

int64_t sp_checkpoint_step(const sp_checkpoint *c) { return c->snapshot.progress.step; }

int64_t sp_checkpoint_epoch(const sp_checkpoint *c) { return c->snapshot.progress.epoch; }

const char *sp_checkpoint_config(const sp_checkpoint *c) { return c->snapshot.config; }

const char *sp_checkpoint_tensor(const sp_checkpoint *c, int64_t index, int64_t *values) {
  const sp_parameter_table *table = &c->snapshot.table;
  if (index < 0 || index >= table->tensors) return NULL;
  if (values) *values = table->tensor[index].count;
  return table->tensor[index].name;
}

static sp_status find_vector(const sp_checkpoint *c, const char *slot, int *vector) {
  const sp_snapshot *s = &c->snapshot;
  *vector = 0;
  if (!slot) return SP_OK;
  for (int i = 0; i < s->slots; i++) {
    if (strcmp(s->slot_name[i], slot) == 0) *vector = 1 + i;
  }
  if (*vector > 0) return SP_OK;
  return sp_fail(SP_ERR_USAGE, "checkpoint %s: has no optimizer slot %s, expected a name such as %s", c->path, slot,
                 s->slots > 0 ? s->slot_name[0] : "(none)");
}

sp_status sp_checkpoint_read(const sp_checkpoint *c, const char *slot, const char *tensor, double *values,
                             int64_t count) {
  SP_C_LOCALE;
  const sp_snapshot *s = &c->snapshot;
  const sp_tensor *found = NULL;
  int vector;
  void *blocks;
  SP_TRY(sp_context(sp_api_find_tensor(&s->table, tensor, count, &found), "checkpoint %s", c->path));
  SP_TRY(find_vector(c, slot, &vector));
  int64_t first = found->offset / SP_BLOCK, end = (found->offset + count + SP_BLOCK - 1) / SP_BLOCK;
  SP_TRY(sp_allocate((end - first) * SP_BLOCK, sp_dtype_size(s->precision), "values of a checkpoint", &blocks));
  sp_status status =
      sp_context(sp_vector_read(c->path, s, vector, first, end - first, blocks), "checkpoint %s", c->path);
  if (status == SP_OK) sp_api_copy_values(s->precision, blocks, found->offset - first * SP_BLOCK, count, values);
  free(blocks);
  return status;
}

sp_status sp_checkpoint_check(const sp_checkpoint *c) {
  SP_C_LOCALE;
  return sp_checkpoint_verify(c->path);
}

void sp_checkpoint_close(sp_checkpoint *c) {
  if (!c) return;
  sp_snapshot_free(&c->snapshot);
  free(c);
}
