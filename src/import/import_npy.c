// SPDX-License-Identifier: Apache-2.0
// NPY, NumPy's format of one array, versions 1 to 3 (NumPy's documentation of numpy.lib.format).
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "import/import_array.h"

// --- the header: a Python dictionary of three entries --------------------------------------------------------------

enum { HEADER_LIMIT = 1 << 20 };

typedef struct cursor {
  const char *path, *text, *at;
  int64_t offset;  // of text in the file
} cursor;

static sp_status unexpected(const cursor *c, const char *expected) {
  char found[24];
  size_t length = strcspn(c->at, "\n");
  snprintf(found, sizeof found, "%.*s", length < 20 ? (int)length : 20, c->at);
  return sp_fail(SP_ERR_DATA, "%s: offset %lld: NPY header: found '%s', expected %s", c->path,
                 (long long)(c->offset + (c->at - c->text)), found, expected);
}

static void skip_blanks(cursor *c) { c->at += strspn(c->at, " "); }

static bool take(cursor *c, const char *token) {
  skip_blanks(c);
  if (strncmp(c->at, token, strlen(token)) != 0) return false;
  c->at += strlen(token);
  return true;
}

static sp_status take_string(cursor *c, char text[32], const char *expected) {
  skip_blanks(c);
  char quote = *c->at;
  const char *end = quote == '\'' || quote == '"' ? strchr(c->at + 1, quote) : NULL;
  if (!end || end - c->at > 31) return unexpected(c, expected);
  snprintf(text, 32, "%.*s", (int)(end - c->at - 1), c->at + 1);
  c->at = end + 1;
  return SP_OK;
}

static sp_status take_descr(cursor *c, sp_array *array) {
  static const struct {
    const char *code;
    sp_dtype dtype;
  } types[] = {{"b1", SP_UINT8},  {"i1", SP_INT8},    {"u1", SP_UINT8},   {"i2", SP_INT16},
               {"u2", SP_UINT16}, {"i4", SP_INT32},   {"u4", SP_UINT32},  {"i8", SP_INT64},
               {"u8", SP_UINT64}, {"f2", SP_FLOAT32}, {"f4", SP_FLOAT32}, {"f8", SP_FLOAT64}};
  const char *expected = "a numeric type: bool, integers of 1 to 8 bytes, floats of 2, 4 or 8 bytes";
  cursor start = *c;
  char text[32];
  skip_blanks(&start);
  SP_TRY(take_string(c, text, expected));
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (!text[0] || !strchr("<>|=", text[0]) || strcmp(text + 1, types[i].code) != 0) continue;
    if (text[0] == '|' && text[2] != '1') continue;  // '|' (no byte order) is valid for single bytes only
    array->dtype = types[i].dtype;
    array->half = strcmp(types[i].code, "f2") == 0;
    array->big_endian = text[0] == '>' || (text[0] == '=' && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    return SP_OK;
  }
  if (text[0] && text[1] == 'O') {
    return sp_fail(SP_ERR_DATA,
                   "%s: contains pickled Python objects (dtype object), which are not read, expected %s: convert the "
                   "array in NumPy, for example with numpy.load(name, allow_pickle=True).astype('float32')",
                   c->path, expected);
  }
  return unexpected(&start, expected);
}

static sp_status take_order(cursor *c, sp_array *array) {
  array->column_major = take(c, "True");
  return array->column_major || take(c, "False") ? SP_OK : unexpected(c, "True or False");
}

static sp_status take_extent(cursor *c, int64_t *extent) {
  skip_blanks(c);
  cursor start = *c;
  if (!isdigit((unsigned char)*c->at)) return unexpected(c, "a dimension");
  int64_t value = 0;
  for (; isdigit((unsigned char)*c->at); c->at++) {
    if (!sp_multiply_size(value, 10, &value) || !sp_add_size(value, *c->at - '0', &value)) {
      return unexpected(&start, "a dimension below 2^63");
    }
  }
  if (value == 0) return unexpected(&start, "a dimension of at least 1");
  take(c, "L");  // suffix of long integers in Python 2
  *extent = value;
  return SP_OK;
}

static sp_status take_shape(cursor *c, sp_array *array) {
  sp_shape shape = {0};
  if (!take(c, "(")) return unexpected(c, "a tuple");
  cursor start = *c;
  while (!take(c, ")")) {
    if (shape.rank == SP_MAX_RANK) return unexpected(&start, "at most 8 dimensions");
    SP_TRY(take_extent(c, &shape.extent[shape.rank++]));
    bool more = take(c, ",");
    if (!more && (shape.rank == 1 || !take(c, ")"))) return unexpected(c, "a comma");
    if (!more) break;
  }
  if (shape.rank == 0) return unexpected(&start, "at least one dimension: the rows");
  array->shape = shape;
  return SP_OK;
}

static sp_status take_entry(cursor *c, sp_array *array, unsigned *seen) {
  static const char *const keys[] = {"descr", "fortran_order", "shape"};
  static sp_status (*const values[])(cursor *, sp_array *) = {take_descr, take_order, take_shape};
  const char *expected = "one of 'descr', 'fortran_order', 'shape', each once";
  cursor start = *c;
  char key[32];
  skip_blanks(&start);
  SP_TRY(take_string(c, key, expected));
  for (unsigned i = 0; i < 3; i++) {
    if (strcmp(key, keys[i]) != 0 || (*seen & 1u << i)) continue;
    *seen |= 1u << i;
    return take(c, ":") ? values[i](c, array) : unexpected(c, "':'");
  }
  return unexpected(&start, expected);
}

