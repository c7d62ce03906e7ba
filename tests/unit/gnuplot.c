// SPDX-License-Identifier: Apache-2.0
// Drawing with gnuplot: the files, the errors, and the message when gnuplot is not installed.
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "check.h"
#include "report/gnuplot.h"

static char directory[] = "/tmp/shardprop-gnuplot.XXXXXX";

static int enter(void **unused) {
  (void)unused;
  return !mkdtemp(directory) || chdir(directory) != 0;
}

static int leave(void **unused) {
  (void)unused;
  return chdir("/") != 0 || sp_directory_remove(directory) != SP_OK;
}

static char *read_file(const char *path, size_t *size) {
  char *data = NULL;
  assert_ok(sp_file_read(path, 1 << 24, &data, size));
  return data;
}

static sp_status draw(const char *script, const char *prefix) {
  return sp_gnuplot_draw(script, 320, 240, SP_GNUPLOT_SECONDS, prefix);
}

static void a_script_becomes_two_pictures(void **unused) {
  (void)unused;
  static const unsigned char signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  sp_text script = {0};
  size_t size;
  sp_text_add(&script, "$data << EOD\n1 2\n3 4\nEOD\nset title ");
  sp_gnuplot_add_string(&script, "dense_1/{kernel}^2 isn't \\n @x & ~y\n`date`");
  sp_text_add(&script, "\nplot $data with lines linestyle 1 title 'line'\n");
  assert_ok(draw(script.data, "picture"));
  char *svg = read_file("picture.svg", &size);
  assert_non_null(strstr(svg, "<svg"));
  assert_non_null(strstr(svg, "dense_1/{kernel}^2 isn't \\n @x &amp; ~y `date`<"));
  free(svg);
  char *png = read_file("picture.png", &size);
  assert_true(size > 100);
  assert_memory_equal(png, signature, sizeof signature);
  assert_int_equal((unsigned char)png[18] * 256 + (unsigned char)png[19], 320);
  assert_int_equal((unsigned char)png[22] * 256 + (unsigned char)png[23], 240);
  free(png);
  sp_text_free(&script);
}

static void any_string_is_shown_as_it_is(void **unused) {
  (void)unused;
  static const char *const strings[][2] = {{"'; system('touch ran'); '", "'; system('touch ran'); '"},
                                           {"''", "''"},
                                           {"a''b'''", "a''b'''"},
                                           {"\\", "\\"},
                                           {"\\'", "\\'"},
                                           {"`touch ran`$(touch ran)", "`touch ran`$(touch ran)"},
                                           {"{/Times %s}", "{/Times %s}"},
                                           {"a\xff\xfe\xc3", "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
                                           {"\xce\xa9\nx", "\xce\xa9 x"},
                                           {"#x", "#x"}};
  for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
    sp_text script = {0}, shown = {0};
    size_t size;
    sp_text_add(&script, "plot keyentry with lines title ");
    sp_gnuplot_add_string(&script, strings[i][0]);
    sp_text_add(&script, ", x notitle\n");
    sp_text_add(&shown, ">%s</tspan>", strings[i][1]);
    assert_ok(draw(script.data, "string"));
    char *svg = read_file("string.svg", &size);
    if (!strstr(svg, shown.data)) fail_msg("not shown: %s", shown.data);
    free(svg);
    sp_text_free(&script);
    sp_text_free(&shown);
  }
  assert_false(sp_file_exists("ran"));
}

/// Check the error with the script `shell` in the place of gnuplot, and that no file is left.
static void check_other(const char *shell, double seconds, const char *message) {
  char *path = strdup(getenv("PATH")), places[PATH_MAX];
  assert_ok(sp_directory_create("other/empty"));
  assert_ok(sp_file_write("other/gnuplot", shell, strlen(shell)));
  assert_int_equal(chmod("other/gnuplot", 0700), 0);
  snprintf(places, sizeof places, "other:%s", path);
  setenv("PATH", places, 1);
  assert_fails(sp_gnuplot_draw("plot x\n", 320, 240, seconds, "other/empty/none"), SP_ERR_IO, message);
  setenv("PATH", path, 1);
  free(path);
  assert_int_equal(rmdir("other/empty"), 0);
}

