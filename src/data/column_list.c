// SPDX-License-Identifier: Apache-2.0
// The list of a run's columns, from the options of the section `data`.
#include "data/column_list.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/names.h"

static const sp_column_options *entry(const sp_data_source_options *part, int64_t i) {
  return ((const sp_column_entry *)part->columns.item)[i].column;
}

/// Returns the place of a column in `columns`, or -1.
static int64_t find_entry(const sp_entries *entries, const char *name) {
  for (int64_t i = 0; i < entries->count; i++) {
    if (strcmp(entries->name[i], name) == 0) return i;
  }
  return -1;
}

/// Returns the short form of a column, or NULL.
static const char *short_form(const sp_data_source_options *part, const char *name) {
  if (strcmp(name, SP_FEATURES) == 0) return part->features;
  return strcmp(name, SP_TARGETS) == 0 ? part->targets : NULL;
}

static bool has(const sp_data_source_options *part, const char *name) {
  return short_form(part, name) || find_entry(&part->columns, name) >= 0;
}

/// List the names of a part's columns, at most SP_MAX_COLUMNS. Returns the number of all.
static int64_t list_names(const sp_data_source_options *part, const char *out[SP_MAX_COLUMNS]) {
  static const char *const first[] = {SP_FEATURES, SP_TARGETS};
  int64_t count = 0;
  for (int i = 0; i < 2; i++) {
    if (has(part, first[i])) out[count++] = first[i];
  }
  for (int64_t i = 0; i < part->columns.count; i++) {
    const char *name = part->columns.name[i];
    if (strcmp(name, first[0]) == 0 || strcmp(name, first[1]) == 0) continue;
    if (count < SP_MAX_COLUMNS) out[count] = name;
    count++;
  }
  return count;
}

const sp_selected_list *sp_data_transforms(const sp_data_options *options, const char *column) {
  static const sp_selected_list none = {0};
  int64_t i = find_entry(&options->transforms, column);
  if (i >= 0) return &((const sp_transforms_entry *)options->transforms.item)[i].list;
  if (strcmp(column, SP_FEATURES) == 0) return &options->transform;
  return strcmp(column, SP_TARGETS) == 0 ? &options->target_transform : &none;
}

int sp_data_list_columns(const sp_data_options *options, const sp_data_source_options *part,
                         sp_column_source out[SP_MAX_COLUMNS]) {
  const char *name[SP_MAX_COLUMNS];
  int count = (int)list_names(options->train ? options->train : part, name);
  for (int c = 0; c < count; c++) {
    int64_t i = find_entry(&part->columns, name[c]);
    const sp_column_options *column = i >= 0 ? entry(part, i) : NULL;
    out[c] = (sp_column_source){.name = name[c],
                                .stored = column ? column->from : short_form(part, name[c]),
                                .file = column && column->file.count > 0 ? &column->file : NULL,
                                .transforms = sp_data_transforms(options, name[c])};
  }
  return count;
}

// --- checks -------------------------------------------------------------------------------------------------------

/// Fail at "data.test.columns.NAME" or the like.
static sp_status fail_at(const sp_document *document, const char *section, const char *name, const char *text) {
  char path[128];
  snprintf(path, sizeof path, "%s.%s", section, name);
  return sp_document_fail(document, path, "%s", text);
}

/// Refuse a name that data.train does not have.
static sp_status check_name(const sp_data_options *options, const sp_document *document, const char *section,
                            const char *name) {
  const char *known[SP_MAX_COLUMNS];
  sp_text text = {0};
  if (!options->train || has(options->train, name)) return SP_OK;
  int64_t count = list_names(options->train, known);
  sp_text_add(&text, "data.train has no column of this name");
  if (!sp_names_hint(&text, name, known, count)) {
    sp_text_add(&text, " (it has ");
    sp_names_list(&text, known, count);
    sp_text_add(&text, ")");
  }
  sp_status status = fail_at(document, section, name, text.data);
  sp_text_free(&text);
  return status;
}

/// Refuse an empty list of files, and an empty name in it.
static sp_status check_files(const sp_document *document, const char *path, const sp_strings *files) {
  if (!sp_document_find(document, path)) return SP_OK;
  bool empty = files->count == 0;
  for (int64_t i = 0; i < files->count; i++) empty = empty || !*files->item[i];
  if (!empty) return SP_OK;
  return sp_document_fail(document, path, "%s, expected at least one HDF5 file",
                          files->count == 0 ? "the list of files is empty" : "the name of a file is empty");
}

