// SPDX-License-Identifier: Apache-2.0
// IDX, the format of MNIST and its successors: http://yann.lecun.com/exdb/mnist (2 zero bytes, type, rank, extents).
#include "import/import_array.h"

static sp_status read_type(const sp_input *input, const unsigned char magic[4], sp_array *array) {
  static const struct {
    unsigned char code;
    sp_dtype dtype;
  } types[] = {{0x08, SP_UINT8}, {0x09, SP_INT8},    {0x0B, SP_INT16},
               {0x0C, SP_INT32}, {0x0D, SP_FLOAT32}, {0x0E, SP_FLOAT64}};
  const char *path = sp_input_path(input);
  if (magic[0] != 0 || magic[1] != 0) {
    return sp_fail(SP_ERR_DATA, "%s: offset 0: found bytes 0x%02x 0x%02x, expected 0x00 0x00: not an IDX file", path,
                   magic[0], magic[1]);
  }
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (types[i].code != magic[2]) continue;
    array->dtype = types[i].dtype;
    return SP_OK;
  }
  return sp_fail(SP_ERR_DATA, "%s: offset 2: found type 0x%02x, expected 0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e", path,
                 magic[2]);
}

static sp_status read_header(sp_input *input, sp_array *array) {
  unsigned char magic[4], extent[4];
  SP_TRY(sp_input_exact(input, magic, 4, "IDX header"));
  *array = (sp_array){.big_endian = true, .shape.rank = magic[3]};
  SP_TRY(read_type(input, magic, array));
  if (magic[3] < 1 || magic[3] > SP_MAX_RANK) {
    return sp_fail(SP_ERR_DATA, "%s: offset 3: found %d dimensions, expected 1 to %d", sp_input_path(input), magic[3],
                   SP_MAX_RANK);
  }
  for (int i = 0; i < array->shape.rank; i++) {
    SP_TRY(sp_input_exact(input, extent, 4, "IDX header, a dimension"));
    array->shape.extent[i] =
        (int64_t)extent[0] << 24 | (int64_t)extent[1] << 16 | (int64_t)extent[2] << 8 | (int64_t)extent[3];
    if (array->shape.extent[i] == 0) {
      return sp_fail(SP_ERR_DATA, "%s: offset %d: found a dimension of 0, expected at least 1", sp_input_path(input),
                     4 + 4 * i);
    }
  }
  return SP_OK;
}

static sp_status run(const void *given, sp_import *import) {
  const sp_import_idx_options *o = given;
  const sp_array_pair pairs[] = {{"/train/images", o->train_images, "/train/labels", o->train_labels, true},
                                 {"/test/images", o->test_images, "/test/labels", o->test_labels, true}};
  return sp_array_import(import, pairs, 2, &o->dataset, read_header);
}

#define AT(member) offsetof(sp_import_idx_options, member)
static const sp_option options[] = {{.name = "train_images",
                                     .kind = SP_OPTION_STRING,
                                     .offset = AT(train_images),
                                     .unit = "file",
                                     .flags = SP_OPTION_OPTIONAL,
                                     .help = "file imported as /train/images"},
                                    {.name = "train_labels",
                                     .kind = SP_OPTION_STRING,
                                     .offset = AT(train_labels),
                                     .unit = "file",
                                     .flags = SP_OPTION_OPTIONAL,
                                     .help = "file imported as /train/labels, with one integer for each image"},
                                    {.name = "test_images",
                                     .kind = SP_OPTION_STRING,
                                     .offset = AT(test_images),
                                     .unit = "file",
                                     .flags = SP_OPTION_OPTIONAL,
                                     .help = "file imported as /test/images"},
                                    {.name = "test_labels",
                                     .kind = SP_OPTION_STRING,
                                     .offset = AT(test_labels),
                                     .unit = "file",
                                     .flags = SP_OPTION_OPTIONAL,
                                     .help = "file imported as /test/labels"},
                                    {.name = "dataset",
                                     .kind = SP_OPTION_STRINGS,
                                     .offset = AT(dataset),
                                     .unit = "name=file",
                                     .flags = SP_OPTION_OPTIONAL,
                                     .help = "file imported under the given name; may be repeated"},
                                    {0}};

const sp_import_format sp_import_idx = {
    .variant = {"idx", "IDX files, the format of MNIST and Fashion-MNIST", options, sizeof(sp_import_idx_options)},
    .usage = "--train-images FILE --train-labels FILE [--test-images FILE --test-labels FILE]",
    .details =
        "Reads IDX files, optionally compressed with gzip, of all types (integers of 1, 2 and 4 bytes, floats\n"
        "of 4 and 8 bytes) and with up to 8 dimensions. The values keep their type; scale them in the\n"
        "configuration.",
    .example =
        "shardprop import idx --train-images train-images-idx3-ubyte.gz --train-labels "
        "train-labels-idx1-ubyte.gz \\\n    --test-images t10k-images-idx3-ubyte.gz --test-labels "
        "t10k-labels-idx1-ubyte.gz -o fashion-mnist.h5",
    .run = run};
