// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of checkpoints: a state with known values, and a directory for it.
#ifndef SP_TESTS_CHECKPOINT_STATE_H
#define SP_TESTS_CHECKPOINT_STATE_H

#include "base/files.h"
#include "base/random.h"
#include "check.h"
#include "checkpoint/saver.h"

static const sp_tensor small_tensors[] = {
    {"dense_1/weight", SP_TENSOR_TRAINED, {2, {7, 5}}, 0, 35},
    {"dense_1/bias", SP_TENSOR_TRAINED, {1, {5}}, 48, 5},
};

static const sp_tensor large_tensors[] = {
    {"conv_1/weight", SP_TENSOR_TRAINED, {4, {13, 11, 7, 3}}, 0, 3003},
    {"dense_1/weight", SP_TENSOR_TRAINED, {2, {211, 331}}, 3008, 69841},
    {"dense_1/bias", SP_TENSOR_TRAINED, {1, {331}}, 72864, 331},
    {"dense_2/weight", SP_TENSOR_TRAINED, {3, {5, 29, 97}}, 73200, 14065},
    {"dense_2/scale", SP_TENSOR_TRAINED, {0, {0}}, 87280, 1},
    {"norm_1/mean", SP_TENSOR_STATISTIC, {2, {50, 60}}, 22 * SP_BLOCK, 3000},
};

static const sp_tensor wide_tensors[] = {
    {"conv_1/weight", SP_TENSOR_TRAINED, {3, {37, 211, 401}}, 0, 3130607},
    {"dense_1/weight", SP_TENSOR_TRAINED, {2, {2503, 2111}}, 3130608, 5283833},
    {"norm_1/mean", SP_TENSOR_STATISTIC, {1, {5000}}, 2055 * SP_BLOCK, 5000},
};

static const sp_parameter_table small_table = {small_tensors, 2, 40, 1, 1, NULL};
static const sp_parameter_table large_table = {large_tensors, 6, 87241, 22, 23, NULL};
static const sp_parameter_table wide_table = {wide_tensors, 3, 8414440, 2055, 2057, NULL};  // of several runs

/// Value `index` of a vector, exact in both precisions.
static inline double known_value(int vector, int64_t index) {
  uint32_t bits[4];
  sp_random_bits((sp_random_key){{(uint32_t)vector, 17}}, (uint64_t)index, 0, bits);
  return ((double)(bits[0] >> 8) - 8388608) / 65536;
}

static inline void set_value(sp_dtype precision, void *vector, int64_t at, double value) {
  if (precision == SP_FLOAT32)
    ((float *)vector)[at] = (float)value;
  else
    ((double *)vector)[at] = value;
}

static inline double get_value(sp_dtype precision, const void *vector, int64_t at) {
  return precision == SP_FLOAT32 ? (double)((const float *)vector)[at] : ((const double *)vector)[at];
}

static const sp_progress known_progress = {.step = 1234,
                                           .epoch = 3,
                                           .epoch_step = 34,
                                           .rows_seen = 39488,
                                           .epoch_sums = {0.1, 2.5, [15] = 1e300},
                                           .epoch_rows = 1088,
                                           .best_value = 0.875,
                                           .best_step = 1200,
                                           .epochs_since_best = 1,
                                           .seconds = 12.25,
                                           .validation_loss = 0.3};

