// SPDX-License-Identifier: Apache-2.0
// Loading the library of an objective, and calling its functions.
#define _GNU_SOURCE  // dladdr1
#include "model/objective_library.h"

#include <dlfcn.h>
#include <link.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "config/read.h"
#include "model/prediction.h"

struct sp_objective_model {
  const sp_objective *about;
  const char *library;  // as in the configuration
  const char *place;    // "model.objective: <library>"
  void *handle, *state;
  bool opened;
  sp_dtype precision;
  sp_objective_value *value;
  sp_parameter_table table;
  const void **parameters;  // (tensors): arguments of a call
  void **gradient;
  int columns;
  int64_t *values;      // (columns): values of a row
  const void **column;  // (columns): of the rows of a call
  int scores;
};

// --- the table ----------------------------------------------------------------------------------------------------

static bool valid_name(const char *name, size_t most) {
  static const char inside[] = ".-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  size_t length = name ? strnlen(name, most + 1) : 0;
  return length > 0 && length <= most && strspn(name, inside) == length && !strchr(".-", name[0]);
}

// A function or pointer of that name, or a table from another header, is smaller.
static sp_status check_size(const sp_objective *o) {
  Dl_info library;
  void *found = NULL;
  if (!dladdr1(o, &library, &found, RTLD_DL_SYMENT) || !found) return SP_OK;
  const ElfW(Sym) *symbol = found;
  if (symbol->st_size == 0 || symbol->st_size >= sizeof *o) return SP_OK;
  return sp_fail(SP_ERR_CONFIG,
                 "its symbol shardprop_objective has %llu bytes, expected the %zu bytes of struct sp_objective in "
                 "shardprop/objective.h",
                 (unsigned long long)symbol->st_size, sizeof *o);
}

static sp_status check_members(const sp_objective *o) {
  if (o->abi != SP_OBJECTIVE_ABI) {
    return sp_fail(
        SP_ERR_CONFIG,
        "built for version %u of the interface, expected %d: rebuild it with the installed shardprop/objective.h",
        (unsigned)o->abi, SP_OBJECTIVE_ABI);
  }
  if (!valid_name(o->name, 31)) {
    return sp_fail(SP_ERR_CONFIG, "member name: expected 1 to 31 letters, digits, _ . -, not beginning with . or -");
  }
  const char *missing = !o->tensors ? "tensors" : !o->tensor ? "tensor" : !o->initial ? "initial" : NULL;
  if (missing) return sp_fail(SP_ERR_CONFIG, "member %s is NULL, expected a function", missing);
  if (o->loss_and_gradient_float32 || o->loss_and_gradient_float64) return SP_OK;
  return sp_fail(SP_ERR_CONFIG, "loss_and_gradient_float32 and _float64 are both NULL, expected at least one function");
}

static sp_status check_scores(sp_objective_model *m) {
  const sp_objective_score *score = m->about->scores;
  for (int i = 0; score && score[i].name; i++, m->scores++) {
    if (i == SP_OBJECTIVE_SCORES) return sp_fail(SP_ERR_CONFIG, "has more than %d scores", SP_OBJECTIVE_SCORES);
    if (!valid_name(score[i].name, 31) || strcmp(score[i].name, "loss") == 0) {
      return sp_fail(SP_ERR_CONFIG,
                     "score %d: the name '%.64s' is not valid: expected 1 to 31 letters, digits, _ . -, and not loss",
                     i, score[i].name);
    }
    for (int j = 0; j < i; j++) {
      if (strcmp(score[i].name, score[j].name) == 0) {
        return sp_fail(SP_ERR_CONFIG, "two scores have the name '%s'", score[i].name);
      }
    }
  }
  return SP_OK;
}

static bool valid_range(const char *range) {
  char low[64], high[64], end = 0, rest;
  if (!range) return true;
  if (!strchr("[(", range[0]) || sscanf(range + 1, "%63[^,], %63[^])]%c%c", low, high, &end, &rest) != 3) return false;
  char *after_low, *after_high;
  double bottom = strtod(low, &after_low), top = strtod(high, &after_high);
  return strchr("])", end) && !*after_low && !*after_high && bottom <= top;
}

