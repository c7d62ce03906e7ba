// SPDX-License-Identifier: Apache-2.0
// Description of a checkpoint.
#include "checkpoint/checkpoint_inspect.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/visible.h"
#include "checkpoint/checkpoint_values.h"
#include "checkpoint/decode.h"
#include "checkpoint/tensors.h"

sp_status sp_checkpoint_inspect(const char *path, sp_checkpoint_about *about) {
  sp_snapshot snapshot;
  SP_TRY(sp_snapshot_open(path, &snapshot));
  *about = (sp_checkpoint_about){.progress = snapshot.progress,
                                 .precision = snapshot.precision,
                                 .lanes = snapshot.lanes,
                                 .blocks = snapshot.table.blocks,
                                 .parts = snapshot.layout.parts,
                                 .seed = snapshot.seed,
                                 .arithmetic = snapshot.arithmetic,
                                 .config = snapshot.config};
  snprintf(about->versions, sizeof about->versions, "%s", snapshot.versions);
  snapshot.config = NULL;
  sp_snapshot_free(&snapshot);
  return SP_OK;
}

void sp_checkpoint_about_free(sp_checkpoint_about *about) {
  free(about->config);
  *about = (sp_checkpoint_about){0};
}

// --- print --------------------------------------------------------------------------------------------------------

static sp_status write_raw(const sp_snapshot *snapshot, int vector, int64_t first, int64_t blocks, const void *data,
                           void *context) {
  (void)vector, (void)first, (void)context;
  size_t bytes = (size_t)blocks * SP_BLOCK * sp_dtype_size(snapshot->precision);
  return fwrite(data, 1, bytes, stdout) == bytes ? SP_OK : sp_fail(SP_ERR_IO, "standard output: cannot be written");
}

typedef struct summary {
  double smallest, largest, sum;
} summary;

static void add_values(summary *s, sp_dtype precision, const void *data, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; i++) {
    double value = precision == SP_FLOAT32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
    if (value < s->smallest) s->smallest = value;
    if (value > s->largest) s->largest = value;
    s->sum += value;
  }
}

/// context: a summary for each tensor of each vector.
static sp_status summarise(const sp_snapshot *snapshot, int vector, int64_t first, int64_t blocks, const void *data,
                           void *context) {
  const sp_parameter_table *table = &snapshot->table;
  summary *summaries = (summary *)context + vector * table->tensors;
  for (int64_t i = 0; i < table->tensors; i++) {
    int64_t begin, end;
    if (!sp_tensor_in_blocks(&table->tensor[i], first, blocks, &begin, &end)) continue;
    add_values(&summaries[i], snapshot->precision, data, begin, end);
  }
  return SP_OK;
}

enum { NAME = 256 };

static void name_of(const sp_snapshot *snapshot, int vector, int64_t tensor, char name[NAME]) {
  snprintf(name, NAME, "%s%s/%s", vector ? "optimizer/" : "parameters", vector ? snapshot->slot_name[vector - 1] : "",
           snapshot->table.tensor[tensor].name);
}

static void print_table(const sp_snapshot *snapshot, const summary *summaries) {
  char name[NAME], shape[200];
  int width = 40;
  for (int64_t i = 0; i < (1 + snapshot->slots) * snapshot->table.tensors; i++) {
    name_of(snapshot, (int)(i / snapshot->table.tensors), i % snapshot->table.tensors, name);
    if ((int)strlen(name) > width) width = (int)strlen(name);
  }
  printf("%-*s %-20s %-8s %14s %14s %14s\n", width, "tensor", "shape", "type", "smallest", "largest", "mean");
  for (int v = 0; v <= snapshot->slots; v++) {
    for (int64_t i = 0; i < snapshot->table.tensors; i++) {
      const sp_tensor *tensor = &snapshot->table.tensor[i];
      if (v > 0 && !sp_tensor_in_slot(tensor, snapshot->slot_name[v - 1])) continue;
      const summary *s = &summaries[v * snapshot->table.tensors + i];
      name_of(snapshot, v, i, name);
      sp_visible_line("%-*s %-20s %-8s %14.6g %14.6g %14.6g", width, name, sp_shape_text(&tensor->shape, shape),
                      sp_dtype_name(snapshot->precision), s->smallest, s->largest, s->sum / (double)tensor->count);
    }
  }
}

static void add_tensors(const sp_snapshot *snapshot, const summary *summaries, sp_text *out) {
  for (int v = 0; v <= snapshot->slots; v++) {
    for (int64_t i = 0; i < snapshot->table.tensors; i++) {
      const sp_tensor *tensor = &snapshot->table.tensor[i];
      if (v > 0 && !sp_tensor_in_slot(tensor, snapshot->slot_name[v - 1])) continue;
      const summary *s = &summaries[v * snapshot->table.tensors + i];
      char shape[200];
      sp_text_add(out, "%s{\"vector\": ", v > 0 || i > 0 ? ", " : "");
      sp_text_add_json(out, v ? snapshot->slot_name[v - 1] : "parameters");
      sp_text_add(out, ", \"name\": ");
      sp_text_add_json(out, tensor->name);
      sp_text_add(out, ", \"shape\": %s, \"type\": \"%s\", \"smallest\": ", sp_shape_text(&tensor->shape, shape),
                  sp_dtype_name(snapshot->precision));
      sp_text_add_json_number(out, s->smallest, 17);
      sp_text_add(out, ", \"largest\": ");
      sp_text_add_json_number(out, s->largest, 17);
      sp_text_add(out, ", \"mean\": ");
      sp_text_add_json_number(out, s->sum / (double)tensor->count, 17);
      sp_text_add(out, "}");
    }
  }
}

/// Write a table to stdout when `out` is NULL, else append JSON to it.
static sp_status summarise_all(const char *path, const sp_snapshot *snapshot, sp_text *out) {
  int64_t rows = (1 + snapshot->slots) * snapshot->table.tensors;
  summary *summaries;
  SP_TRY(sp_allocate(rows, sizeof *summaries, "summary of a checkpoint", &summaries));
  for (int64_t i = 0; i < rows; i++) summaries[i] = (summary){INFINITY, -INFINITY, 0};
  sp_status status = sp_checkpoint_visit(path, snapshot, summarise, summaries);
  if (status == SP_OK && out) add_tensors(snapshot, summaries, out);
  if (status == SP_OK && !out) print_table(snapshot, summaries);
  free(summaries);
  return status;
}

sp_status sp_checkpoint_print(const char *path, bool raw) {
  sp_snapshot snapshot;
  SP_TRY(sp_snapshot_open(path, &snapshot));
  sp_status status = raw ? sp_checkpoint_visit(path, &snapshot, write_raw, NULL) : summarise_all(path, &snapshot, NULL);
  sp_snapshot_free(&snapshot);
  return status;
}

sp_status sp_checkpoint_add_tensors(const char *path, sp_text *out) {
  sp_snapshot snapshot;
  SP_TRY(sp_snapshot_open(path, &snapshot));
  sp_text_add(out, "[");
  sp_status status = summarise_all(path, &snapshot, out);
  sp_text_add(out, "]");
  sp_snapshot_free(&snapshot);
  return status;
}