/// A state of this rank with all memory; the values are those of `known_value` or, `blank`, all -1.
static inline void make_state(const sp_shards *shards, const sp_parameter_table *table, sp_dtype precision, int slots,
                              bool blank, sp_state *state) {
  static const char *const names[] = {"square_avg", "momentum", "grad_avg", "other"};
  *state = (sp_state){.table = table,
                      .precision = precision,
                      .slots = slots,
                      .arrays = 1,
                      .lanes = 8,
                      .seed = UINT64_MAX - 5,
                      .config = "run: {name: ünicode}\n"};
  int64_t shard = sp_shard_blocks(shards, shards->rank) * SP_BLOCK;
  state->parameters = calloc((size_t)sp_parameter_values(table), sp_dtype_size(precision));
  for (int64_t i = 0; i < sp_parameter_values(table); i++) {
    set_value(precision, state->parameters, i, blank ? -1 : known_value(0, i));
  }
  for (int slot = 0; slot < slots; slot++) {
    state->slot_name[slot] = names[slot];
    state->slot[slot] = calloc((size_t)shard + 1, sp_dtype_size(precision));
    for (int run = 0; run < sp_shard_runs(shards); run++) {
      sp_slice slice = sp_shard_slice(shards, shards->rank, run);
      for (int64_t i = 0; i < slice.blocks * SP_BLOCK; i++) {
        set_value(precision, state->slot[slot], slice.place * SP_BLOCK + i,
                  blank ? -1 : known_value(1 + slot, slice.first * SP_BLOCK + i));
      }
    }
  }
  strcpy(state->array[0].name, "standardize_mean");
  state->array[0].count = 3;
  state->array[0].value = calloc(3, sizeof(double));
  for (int i = 0; i < 3 && !blank; i++) state->array[0].value[i] = 0.1 * i;
  if (!blank) state->progress = known_progress;
}

static inline void free_state(sp_state *state) {
  free(state->parameters);
  for (int slot = 0; slot < state->slots; slot++) free(state->slot[slot]);
  free(state->array[0].value);
}

/// Has every value come back?
static inline bool is_known(const sp_shards *shards, const sp_state *state) {
  for (int64_t i = 0; i < sp_parameter_values(state->table); i++) {
    if (get_value(state->precision, state->parameters, i) != known_value(0, i)) return false;
  }
  for (int k = 0; k < state->slots * sp_shard_runs(shards); k++) {
    int slot = k % state->slots;
    sp_slice slice = sp_shard_slice(shards, shards->rank, k / state->slots);
    for (int64_t i = 0; i < slice.blocks * SP_BLOCK; i++) {
      double value = get_value(state->precision, state->slot[slot], slice.place * SP_BLOCK + i);
      if (value != known_value(1 + slot, slice.first * SP_BLOCK + i)) return false;
    }
  }
  for (int i = 0; i < 3; i++) {
    if (state->array[0].value[i] != 0.1 * i) return false;
  }
  return true;
}

/// A fresh directory into a buffer of 256 bytes.
static inline void make_directory(char *path) {
  const char *base = getenv("TMPDIR");
  snprintf(path, 256, "%s/shardprop-test-XXXXXX", base ? base : "/tmp");
  assert_non_null(mkdtemp(path));
}

/// Change one byte of a file.
static inline void flip_byte(const char *path, int64_t at, int mask) {
  FILE *file = fopen(path, "r+b");
  assert_non_null(file);
  fseek(file, (long)at, SEEK_SET);
  int byte = fgetc(file);
  fseek(file, (long)at, SEEK_SET);
  fputc(byte ^ mask, file);
  fclose(file);
}

/// All moves of what was started. Collective: yes.
static inline sp_status finish_saving(sp_saver *saver) {
  bool committed = false;
  while (!committed) SP_TRY(sp_saver_advance(saver, &committed));
  return SP_OK;
}

/// Save a checkpoint while everybody waits. Collective: yes.
static inline sp_status save_checkpoint(const sp_comm *comm, const char *into, const sp_shards *shards,
                                        const sp_state *state) {
  sp_saver_options options = {.directory = into, .verify = true};
  sp_saver *saver;
  SP_TRY(sp_saver_create(comm, shards, state, &options, &saver));
  sp_status status = sp_saver_reserve(saver);
  if (status == SP_OK) {
    sp_saver_take(saver, state);
    sp_saver_start(saver);
    status = finish_saving(saver);
  }
  sp_saver_free(saver);
  return status;
}

#endif