// Convert the plug-in's option table to sp_option, so that its options are checked and described like all others.
static sp_status make_table(sp_objective_model *m, sp_arena *arena, const sp_option **out) {
  static const sp_option_kind kinds[] = {SP_OPTION_REAL, SP_OPTION_INT, SP_OPTION_STRING};
  const sp_objective_option *given = m->about->options;
  size_t count = 0;
  while (given && given[count].name) count++;
  sp_option *table = sp_arena_allocate(arena, (count + 1) * sizeof *table);
  for (size_t i = 0; i < count; i++) {
    const sp_objective_option *o = &given[i];
    if (!valid_name(o->name, 63) || (unsigned)o->kind > SP_OBJECTIVE_TEXT ||
        (o->kind == SP_OBJECTIVE_TEXT ? o->range != NULL : !valid_range(o->range))) {
      return sp_fail(SP_ERR_CONFIG, "option %zu '%.64s': its name, kind or range is not valid", i, o->name);
    }
    for (size_t j = 0; j < i; j++) {
      if (strcmp(o->name, given[j].name) == 0) return sp_fail(SP_ERR_CONFIG, "two options have the name '%s'", o->name);
    }
    table[i] = (sp_option){.name = o->name,
                           .kind = kinds[o->kind],
                           .offset = i * sizeof(sp_objective_value),
                           .preset = o->preset,
                           .range = o->range,
                           .help = o->help};
  }
  m->value = sp_arena_allocate(arena, (count + 1) * sizeof *m->value);
  *out = table;
  return SP_OK;
}

// --- tensors ------------------------------------------------------------------------------------------------------

static sp_status add_tensor(sp_objective_model *m, int64_t index, sp_tensor *tensor, int64_t *at) {
  const int64_t most = INT64_MAX / 64;
  sp_objective_tensor given = {0};
  sp_crash_begin(m->place, "tensor");
  m->about->tensor(m->state, index, &given);
  sp_crash_end();
  if (!valid_name(given.name, SP_OBJECTIVE_NAME - 1)) {
    return sp_fail(SP_ERR_CONFIG, "tensor %lld: its name is not valid: expected 1 to %d letters, digits, _ . -",
                   (long long)index, SP_OBJECTIVE_NAME - 1);
  }
  sp_tensor *t = &tensor[index];
  snprintf(t->name, sizeof t->name, "%s/%s", m->about->name, given.name);
  for (int64_t i = 0; i < index; i++) {
    if (strcmp(tensor[i].name, t->name) == 0)
      return sp_fail(SP_ERR_CONFIG, "two tensors have the name '%s'", given.name);
  }
  if (given.rank < 0 || given.rank > SP_MAX_RANK) {
    return sp_fail(SP_ERR_CONFIG, "tensor %s: rank %d, expected 0 to %d", given.name, given.rank, SP_MAX_RANK);
  }
  t->shape.rank = given.rank;
  memcpy(t->shape.extent, given.extent, (size_t)given.rank * sizeof *given.extent);
  SP_TRY(sp_context(sp_shape_count(&t->shape, &t->count), "tensor %s", given.name));
  if (t->count > most || *at > most - t->count) {
    return sp_fail(SP_ERR_MEMORY, "tensor %s: more parameters than can be addressed", given.name);
  }
  t->offset = *at;
  *at = (*at + t->count + SP_TENSOR_ALIGNMENT - 1) / SP_TENSOR_ALIGNMENT * SP_TENSOR_ALIGNMENT;
  m->table.trainable += t->count;
  return SP_OK;
}

static sp_status lay_out(sp_objective_model *m, sp_arena *arena) {
  enum { MOST = 100000 };
  sp_crash_begin(m->place, "tensors");
  int64_t count = m->about->tensors(m->state), at = 0;
  sp_crash_end();
  if (count < 1 || count > MOST) {
    return sp_fail(SP_ERR_CONFIG, "has %lld tensors, expected 1 to %d", (long long)count, MOST);
  }
  sp_tensor *tensor = sp_arena_allocate(arena, (size_t)count * sizeof *tensor);
  m->parameters = sp_arena_allocate(arena, (size_t)count * sizeof *m->parameters);
  m->gradient = sp_arena_allocate(arena, (size_t)count * sizeof *m->gradient);
  for (int64_t i = 0; i < count; i++) SP_TRY(add_tensor(m, i, tensor, &at));
  m->table.tensor = tensor;
  m->table.tensors = count;
  m->table.blocks = m->table.trained_blocks = (at + SP_BLOCK - 1) / SP_BLOCK;
  return SP_OK;
}