static sp_status parse(cursor *c, sp_array *array) {
  unsigned seen = 0;
  if (!take(c, "{")) return unexpected(c, "'{'");
  while (!take(c, "}")) {
    SP_TRY(take_entry(c, array, &seen));
    if (take(c, ",")) continue;
    if (!take(c, "}")) return unexpected(c, "',' or '}'");
    break;
  }
  if (seen != 7) return unexpected(c, "'descr', 'fortran_order' and 'shape' before it");
  skip_blanks(c);
  return strcmp(c->at, "\n") == 0 ? SP_OK : unexpected(c, "the end of the header");
}

static sp_status read_length(sp_input *input, int64_t *length) {
  static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
  const char *path = sp_input_path(input);
  unsigned char start[8], size[4] = {0};
  SP_TRY(sp_input_exact(input, start, 8, "NPY header"));
  if (memcmp(start, "PK\3\4", 4) == 0) {
    return sp_fail(SP_ERR_DATA, "%s: found an archive of arrays (.npz), expected one array (unpack it with unzip)",
                   path);
  }
  if (memcmp(start, magic, sizeof magic) != 0) {
    return sp_fail(SP_ERR_DATA, "%s: offset 0: found 0x%02x%02x%02x…, expected \\x93NUMPY: not an NPY file", path,
                   start[0], start[1], start[2]);
  }
  if (start[6] < 1 || start[6] > 3 || start[7] != 0) {
    return sp_fail(SP_ERR_DATA, "%s: offset 6: found version %d.%d, expected 1.0, 2.0 or 3.0", path, start[6],
                   start[7]);
  }
  SP_TRY(sp_input_exact(input, size, start[6] == 1 ? 2 : 4, "NPY header"));
  *length = (int64_t)size[0] | (int64_t)size[1] << 8 | (int64_t)size[2] << 16 | (int64_t)size[3] << 24;
  if (*length <= HEADER_LIMIT) return SP_OK;
  return sp_fail(SP_ERR_DATA, "%s: offset 8: found a header of %lld bytes, expected at most %d", path,
                 (long long)*length, HEADER_LIMIT);
}

static sp_status read_header(sp_input *input, sp_array *array) {
  int64_t length = 0;
  char *text = NULL;
  SP_TRY(read_length(input, &length));
  SP_TRY(sp_allocate(length + 1, 1, "NPY header", &text));
  cursor c = {.path = sp_input_path(input), .text = text, .at = text, .offset = sp_input_offset(input)};
  *array = (sp_array){0};
  sp_status status = sp_input_exact(input, text, length, "NPY header");
  if (status == SP_OK) status = parse(&c, array);
  if (status == SP_OK && c.at + 1 != text + length) status = unexpected(&c, "the end of the header");
  free(text);
  return status;
}

// --- the format ---------------------------------------------------------------------------------------------------

static sp_status run(const void *given, sp_import *import) {
  const sp_import_npy_options *o = given;
  const sp_array_pair pairs[] = {{"/train/features", o->features, "/train/targets", o->targets, false},
                                 {"/test/features", o->test_features, "/test/targets", o->test_targets, false}};
  return sp_array_import(import, pairs, 2, &o->dataset, read_header);
}

#define AT(member) offsetof(sp_import_npy_options, member)
static const sp_option options[] = {
    {.name = "features",
     .kind = SP_OPTION_STRING,
     .offset = AT(features),
     .unit = "file",
     .flags = SP_OPTION_OPTIONAL,
     .help = "file imported as /train/features"},
    {.name = "targets",
     .kind = SP_OPTION_STRING,
     .offset = AT(targets),
     .unit = "file",
     .flags = SP_OPTION_OPTIONAL,
     .help = "file imported as /train/targets, with the same number of rows as the features"},
    {.name = "test_features",
     .kind = SP_OPTION_STRING,
     .offset = AT(test_features),
     .unit = "file",
     .flags = SP_OPTION_OPTIONAL,
     .help = "file imported as /test/features"},
    {.name = "test_targets",
     .kind = SP_OPTION_STRING,
     .offset = AT(test_targets),
     .unit = "file",
     .flags = SP_OPTION_OPTIONAL,
     .help = "file imported as /test/targets"},
    {.name = "dataset",
     .kind = SP_OPTION_STRINGS,
     .offset = AT(dataset),
     .unit = "name=file",
     .flags = SP_OPTION_OPTIONAL,
     .help = "file imported under the given name; may be repeated"},
    {0}};

const sp_import_format sp_import_npy = {
    .variant = {"npy", "NumPy .npy files, with one array each", options, sizeof(sp_import_npy_options)},
    .usage = "--features FILE --targets FILE [--test-features FILE --test-targets FILE]",
    .details =
        "Reads .npy files of versions 1 to 3, optionally compressed with gzip: bool, integers of 1 to 8 bytes\n"
        "and floats of 2, 4 and 8 bytes, in either byte order, with up to 8 dimensions, the first of which\n"
        "counts the rows. The values keep their type, except that float16 becomes float32. An array in\n"
        "Fortran order is transposed, which requires it to fit into memory.",
    .example = "shardprop import npy --features x.npy --targets y.npy -o data.h5",
    .run = run};
