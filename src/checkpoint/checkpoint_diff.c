// SPDX-License-Identifier: Apache-2.0
// Comparison of two checkpoints.
#include "checkpoint/checkpoint_diff.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "checkpoint/decode.h"
#include "checkpoint/part.h"
#include "checkpoint/tensors.h"

typedef struct side {
  const char *path;
  sp_snapshot snapshot;
  void *data;  // current piece of a vector
} side;

typedef struct diff {
  side a, b;
  const sp_diff_report *report;
  bool equal;
  int64_t values;
} diff;

enum { PIECE = 256 };  // blocks per piece

// --- properties ---------------------------------------------------------------------------------------------------

static void property(diff *d, const char *name, const char *a, const char *b) {
  if (strcmp(a, b) == 0) return;
  d->equal = false;
  d->report->property(d->report->context, name, a, b);
}

static void whole(diff *d, const char *name, int64_t a, int64_t b) {
  char left[32], right[32];
  snprintf(left, sizeof left, "%lld", (long long)a);
  snprintf(right, sizeof right, "%lld", (long long)b);
  property(d, name, left, right);
}

/// Compare numbers. Equal bits, and two NaNs, count as equal.
static void reals(diff *d, const char *name, const double *a, const double *b, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    if (memcmp(&a[i], &b[i], sizeof *a) == 0 || (isnan(a[i]) && isnan(b[i]))) continue;
    char title[128], left[32], right[32];
    snprintf(title, sizeof title, count > 1 ? "%s[%lld]" : "%s", name, (long long)i);
    snprintf(left, sizeof left, "%.17g", a[i]);
    snprintf(right, sizeof right, "%.17g", b[i]);
    property(d, title, left, right);
  }
}

static void compare_progress(diff *d) {
  for (const sp_progress_field *field = sp_progress_fields; field->name; field++) {
    const void *a = (const char *)&d->a.snapshot.progress + field->offset;
    const void *b = (const char *)&d->b.snapshot.progress + field->offset;
    if (strcmp(field->name, "seconds") == 0) continue;
    if (field->real) {
      reals(d, field->name, a, b, field->count);
    } else {
      whole(d, field->name, *(const int64_t *)a, *(const int64_t *)b);
    }
  }
}

static const sp_state_array *find_array(const sp_snapshot *snapshot, const char *name) {
  for (int i = 0; i < snapshot->arrays; i++) {
    if (strcmp(snapshot->array[i].name, name) == 0) return &snapshot->array[i];
  }
  return NULL;
}

static void compare_arrays(diff *d) {
  for (int i = 0; i < d->a.snapshot.arrays; i++) {
    const sp_state_array *a = &d->a.snapshot.array[i], *b = find_array(&d->b.snapshot, a->name);
    if (!b) {
      property(d, a->name, "present", "missing");
    } else if (a->count != b->count) {
      whole(d, a->name, a->count, b->count);
    } else {
      reals(d, a->name, a->value, b->value, a->count);
    }
  }
  for (int i = 0; i < d->b.snapshot.arrays; i++) {
    const char *name = d->b.snapshot.array[i].name;
    if (!find_array(&d->a.snapshot, name)) property(d, name, "missing", "present");
  }
}

static const char *slots_text(const sp_snapshot *snapshot, sp_text *text) {
  for (int i = 0; i < snapshot->slots; i++) sp_text_add(text, "%s%s", i ? ", " : "", snapshot->slot_name[i]);
  return text->size ? text->data : "none";
}

static void compare_slots(diff *d) {
  sp_text a = {0}, b = {0};
  property(d, "optimizer state", slots_text(&d->a.snapshot, &a), slots_text(&d->b.snapshot, &b));
  sp_text_free(&a);
  sp_text_free(&b);
}

/// Compare the tensors. Returns false when the models differ.
static bool compare_models(diff *d) {
  const sp_parameter_table *a = &d->a.snapshot.table, *b = &d->b.snapshot.table;
  bool same = a->tensors == b->tensors && a->blocks == b->blocks;
  for (int64_t i = 0; i < a->tensors || i < b->tensors; i++) {
    const sp_tensor *left = i < a->tensors ? &a->tensor[i] : NULL, *right = i < b->tensors ? &b->tensor[i] : NULL;
    if (left && right && sp_tensor_same(left, right)) continue;
    char name[64], left_text[512], right_text[512];
    snprintf(name, sizeof name, "model: tensor %lld", (long long)i + 1);
    property(d, name, sp_tensor_text(left, left_text), sp_tensor_text(right, right_text));
    same = false;
  }
  return same;
}

// --- values -------------------------------------------------------------------------------------------------------

static double value_at(const side *s, int64_t i) {
  return s->snapshot.precision == SP_FLOAT32 ? (double)((const float *)s->data)[i] : ((const double *)s->data)[i];
}

static void add_value(sp_tensor_difference *difference, int64_t place, double a, double b) {
  double absolute = fabs(a - b), size = fmax(fabs(a), fabs(b)), relative = size > 0 ? absolute / size : 0;
  if (difference->values++ == 0) {
    const sp_shape *shape = &difference->tensor->shape;
    for (int i = shape->rank - 1; i >= 0; i--) {
      difference->first[i] = place % shape->extent[i];
      place /= shape->extent[i];
    }
    difference->a = a;
    difference->b = b;
  }
  if (absolute > difference->absolute) difference->absolute = absolute;
  if (relative > difference->relative) difference->relative = relative;
}