// --- loading ------------------------------------------------------------------------------------------------------

static sp_status load(sp_objective_model *m, sp_arena *arena) {
  // dlopen searches the system's directories for a name without a slash.
  const char *path = strchr(m->library, '/') ? m->library : sp_arena_format(arena, "./%s", m->library);
  sp_crash_begin(m->place, "code that runs when the library is loaded");
  m->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  sp_crash_end();
  if (!m->handle) return sp_fail(SP_ERR_CONFIG, "cannot be loaded: %s", dlerror());
  m->about = dlsym(m->handle, "shardprop_objective");
  if (!m->about)
    return sp_fail(SP_ERR_CONFIG,
                   "has no symbol shardprop_objective, expected the table described in shardprop/objective.h");
  SP_TRY(check_size(m->about));
  return check_members(m->about);
}

/// Make room for the columns of the rows of a call.
static void note_columns(sp_objective_model *m, const sp_data_form *data, sp_arena *arena) {
  m->columns = data->columns;
  m->values = sp_arena_allocate(arena, (size_t)data->columns * sizeof *m->values);
  m->column = sp_arena_allocate(arena, (size_t)data->columns * sizeof *m->column);
  for (int c = 0; c < data->columns; c++) {
    m->values[c] = sp_data_form_has(data, c) ? sp_shape_size(&data->column[c].shape) : 0;
  }
}

/// List the columns for the library, in the arena.
static const sp_objective_column *list_columns(const sp_data_form *data, sp_arena *arena) {
  sp_objective_column *column = sp_arena_allocate(arena, (size_t)data->columns * sizeof *column);
  for (int c = 0; c < data->columns; c++) {
    const char *name = data->column[c].name;
    column[c].name = sp_arena_copy(arena, name, strlen(name));
    column[c].values = sp_data_form_has(data, c) ? sp_shape_size(&data->column[c].shape) : 0;
  }
  return column;
}

static sp_status open_state(sp_objective_model *m, const sp_data_form *data, sp_arena *arena) {
  char message[512] = "";
  m->state = m->value;
  if (!m->about->open) return SP_OK;
  sp_objective_setup setup = {.options = m->value,
                              .bits = m->precision == SP_FLOAT64 ? 64 : 32,
                              .columns = data->columns,
                              .column = list_columns(data, arena),
                              .message = message,
                              .message_size = sizeof message};
  sp_crash_begin(m->place, "open");
  int failed = m->about->open(&setup, &m->state);
  sp_crash_end();
  message[sizeof message - 1] = '\0';
  if (failed) return sp_fail(SP_ERR_CONFIG, "open failed: %s", message[0] ? message : "the library gives no reason");
  m->opened = true;
  return SP_OK;
}

static sp_status open_library(sp_objective_model *m, sp_arena *arena, const sp_option **table) {
  SP_TRY(load(m, arena));
  bool has = m->precision == SP_FLOAT64 ? m->about->loss_and_gradient_float64 != NULL
                                        : m->about->loss_and_gradient_float32 != NULL;
  if (!has) {
    return sp_fail(SP_ERR_CONFIG, "%s has no loss_and_gradient_%s: set train.precision to a precision it supports",
                   m->about->name, sp_dtype_name(m->precision));
  }
  SP_TRY(check_scores(m));
  return make_table(m, arena, table);
}

static sp_status build(sp_objective_model *m, const sp_objective_options *options, const sp_data_form *data,
                       sp_arena *arena) {
  const sp_option *table = NULL;
  SP_TRY(sp_context(open_library(m, arena, &table), "%s", m->place));
  SP_TRY(sp_map_read(&options->options, table, arena, m->value));  // its errors already name the option
  note_columns(m, data, arena);
  sp_status status = open_state(m, data, arena);
  if (status == SP_OK) status = lay_out(m, arena);
  return sp_context(status, "%s", m->place);
}

