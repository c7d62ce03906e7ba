// SPDX-License-Identifier: Apache-2.0
// Reading metrics.jsonl.
#include "report/history.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "config/document.h"
#include "config/parse.h"

// --- series -------------------------------------------------------------------------------------------------------

/// Return the index of a series, or -1 if there is none.
static int64_t index_of(const sp_history *history, sp_series_kind kind, const char *name) {
  for (int64_t i = 0; i < history->count; i++) {
    if (history->series[i].kind == kind && strcmp(history->series[i].name, name) == 0) return i;
  }
  return -1;
}

const sp_series *sp_history_find(const sp_history *history, sp_series_kind kind, const char *name) {
  int64_t i = index_of(history, kind, name);
  return i >= 0 ? &history->series[i] : NULL;
}

/// Double the capacity; *items may move.
static sp_status grow(void *items, int64_t *capacity, size_t size) {
  void **at = items;
  int64_t wanted = *capacity > 0 ? 2 * *capacity : 16, bytes;
  void *moved = sp_multiply_size(wanted, (int64_t)size, &bytes) ? realloc(*at, (size_t)bytes) : NULL;
  if (!moved) return sp_fail(SP_ERR_MEMORY, "metrics.jsonl: not enough memory for %lld records", (long long)wanted);
  *at = moved;
  *capacity = wanted;
  return SP_OK;
}

static sp_status find_or_add(sp_history *history, int64_t *capacity, sp_series_kind kind, const char *name,
                             sp_series **out) {
  int64_t known = index_of(history, kind, name);
  if (known >= 0) {
    *out = &history->series[known];
    return SP_OK;
  }
  if (history->count == *capacity) SP_TRY(grow(&history->series, capacity, sizeof *history->series));
  char *copy = strdup(name);
  if (!copy) sp_out_of_memory();
  *out = &history->series[history->count++];
  **out = (sp_series){.kind = kind, .name = copy};
  return SP_OK;
}

static sp_status add_point(sp_series *series, sp_point point) {
  while (series->count > 0 && series->point[series->count - 1].step >= point.step) series->count--;
  if (series->count == series->capacity) SP_TRY(grow(&series->point, &series->capacity, sizeof *series->point));
  series->point[series->count++] = point;
  return SP_OK;
}

// --- lines --------------------------------------------------------------------------------------------------------

/// Read a JSON number; null stands for a value that was not finite.
static bool read_number(const sp_yaml_node *node, double *out) {
  if (!node || node->quoted || (node->kind != SP_YAML_SCALAR && node->kind != SP_YAML_NULL)) return false;
  if (node->kind == SP_YAML_NULL) {
    *out = (double)NAN;
    return true;
  }
  char *end;
  double value = strtod(node->text, &end);
  if (end == node->text || *end || !isfinite(value)) return false;
  *out = value;
  return true;
}

static bool read_whole(const sp_document *line, const char *key, int64_t *out) {
  double value;
  if (!read_number(sp_document_find(line, key), &value) || !(value >= 0 && value < 9e15)) return false;
  *out = (int64_t)value;
  return true;
}

static sp_status add_numbers(sp_history *history, int64_t *capacity, sp_series_kind kind, const sp_yaml_node *map,
                             sp_point at) {
  for (const sp_yaml_node *node = map->child; node; node = node->next) {
    sp_series *series;
    bool place = strcmp(node->key, "step") == 0 || strcmp(node->key, "epoch") == 0;
    if (place || !read_number(node, &at.value)) continue;
    SP_TRY(find_or_add(history, capacity, kind, node->key, &series));
    SP_TRY(add_point(series, at));
  }
  return SP_OK;
}

/// *understood: the line is a record of any event.
static sp_status add_line(sp_history *history, int64_t *capacity, const sp_document *line, bool *understood) {
  const sp_yaml_node *event = sp_document_find(line, "event"), *training = sp_document_find(line, "training");
  const sp_yaml_node *validation = sp_document_find(line, "validation");
  sp_point at = {0};
  *understood = event && event->kind == SP_YAML_SCALAR && read_whole(line, "step", &at.step);
  if (!*understood) return SP_OK;
  bool step = strcmp(event->text, "step") == 0, epoch = strcmp(event->text, "epoch") == 0;
  if (!step && !epoch) return SP_OK;
  *understood = read_whole(line, "epoch", &at.epoch);
  if (!*understood) return SP_OK;
  SP_TRY(add_numbers(history, capacity, step ? SP_SERIES_STEP : SP_SERIES_TRAINING, sp_document_root(line), at));
  if (epoch && training && training->kind == SP_YAML_MAP) {
    SP_TRY(add_numbers(history, capacity, SP_SERIES_TRAINING, training, at));
  }
  if (epoch && validation && validation->kind == SP_YAML_MAP) {
    SP_TRY(add_numbers(history, capacity, SP_SERIES_VALIDATION, validation, at));
  }
  return SP_OK;
}

static sp_status add_lines(sp_history *history, const char *text, size_t size, const char *path) {
  int64_t capacity = 0;
  for (const char *line = text, *end; (end = memchr(line, '\n', size - (size_t)(line - text))); line = end + 1) {
    sp_document *document;
    bool understood = false;
    if (sp_document_parse(line, (size_t)(end - line), path, &document) == SP_OK) {
      sp_status status = add_line(history, &capacity, document, &understood);
      sp_document_free(document);
      if (status != SP_OK) return status;
    }
    history->damaged += !understood;
  }
  return SP_OK;
}

sp_status sp_history_read(const char *directory, sp_history *out) {
  char path[PATH_MAX], *text;
  size_t size;
  sp_history history = {0};
  if (snprintf(path, sizeof path, "%s/metrics.jsonl", directory) >= (int)sizeof path) {
    return sp_fail(SP_ERR_USAGE, "%s: the path is too long", directory);
  }
  if (!sp_file_exists(path)) return sp_fail(SP_ERR_USAGE, "%s: not a run: there is no metrics.jsonl", directory);
  if (!sp_file_regular(path)) {  // reading a pipe may block, a device may have no end
    return sp_fail(SP_ERR_DATA, "%s: is a directory, a device or a pipe, expected a file", path);
  }
  SP_TRY(sp_file_read(path, INT64_MAX, &text, &size));
  sp_status status = add_lines(&history, text, size, path);
  free(text);
  if (status != SP_OK) {
    sp_history_free(&history);
    return status;
  }
  *out = history;
  return SP_OK;
}

void sp_history_free(sp_history *history) {
  for (int64_t i = 0; i < history->count; i++) {
    free(history->series[i].name);
    free(history->series[i].point);
  }
  free(history->series);
  *history = (sp_history){0};
}
