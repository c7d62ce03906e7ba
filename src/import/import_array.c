// SPDX-License-Identifier: Apache-2.0
// Import of a plain array into a data set, in blocks of rows.
#include "import/import_array.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { BLOCK_BYTES = 4 << 20 };

/// An array that is copied from a file to a data set.
typedef struct passage {
  const char *name, *file;
  const struct passage *partner;  // array with the same number of rows; NULL for none
  bool labels;
  sp_input *input;
  sp_array array;
  sp_shape sample;
  int64_t rows, row_values;
  size_t stored_size;  // bytes of a value in the file
  int dataset;
} passage;

// --- values -------------------------------------------------------------------------------------------------------

static void swap_bytes(unsigned char *value, int64_t count, size_t size) {
  for (int64_t i = 0; i < count; i++, value += size) {
    for (size_t low = 0, high = size - 1; low < high; low++, high--) {
      unsigned char byte = value[low];
      value[low] = value[high];
      value[high] = byte;
    }
  }
}

/// Convert IEEE 754 binary16 to binary32, which is exact.
static float widen(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = half >> 10 & 0x1fu, fraction = half & 0x3ffu, bits;
  if (exponent == 0x1f) {
    bits = sign | 0x7f800000u | fraction << 13;
  } else if (exponent > 0) {
    bits = sign | (exponent + 112) << 23 | fraction << 13;
  } else {  // zero or subnormal: a multiple of 2^-24
    float magnitude = (float)fraction * 0x1p-24f;
    memcpy(&bits, &magnitude, sizeof bits);
    bits |= sign;
  }
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// Convert values from the file to the stored type, in place: the buffer has room for the wider values.
static void convert(const passage *p, void *buffer, int64_t count) {
  const bool machine_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
  if (p->array.big_endian != machine_big_endian) swap_bytes(buffer, count, p->stored_size);
  if (!p->array.half) return;
  for (int64_t i = count - 1; i >= 0; i--) {  // backwards, so that a float overwrites only converted halves
    uint16_t half;
    memcpy(&half, (char *)buffer + 2 * i, sizeof half);
    float value = widen(half);
    memcpy((char *)buffer + 4 * i, &value, sizeof value);
  }
}

// --- rows ---------------------------------------------------------------------------------------------------------

static int64_t block_rows(const passage *p) {
  int64_t row_bytes = p->row_values * (int64_t)sp_dtype_size(p->array.dtype);
  int64_t rows = row_bytes < BLOCK_BYTES ? BLOCK_BYTES / row_bytes : 1;
  return rows < p->rows ? rows : p->rows;
}

static sp_status copy_rows(const passage *p, sp_hdf5_writer *writer, void *block) {
  int64_t step = block_rows(p);
  for (int64_t row = 0; row < p->rows; row += step) {
    int64_t rows = p->rows - row < step ? p->rows - row : step, values = rows * p->row_values;
    SP_TRY(sp_input_exact(p->input, block, values * (int64_t)p->stored_size, "rows"));
    convert(p, block, values);
    SP_TRY(sp_hdf5_writer_append(writer, p->dataset, block, rows));
  }
  return SP_OK;
}

/// Compute the offsets of the values of row 0 in a column-major array, in row-major order. Those of row r are larger by
/// r.
static void places_of_row(const passage *p, int64_t *place) {
  int64_t index[SP_MAX_RANK] = {0};
  for (int64_t j = 0; j < p->row_values; j++) {
    int64_t at = 0;
    for (int d = p->sample.rank - 1; d >= 0; d--) at = at * p->sample.extent[d] + index[d];
    place[j] = at * p->rows;
    for (int d = p->sample.rank - 1; d >= 0 && ++index[d] == p->sample.extent[d]; d--) index[d] = 0;
  }
}

static void gather_rows(const char *all, const int64_t *place, int64_t places, size_t size, int64_t row, int64_t rows,
                        char *block) {
  for (int64_t r = row; r < row + rows; r++) {
    for (int64_t j = 0; j < places; j++, block += size) memcpy(block, all + (size_t)(place[j] + r) * size, size);
  }
}

/// Copy a column-major array. Its rows are spread over the complete file, so the complete array is read into memory.
static sp_status turn_rows(const passage *p, sp_hdf5_writer *writer, void *block) {
  int64_t values = p->rows * p->row_values, step = block_rows(p), *place = NULL;
  size_t size = sp_dtype_size(p->array.dtype);
  char *all = NULL;
  sp_status status = sp_allocate(values, size, "an array in Fortran order", &all);
  if (status == SP_OK) status = sp_allocate(p->row_values, sizeof *place, "an array in Fortran order", &place);
  if (status == SP_OK) status = sp_input_exact(p->input, all, values * (int64_t)p->stored_size, "values");
  if (status == SP_OK) {
    convert(p, all, values);
    places_of_row(p, place);
  }
  for (int64_t row = 0; row < p->rows && status == SP_OK; row += step) {
    int64_t rows = p->rows - row < step ? p->rows - row : step;
    gather_rows(all, place, p->row_values, size, row, rows, block);
    status = sp_hdf5_writer_append(writer, p->dataset, block, rows);
  }
  free(place);
  free(all);
  return sp_context(status, "%s", sp_input_path(p->input));
}

static sp_status copy(passage *p, sp_import *import) {
  void *block = NULL;
  sp_meter_begin(&import->progress, sp_input_path(p->input), sp_input_file_size(p->input));
  SP_TRY(sp_allocate(block_rows(p) * p->row_values, sp_dtype_size(p->array.dtype), sp_input_path(p->input), &block));
  bool turn = p->array.column_major && p->sample.rank > 0;
  sp_status status = turn ? turn_rows(p, import->writer, block) : copy_rows(p, import->writer, block);
  free(block);
  if (status == SP_OK) status = sp_input_end(p->input);
  sp_meter_end(&import->progress);
  return status;
}

// --- headers ------------------------------------------------------------------------------------------------------

static sp_status check_size(passage *p) {
  int64_t values, bytes;
  const char *path = sp_input_path(p->input);
  sp_shape row = p->array.shape;
  p->rows = row.extent[0];
  p->sample = (sp_shape){.rank = row.rank - 1};
  for (int i = 1; i < row.rank; i++) p->sample.extent[i - 1] = row.extent[i];
  if (p->rows < 1) return sp_fail(SP_ERR_DATA, "%s: found no rows, expected at least one", path);
  p->stored_size = p->array.half ? 2 : sp_dtype_size(p->array.dtype);
  SP_TRY(sp_context(sp_shape_count(&row, &values), "%s", path));
  p->row_values = sp_shape_size(&p->sample);
  if (!sp_multiply_size(values, 8, &bytes)) {  // so that products of its factors cannot overflow either
    return sp_fail(SP_ERR_MEMORY, "%s: %lld values are more than can be addressed", path, (long long)values);
  }
  return sp_input_expect(p->input, values * (int64_t)p->stored_size, "values");
}

static sp_status check_fit(const passage *p) {
  bool integer = p->array.dtype < SP_FLOAT32;
  if (p->labels && (p->sample.rank != 0 || !integer)) {
    char shape[200];
    return sp_fail(SP_ERR_DATA, "%s: found %s rows of shape %s, expected labels: one integer per row", p->file,
                   sp_dtype_name(p->array.dtype), sp_shape_text(&p->sample, shape));
  }
  if (p->partner && p->partner->rows != p->rows) {
    return sp_fail(SP_ERR_DATA, "%s: found %lld rows, expected %lld, the number of rows of %s", p->file,
                   (long long)p->rows, (long long)p->partner->rows, p->partner->file);
  }
  return SP_OK;
}

static sp_status prepare(passage *p, sp_array_header header, sp_import *import) {
  SP_TRY(sp_hdf5_writer_check_input(import->writer, p->file));
  SP_TRY(sp_input_open(p->file, &import->progress, &p->input));
  SP_TRY(header(p->input, &p->array));
  SP_TRY(check_size(p));
  SP_TRY(check_fit(p));
  SP_TRY(sp_hdf5_writer_add(import->writer, p->name, p->array.dtype, &p->sample, p->rows, &p->dataset));
  return sp_hdf5_writer_text(import->writer, p->dataset, "source", p->file);
}

// --- files --------------------------------------------------------------------------------------------------------

static sp_status list_pairs(const sp_array_pair *pair, int64_t pairs, passage *all, int64_t *count) {
  for (const sp_array_pair *end = pair + pairs; pair < end; pair++) {
    if (pair->targets_file && !pair->rows_file) {
      return sp_fail(SP_ERR_USAGE, "%s: is imported as %s, which also requires a file for %s", pair->targets_file,
                     pair->targets_name, pair->rows_name);
    }
    passage *rows = &all[*count];
    if (pair->rows_file) all[(*count)++] = (passage){.name = pair->rows_name, .file = pair->rows_file};
    if (pair->targets_file) {
      all[(*count)++] =
          (passage){.name = pair->targets_name, .file = pair->targets_file, .partner = rows, .labels = pair->labels};
    }
  }
  return SP_OK;
}

static sp_status list_assignments(const sp_strings *assignments, sp_arena *arena, passage *all, int64_t *count) {
  for (int64_t i = 0; i < assignments->count; i++) {
    const char *text = assignments->item[i], *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1]) {
      return sp_fail(SP_ERR_USAGE, "--dataset: found '%s', expected NAME=FILE, such as /train/images=images.gz", text);
    }
    all[(*count)++] = (passage){.name = sp_arena_copy(arena, text, (size_t)(equals - text)), .file = equals + 1};
  }
  return SP_OK;
}

sp_status sp_array_import(sp_import *import, const sp_array_pair *pair, int64_t pairs, const sp_strings *assignments,
                          sp_array_header header) {
  sp_arena *arena = sp_arena_create();
  passage *all = sp_arena_allocate(arena, (size_t)(2 * pairs + assignments->count) * sizeof *all);
  int64_t count = 0;
  sp_status status = list_pairs(pair, pairs, all, &count);
  if (status == SP_OK) status = list_assignments(assignments, arena, all, &count);
  if (status == SP_OK && count == 0) {
    status =
        sp_fail(SP_ERR_USAGE, "no input file given, expected a file for %s, or --dataset NAME=FILE", pair->rows_name);
  }
  for (int64_t i = 0; i < count && status == SP_OK; i++) status = prepare(&all[i], header, import);
  for (int64_t i = 0; i < count && status == SP_OK; i++) status = copy(&all[i], import);
  for (int64_t i = 0; i < count; i++) sp_input_close(all[i].input);
  sp_arena_free(arena);
  return status;
}