/// Refuse an empty name of a data set or a file, and an empty list of files of its own.
static sp_status check_not_empty(const sp_document *document, const char *path, const sp_data_source_options *part,
                                 const char *name) {
  char place[SP_ENTRY_NAME + 64];
  int64_t i = find_entry(&part->columns, name);
  const sp_column_options *column = i >= 0 ? entry(part, i) : NULL;
  snprintf(place, sizeof place, column ? "%s.columns.%s" : "%s.%s", path, name);
  if (!*(column ? column->from : short_form(part, name))) {
    return sp_document_fail(document, place, "the name of the data set is empty");
  }
  if (!column) return SP_OK;
  snprintf(place, sizeof place, "%s.columns.%s.file", path, name);
  return check_files(document, place, &column->file);
}

/// Check that a column has a file, and is given once.
static sp_status check_column(const sp_document *document, const char *path, const sp_data_source_options *part,
                              const char *name) {
  char place[64];
  int64_t i = find_entry(&part->columns, name);
  if (i >= 0 && short_form(part, name)) {
    snprintf(place, sizeof place, "%s.%s", path, name);
    return sp_document_fail(document, place, "%s.columns has this column, too: remove one of them", path);
  }
  if (part->file.count > 0 || (i >= 0 && entry(part, i)->file.count > 0)) return SP_OK;
  snprintf(place, sizeof place, "%s.file", path);
  return sp_document_fail(document, place, "missing: the column %s has no file of its own", name);
}

static sp_status check_part(const sp_data_options *options, const sp_document *document, const char *path,
                            const sp_data_source_options *part) {
  const char *name[SP_MAX_COLUMNS];
  char columns[64];
  int64_t count = list_names(part, name);
  snprintf(columns, sizeof columns, "%s.file", path);
  SP_TRY(check_files(document, columns, &part->file));
  snprintf(columns, sizeof columns, "%s.columns", path);
  if (count == 0) return sp_document_fail(document, path, "expected features, targets or columns");
  if (count > SP_MAX_COLUMNS) {
    return sp_document_fail(document, columns, "expected at most %d columns, got %lld", SP_MAX_COLUMNS,
                            (long long)count);
  }
  for (int64_t c = 0; c < count; c++) {
    SP_TRY(check_column(document, path, part, name[c]));
    SP_TRY(check_not_empty(document, path, part, name[c]));
    SP_TRY(check_name(options, document, short_form(part, name[c]) ? path : columns, name[c]));
  }
  return SP_OK;
}

static sp_status check_transforms(const sp_data_options *options, const sp_document *document) {
  static const char section[] = "data.transforms";
  const sp_entries *all = &options->transforms;
  if (!options->train && (options->transform.count > 0 || options->target_transform.count > 0 || all->count > 0)) {
    return sp_document_fail(document, all->count > 0 ? section : "data.transform", "requires data.train");
  }
  for (int64_t i = 0; i < all->count; i++) SP_TRY(check_name(options, document, section, all->name[i]));
  if (options->transform.count > 0 && find_entry(all, SP_FEATURES) >= 0) {
    return fail_at(document, section, SP_FEATURES, "data.transform is given, too: remove one of them");
  }
  if (options->target_transform.count > 0 && find_entry(all, SP_TARGETS) >= 0) {
    return fail_at(document, section, SP_TARGETS, "data.target_transform is given, too: remove one of them");
  }
  return SP_OK;
}

sp_status sp_data_check_columns(const sp_data_options *options, const sp_document *document) {
  const sp_validation_options *validation = options->validation;
  if (options->train) SP_TRY(check_part(options, document, "data.train", options->train));
  if (validation && validation->fraction == 0) {
    SP_TRY(check_part(options, document, "data.validation", &validation->source));
  }
  if (options->test) SP_TRY(check_part(options, document, "data.test", options->test));
  return check_transforms(options, document);
}

// --- files --------------------------------------------------------------------------------------------------------

sp_status sp_data_each_file(const sp_data_options *options,
                            sp_status (*each)(const sp_strings *files, const void *context), const void *context) {
  const sp_data_source_options *part[] = {options->train, options->validation ? &options->validation->source : NULL,
                                          options->test};
  for (int p = 0; p < 3; p++) {
    if (!part[p]) continue;
    SP_TRY(each(&part[p]->file, context));
    for (int64_t i = 0; i < part[p]->columns.count; i++) SP_TRY(each(&entry(part[p], i)->file, context));
  }
  return SP_OK;
}
