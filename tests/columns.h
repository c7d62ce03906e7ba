// SPDX-License-Identifier: Apache-2.0
// Data sets and batches of the two default columns, for tests.
#ifndef TESTS_COLUMNS_H
#define TESTS_COLUMNS_H

#include "data/column_list.h"
#include "data/row_delivery.h"

enum { FEATURES, TARGETS };

static inline sp_status open_pair(const sp_data_source_options *source, const sp_selected_list *transforms,
                                  const sp_selected_list *target_transforms, sp_dtype precision, sp_dataset **out) {
  const sp_data_options options = {.transform = *transforms, .target_transform = *target_transforms};
  sp_column_source column[SP_MAX_COLUMNS];
  int columns = sp_data_list_columns(&options, source, column);
  column[FEATURES].transforms = transforms;
  column[TARGETS].transforms = target_transforms;
  return sp_dataset_open(&source->file, column, columns, precision, out);
}

static inline sp_status gather_pair(sp_dataset *dataset, const int64_t *row, int64_t count, void *features,
                                    void *targets) {
  return sp_dataset_gather(dataset, NULL, row, count, (void *[]){features, targets});
}

/// Deliver the targets as class numbers.
static inline sp_status use_classes(sp_dataset *dataset, int64_t classes) {
  return sp_dataset_use(dataset, (const sp_column_use[]){{.read = true}, {.read = true, .classes = classes}});
}

static inline sp_column_form form_of(const sp_dataset *dataset, int column) {
  sp_data_form form;
  sp_dataset_form(dataset, &form);
  return form.column[column];
}

/// What a network sees of features of a shape, and of targets with one value or `target`.
static inline sp_data_form pair_form(sp_shape features, sp_shape target, bool integer) {
  return (sp_data_form){
      .column = {{.name = SP_FEATURES, .shape = features}, {.name = SP_TARGETS, .shape = target, .integer = integer}},
      .columns = 2};
}

#endif
