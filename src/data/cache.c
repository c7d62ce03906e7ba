// One copy of the data in memory, in the files' own types: the features' rows, then the targets'.
// May include: base, config, data.
#include "data/dataset_private.h"

/// Where the targets begin. Sizes cannot overflow: files with that many values are not opened.
static int64_t targets_begin(const sp_dataset *dataset) {
  enum { ALIGNMENT = 64 };
  return (dataset->rows * dataset->features.stored_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

sp_status sp_dataset_cache_bytes(const sp_dataset *dataset, int64_t *bytes) {
  *bytes = targets_begin(dataset) + dataset->rows * dataset->targets.stored_bytes;
  return SP_OK;
}

sp_status sp_dataset_cache_fill(sp_dataset *dataset, void *cache, int64_t first, int64_t count) {
  const sp_column *features = &dataset->features, *targets = &dataset->targets;
  char *features_at = cache, *targets_at = features_at + targets_begin(dataset);
  SP_TRY(sp_hdf5_source_read(features->source, first, count, features_at + first * features->stored_bytes));
  if (!targets->source) return SP_OK;
  return sp_hdf5_source_read(targets->source, first, count, targets_at + first * targets->stored_bytes);
}

void sp_dataset_cache_use(sp_dataset *dataset, const void *cache) {
  dataset->features.cache = cache;
  dataset->targets.cache = cache ? (const char *)cache + targets_begin(dataset) : NULL;
}