static void what_another_gnuplot_says_is_told(void **unused) {
  (void)unused;
  check_other("#!/bin/sh\nprintf 'unknown option\\n\\n' >&2\nexit 3\n", SP_GNUPLOT_SECONDS,
              "none.svg: gnuplot failed with status 3: unknown option");
}

static void a_gnuplot_that_hangs_is_ended(void **unused) {
  (void)unused;
  check_other("#!/bin/sh\necho '<svg>'\nexec sleep 600\n", 0.2,
              "none.svg: gnuplot took more than 0.2 s and was killed");
}

/// If the second file cannot be drawn, as on a full disk, the first one is not left, either.
static void both_files_or_none(void **unused) {
  (void)unused;
  check_other("#!/bin/sh\nif grep -q pngcairo; then exit 0; fi\necho '<svg a=\"0123456789\"></svg>'\n",
              SP_GNUPLOT_SECONDS, "none.png: gnuplot wrote an incomplete file");
}

static void endings_are_not_doubled(void **unused) {
  (void)unused;
  static const char *const cases[][2] = {{"lr.svg", "lr"},     {"a/lr.png", "a/lr"}, {"lr.svg.png", "lr"},
                                         {"lr.csv", "lr"},     {"lr.v1", "lr.v1"},   {"svg", "svg"},
                                         {"a/.svg", "a/.svg"}, {".png", ".png"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char prefix[PATH_MAX];
    assert_ok(sp_gnuplot_prefix(cases[i][0], "plot", prefix));
    assert_string_equal(prefix, cases[i][1]);
  }
}

/// Two processes that draw at the same time do not write to each other's files.
static void what_is_written_has_a_name_of_its_own(void **unused) {
  (void)unused;
  char name[64];
  snprintf(name, sizeof name, "other/empty/none.svg.new-%ld", (long)getpid());
  setenv("BESIDE", name, 1);
  check_other("#!/bin/sh\nif [ -e $BESIDE ]; then echo as it should be >&2; fi\nexit 1\n", SP_GNUPLOT_SECONDS,
              "as it should be");
}

static void a_picture_is_replaced_by_a_whole_one_only(void **unused) {
  (void)unused;
  assert_ok(sp_file_write("kept.svg", "old", 3));
  assert_fails(draw("plot sin(\n", "kept"), SP_ERR_IO, "kept.svg: gnuplot failed with status 1: line ");
  assert_fails(draw("set nonsense\n", "kept"), SP_ERR_IO, "unrecognized option");
  assert_fails(draw("# nothing\n", "kept"), SP_ERR_IO, "kept.svg: gnuplot wrote an incomplete file");
  assert_int_equal(sp_file_size("kept.svg"), 3);
  assert_ok(sp_directory_create("directory.svg"));
  assert_fails(draw("plot x\n", "directory"), SP_ERR_DATA, "directory.svg: is a directory");
}

static void without_gnuplot_the_package_is_named(void **unused) {
  (void)unused;
  char *path = strdup(getenv("PATH")), found[PATH_MAX];
  assert_true(sp_gnuplot_find(found));
  assert_ok(sp_file_write("gnuplot", "no program", 10));
  setenv("PATH", "/nowhere:.", 1);
  assert_false(sp_gnuplot_find(found));
  assert_fails(draw("plot x\n", "none"), SP_ERR_IO, "apt-get install gnuplot-nox");
  assert_false(sp_file_exists("none.svg"));
  unsetenv("PATH");
  assert_false(sp_gnuplot_find(found));
  setenv("PATH", path, 1);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_files_or_none),
      cmocka_unit_test(endings_are_not_doubled),
      cmocka_unit_test(a_script_becomes_two_pictures),
      cmocka_unit_test(any_string_is_shown_as_it_is),
      cmocka_unit_test(what_another_gnuplot_says_is_told),
      cmocka_unit_test(a_gnuplot_that_hangs_is_ended),
      cmocka_unit_test(what_is_written_has_a_name_of_its_own),
      cmocka_unit_test(a_picture_is_replaced_by_a_whole_one_only),
      cmocka_unit_test(without_gnuplot_the_package_is_named),
  };
  return cmocka_run_group_tests(tests, enter, leave);
}
