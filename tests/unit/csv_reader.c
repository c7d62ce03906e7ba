// SPDX-License-Identifier: Apache-2.0
// A field of many megabytes is read without its text being copied over and over: room for it grows in large steps.
#define _GNU_SOURCE
#include <dlfcn.h>

#include "import_files.h"

static int64_t calls;

/// Replaces the function of the C library, also for the libraries of this program.
void *realloc(void *memory, size_t size) {
  static void *(*real)(void *, size_t);
  if (!real) {
    void *found = dlsym(RTLD_NEXT, "realloc");
    memcpy(&real, &found, sizeof real);
  }
  calls++;
  return real(memory, size);
}

/// How often memory grows while a table is read whose second row has a field of this size.
static int64_t growths(size_t size, bool quoted) {
  sp_text text = {0};
  sp_text_add(&text, "a,b\n1,%s", quoted ? "\"" : "");
  for (size_t i = 0; i < size / 8; i++)
    sp_text_append(&text, i % 100 ? "xxxxxxxx" : quoted ? "xxx\n,x\"\"" : "xxxxxxx ", 8);
  sp_text_add(&text, "%s\n", quoted ? "\"" : "");
  sp_import_csv_options options = {.file = make_file("long.csv", text.data, text.size), .separator = ","};
  sp_text_free(&text);
  calls = 0;
  assert_import_fails(&sp_import_csv, &options, SP_ERR_DATA, "long.csv:2: column 'b': found 'xxx");
  return calls;
}

static void long_fields(void **state) {
  (void)state;
  for (int quoted = 0; quoted < 2; quoted++) {
    int64_t few = growths(1 << 20, quoted), many = growths(16 << 20, quoted);
    assert_true(few > 0);
    assert_in_range(many, few, few + 100);  // by 128 bytes at a time these would be 100,000
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(long_fields)};
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