/// Compare the values of all tensors in blocks [first, first + blocks).
static void compare_piece(diff *d, int64_t first, int64_t blocks, sp_tensor_difference *differences) {
  const sp_parameter_table *table = &d->a.snapshot.table;
  int64_t piece = first * SP_BLOCK, piece_end = piece + blocks * SP_BLOCK;
  for (int64_t t = 0; t < table->tensors; t++) {
    const sp_tensor *tensor = &table->tensor[t];
    int64_t begin = tensor->offset > piece ? tensor->offset : piece, end = tensor->offset + tensor->count;
    if (end > piece_end) end = piece_end;
    for (int64_t i = begin; i < end; i++) {
      double a = value_at(&d->a, i - piece), b = value_at(&d->b, i - piece);
      if (memcmp(&a, &b, sizeof a) != 0) add_value(&differences[t], i - tensor->offset, a, b);
    }
    if (end > begin) d->values += end - begin;
  }
}

static sp_status read_piece(const side *s, int vector, int64_t first, int64_t blocks) {
  return sp_context(sp_vector_read(s->path, &s->snapshot, vector, first, blocks, s->data), "checkpoint %s", s->path);
}

/// differences: one for each tensor, overwritten.
static sp_status compare_vector(diff *d, int a, int b, sp_tensor_difference *differences) {
  const sp_parameter_table *table = &d->a.snapshot.table;
  const char *name = a ? d->a.snapshot.slot_name[a - 1] : "parameters";
  for (int64_t t = 0; t < table->tensors; t++) {
    differences[t] = (sp_tensor_difference){.vector = name, .tensor = &table->tensor[t]};
  }
  for (int64_t first = 0; first < table->blocks; first += PIECE) {
    int64_t blocks = table->blocks - first < PIECE ? table->blocks - first : PIECE;
    SP_TRY(read_piece(&d->a, a, first, blocks));
    SP_TRY(read_piece(&d->b, b, first, blocks));
    compare_piece(d, first, blocks, differences);
  }
  for (int64_t t = 0; t < table->tensors; t++) {
    if (differences[t].values == 0) continue;
    d->equal = false;
    d->report->tensor(d->report->context, &differences[t]);
  }
  return SP_OK;
}

static sp_status compare_values(diff *d) {
  sp_tensor_difference *differences = NULL;
  sp_status status = sp_allocate(PIECE * SP_BLOCK, sp_dtype_size(d->a.snapshot.precision), "a piece", &d->a.data);
  if (status == SP_OK) {
    status = sp_allocate(PIECE * SP_BLOCK, sp_dtype_size(d->b.snapshot.precision), "a piece", &d->b.data);
  }
  if (status == SP_OK) status = sp_allocate(d->a.snapshot.table.tensors, sizeof *differences, "tensors", &differences);
  if (status == SP_OK) status = compare_vector(d, 0, 0, differences);
  for (int i = 0; i < d->a.snapshot.slots; i++) {
    for (int j = 0; j < d->b.snapshot.slots && status == SP_OK; j++) {
      if (strcmp(d->a.snapshot.slot_name[i], d->b.snapshot.slot_name[j]) == 0) {
        status = compare_vector(d, 1 + i, 1 + j, differences);
      }
    }
  }
  free(differences);
  free(d->a.data);
  free(d->b.data);
  return status;
}

// --- both checkpoints ---------------------------------------------------------------------------------------------

static sp_status check_parts(const side *s) {
  sp_status status = SP_OK;
  for (int64_t i = 0; i < s->snapshot.layout.parts && status == SP_OK; i++) {
    status = sp_part_check(s->path, &s->snapshot, i);
  }
  return sp_context(status, "checkpoint %s", s->path);
}

static sp_status compare(diff *d) {
  SP_TRY(check_parts(&d->a));
  SP_TRY(check_parts(&d->b));
  const sp_snapshot *a = &d->a.snapshot, *b = &d->b.snapshot;
  property(d, "precision", sp_dtype_name(a->precision), sp_dtype_name(b->precision));
  whole(d, "lanes", a->lanes, b->lanes);
  whole(d, "seed", (int64_t)a->seed, (int64_t)b->seed);
  compare_progress(d);
  compare_arrays(d);
  compare_slots(d);
  return compare_models(d) ? compare_values(d) : SP_OK;
}

sp_status sp_checkpoint_diff(const char *a, const char *b, const sp_diff_report *report, bool *equal, int64_t *values) {
  diff d = {.a.path = a, .b.path = b, .report = report, .equal = true};
  SP_TRY(sp_snapshot_open(a, &d.a.snapshot));
  sp_status status = sp_snapshot_open(b, &d.b.snapshot);
  if (status == SP_OK) {
    status = compare(&d);
    sp_snapshot_free(&d.b.snapshot);
  }
  sp_snapshot_free(&d.a.snapshot);
  SP_TRY(status);
  *equal = d.equal;
  *values = d.values;
  return SP_OK;
}
