// SPDX-License-Identifier: Apache-2.0
// Small valid files with bytes changed, cut off, doubled or taken out, in all formats: an import gives a whole file or
// an error with a message and no file; it never crashes. The damage is the same in every run.
#include "base/random.h"
#include "import_files.h"

enum { SIZE = 512 };
static uint64_t rounds = 600;  // of each file; SHARDPROP_FUZZ chooses

typedef struct seed {
  const sp_import_format *format;
  const char *bytes;
  size_t size;
} seed;

#define BYTES(text) text, sizeof(text) - 1
static const seed seeds[] = {
    {&sp_import_idx, BYTES("\0\0\x08\3\0\0\0\2\0\0\0\2\0\0\0\3"
                           "abcdefghijkl")},
    {&sp_import_idx, BYTES("\0\0\x0D\1\0\0\0\4"
                           "abcdefghijklmnop")},
    {&sp_import_npy, BYTES("\x93NUMPY\1\0\x47\0{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }           \n"
                           "abcdefghijklmnopqrstuvwx")},
    {&sp_import_npy,
     BYTES("\x93NUMPY\2\0\x45\0\0\0{'descr': '>f2', 'fortran_order': True, 'shape': (2, 3, 1), }       \n"
           "abcdefghijkl")},
    {&sp_import_csv, BYTES("\xEF\xBB\xBF"
                           "a,\"b \"\"c\"\"\",word,s,y\r\n1,2.5,\"x,\ny\",train,0\r\n-3e4,NA,z,test,1\r\n"
                           "5,,z,train,2\n")},
    {&sp_import_csv, BYTES("# a comment\na;'b;c';word;s;y\r\n1,5;-999;'x;\n#y';train;1\n-3e4;<NA>;z;test;4\n"
                           "TRUE;.;z;train;2\n")},
};

static uint32_t draw(uint64_t round, uint64_t what, uint32_t below) {
  uint32_t bits[4];
  sp_random_bits(sp_random_key_make(11, SP_RANDOM_DATA, what), round, 0, bits);
  return bits[0] % below;
}

/// Damage a copy of `size` bytes in a buffer of SIZE; returns the new size.
static size_t damage(unsigned char *bytes, size_t size, uint64_t round) {
  static const unsigned char telling[] = {0, 1, 0x7f, 0x80, 0xff, '"', ',', '\n', '\r', '\'', '(', '9', '-', 'e', ' '};
  uint32_t changes = 1 + draw(round, 0, 3);
  for (uint32_t i = 0; i < changes && size > 0; i++) {
    size_t at = draw(round, 10 + i, (uint32_t)size);
    switch (draw(round, 20 + i, 6)) {
      case 0: bytes[at] ^= (unsigned char)(1u << draw(round, 30 + i, 8)); break;
      case 1: bytes[at] = (unsigned char)draw(round, 30 + i, 256); break;
      case 2: bytes[at] = telling[draw(round, 30 + i, sizeof telling)]; break;
      case 3: size = at; break;
      case 4: memmove(bytes + at, bytes + at + 1, --size - at); break;
      default: memmove(bytes + at + 1, bytes + at, size - at); size++;
    }
  }
  return size;
}

static sp_status import_seed(const seed *s, const char *path, uint64_t round, const char *output) {
  if (s->format == &sp_import_idx) {
    return import_into(output, s->format, &(sp_import_idx_options){.train_images = path});
  }
  if (s->format == &sp_import_npy) {
    return import_into(output, s->format, &(sp_import_npy_options){.features = path});
  }
  bool split = draw(round, 4, 2);
  sp_import_csv_options options = {.file = path,
                                   .separator = ",",
                                   .missing = (int)draw(round, 1, 3),
                                   .missing_values = {(const char *[]){"-999,x", "1=-1"}, draw(round, 5, 3)},
                                   .no_header = draw(round, 2, 4) == 0,
                                   .class_target = draw(round, 3, 2),
                                   .target = {(const char *[]){"5"}, 1},
                                   .split = split ? "4" : NULL,
                                   .categorical = {(const char *[]){"3", split ? "1=codes" : "4"}, 2}};
  if (*s->bytes == '#') {
    options.separator = ";";
    options.quote = "'";
    options.comment = "#";
    options.decimal = SP_CSV_DECIMAL_COMMA;
    options.first_class = options.class_target ? draw(round, 6, 2) : 0;
    if (options.missing == SP_CSV_MISSING_ERROR) options.missing = SP_CSV_MISSING_DROP_ROW;
  }
  return import_into(output, s->format, &options);
}

static void check_outcome(sp_status status, const char *output) {
  if (status != SP_OK) {
    assert_true(strlen(sp_error_message()) > 10);
    assert_false(sp_file_exists(output));
    return;
  }
  assert_true(H5Fis_hdf5(output) > 0);
  assert_int_equal(unlink(output), 0);
}

static void damaged_files(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
    int whole = 0, refused = 0;
    for (uint64_t round = 0; round < rounds; round++) {
      unsigned char bytes[SIZE] = {0};
      memcpy(bytes, seeds[i].bytes, seeds[i].size);
      size_t size = round == 0 ? seeds[i].size : damage(bytes, seeds[i].size, round);
      bool zip = round % 4 == 3;
      const char *path = zip ? make_gzip_file("in.gz", bytes, size) : make_file("in", bytes, size);
      const char *output = in_directory("out.h5");
      sp_status status = import_seed(&seeds[i], path, round, output);
      if (round == 0) assert_ok(status);
      check_outcome(status, output);
      whole += status == SP_OK;
      refused += status != SP_OK;
    }
    assert_true(whole > 20);  // both kinds of outcome are met
    assert_true(refused > 20);
  }
}

static void damaged_gzip_files(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
    const char *path = make_gzip_file("whole.gz", seeds[i].bytes, seeds[i].size);
    char *data;
    size_t size;
    assert_ok(sp_file_read(path, SIZE, &data, &size));
    for (uint64_t round = 0; round < rounds / 4; round++) {
      unsigned char bytes[SIZE] = {0};
      memcpy(bytes, data, size);
      path = make_file("in.gz", bytes, damage(bytes, size, round));
      const char *output = in_directory("out.h5");
      check_outcome(import_seed(&seeds[i], path, 1, output), output);
    }
    free(data);
  }
}

int main(void) {
  const char *chosen = getenv("SHARDPROP_FUZZ");
  if (chosen) rounds = strtoull(chosen, NULL, 10);
  sp_log_set_level(SP_LOG_SILENT);
  const struct CMUnitTest tests[] = {cmocka_unit_test(damaged_files), cmocka_unit_test(damaged_gzip_files)};
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