sp_status sp_objective_load(const sp_objective_options *options, const sp_data_form *data, sp_dtype precision,
                            sp_arena *arena, sp_objective_model **out) {
  sp_objective_model *m = sp_arena_allocate(arena, sizeof *m);
  m->library = options->library;
  m->place = sp_arena_format(arena, "model.objective: %s", options->library);
  m->precision = precision;
  sp_status status = build(m, options, data, arena);
  if (status != SP_OK) {
    sp_objective_unload(m);
    return status;
  }
  *out = m;
  return SP_OK;
}

void sp_objective_unload(sp_objective_model *m) {
  if (!m) return;
  sp_crash_begin(m->place, "close");
  if (m->opened && m->about->close) m->about->close(m->state);
  if (m->handle) dlclose(m->handle);
  sp_crash_end();
  m->handle = NULL;
}

// --- questions and calls ------------------------------------------------------------------------------------------

const sp_parameter_table *sp_objective_table(const sp_objective_model *m) { return &m->table; }

int sp_objective_scores(const sp_objective_model *m) { return m->scores; }

const sp_objective *sp_objective_about(const sp_objective_model *m) { return m->about; }

sp_status sp_objective_initialise(const sp_objective_model *m, uint64_t seed, void *parameters) {
  for (int64_t i = 0; i < m->table.tensors; i++) {
    const sp_tensor *t = &m->table.tensor[i];
    double *values;
    SP_TRY(sp_allocate(t->count, sizeof *values, t->name, &values));
    sp_crash_begin(m->place, "initial");
    m->about->initial(m->state, i, seed, values);
    sp_crash_end();
    int64_t wrong = -1;
    for (int64_t j = 0; j < t->count; j++) {
      sp_value_set(m->precision, parameters, t->offset + j, values[j]);
      if (wrong < 0 && !isfinite(sp_value_at(m->precision, parameters, t->offset + j))) wrong = j;
    }
    free(values);
    if (wrong >= 0) {
      return sp_fail(SP_ERR_NONFINITE, "%s: initial value %lld of %s is not finite", m->place, (long long)wrong,
                     t->name);
    }
  }
  return SP_OK;
}

/// Returns the rows of a lane.
static sp_objective_batch rows_of(sp_objective_model *m, const sp_batch *batch, int64_t lane) {
  const int64_t begin = lane > 0 ? batch->lanes->end[lane - 1] : 0, rows = batch->lanes->end[lane] - begin;
  for (int c = 0; rows > 0 && c < m->columns; c++) {
    const size_t skip = (size_t)(begin * m->values[c]) * sp_dtype_size(m->precision);
    m->column[c] = batch->column[c] ? (const char *)batch->column[c] + skip : NULL;
  }
  return (sp_objective_batch){
      .rows = rows, .row = batch->row + begin, .seed = batch->seed, .step = batch->step, .column = m->column};
}

void sp_objective_run(sp_objective_model *m, const sp_batch *batch, int64_t lane, const void *parameters,
                      void *gradient, double *sums) {
  size_t size = sp_dtype_size(m->precision);
  const sp_objective_batch rows = rows_of(m, batch, lane);
  memset(sums, 0, (size_t)(1 + m->scores) * sizeof *sums);
  if (gradient) memset(gradient, 0, (size_t)sp_parameter_values(&m->table) * size);
  if (rows.rows == 0) return;
  for (int64_t i = 0; i < m->table.tensors; i++) {
    size_t at = (size_t)m->table.tensor[i].offset * size;
    m->parameters[i] = (const char *)parameters + at;
    m->gradient[i] = gradient ? (char *)gradient + at : NULL;
  }
  void *slope = gradient ? (void *)m->gradient : NULL;
  if (m->precision == SP_FLOAT64) {
    sp_crash_begin(m->place, "loss_and_gradient_float64");
    m->about->loss_and_gradient_float64(m->state, &rows, (const double *const *)(void *)m->parameters, slope, sums);
  } else {
    sp_crash_begin(m->place, "loss_and_gradient_float32");
    m->about->loss_and_gradient_float32(m->state, &rows, (const float *const *)(void *)m->parameters, slope, sums);
  }
  sp_crash_end();
}
