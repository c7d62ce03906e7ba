// SPDX-License-Identifier: Apache-2.0
// Damaged HDF5 files: reading rows for training and listing for inspect end with a success or an error that names the
// file, with no crash, no endless loop and no report of a sanitizer. HDF5 itself crashes on some of them, which must
// become an error. Each file is read in a process of its own. The damage is the same in every run; SHARDPROP_FUZZ
// chooses how many files, 2,000 in the long form.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/crash.h"
#include "base/random.h"
#include "columns.h"
#include "data/row_cache.h"
#include "data/row_dataset.h"
#include "hdf5/hdf5_list.h"
#include "hdf5_writer.h"

enum { ROWS = 24, VALUES = 6, LARGEST = 1 << 20, SECONDS = 200 };
enum { DONE = 10, REFUSED = 11, NAMELESS = 12 };  // what a reader exits with
static int files = 100;
/// Of the long form, also in the short one: HDF5 1.10 ends the process when it reads these.
static const int telling[] = {369, 795};
enum { TELLING = sizeof telling / sizeof *telling };

// --- whole files --------------------------------------------------------------------------------------------------

static int16_t features[ROWS * VALUES];
static uint8_t targets[ROWS];
static const hsize_t extent[2] = {ROWS, VALUES}, unlimited[2] = {H5S_UNLIMITED, VALUES};

static hid_t create(const char *name, bool latest) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, latest ? H5F_LIBVER_LATEST : H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
  hid_t file = H5Fcreate(in_directory(name), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  assert_true(file >= 0);
  H5Pclose(access);
  return file;
}

static void write_targets(hid_t file) { write_values(file, "/y", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, extent, targets); }

static void write_attributes(hid_t object, int count) {
  hid_t text = H5Tcopy(H5T_C_S1), one = H5Screate(H5S_SCALAR);
  const char *value = "metres";
  H5Tset_size(text, H5T_VARIABLE);
  for (int i = 0; i < count; i++) {
    char name[24];
    snprintf(name, sizeof name, i ? "attribute_%d" : "units", i);
    hid_t attribute = H5Acreate2(object, name, text, one, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, text, &value);
    H5Aclose(attribute);
  }
  H5Sclose(one);
  H5Tclose(text);
}

/// What no network reads, but inspect lists: strings, an enumeration, compound values, a named type, groups and links.
static void write_others(hid_t file, int links) {
  hid_t text = H5Tcopy(H5T_C_S1), enumeration = H5Tenum_create(H5T_NATIVE_INT8), pair = H5Tcreate(H5T_COMPOUND, 16);
  H5Tset_size(text, H5T_VARIABLE);
  H5Tenum_insert(enumeration, "yes", &(int8_t){1});
  H5Tinsert(pair, "a", 0, H5T_NATIVE_DOUBLE);
  H5Tinsert(pair, "b", 8, H5T_NATIVE_INT);
  const char *words[2] = {"one", "a longer word"};
  write_values(file, "/more/deep/words", text, text, 1, (hsize_t[]){2}, words);
  write_values(file, "/more/truth", enumeration, enumeration, 1, (hsize_t[]){3}, (int8_t[]){1, 1, 1});
  write_values(file, "/more/pairs", pair, pair, 1, (hsize_t[]){2}, (double[]){1, 2, 3, 4});
  H5Tcommit2(file, "/more/type", pair, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/more/deep/words", file, "/more/soft", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_hard(file, "/more", file, "/more/deep/round", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external("contiguous.h5", "/x", file, "/more/external", H5P_DEFAULT, H5P_DEFAULT);
  for (int i = 0; i < links; i++) {
    char name[24];
    snprintf(name, sizeof name, "/more/link_%d", i);
    H5Lcreate_hard(file, "/y", file, name, H5P_DEFAULT, H5P_DEFAULT);
  }
  H5Tclose(pair);
  H5Tclose(enumeration);
  H5Tclose(text);
}

static void write_features(hid_t file, hid_t creation, const hsize_t *most, int attributes) {
  hid_t space = H5Screate_simple(2, extent, most);
  hid_t dataset = H5Dcreate2(file, "/x", H5T_STD_I16BE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  assert_true(dataset >= 0);
  if (H5Pget_layout(creation) != H5D_VIRTUAL) {
    assert_true(H5Dwrite(dataset, H5T_NATIVE_INT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, features) >= 0);
  }
  write_attributes(dataset, attributes);
  H5Dclose(dataset);
  H5Sclose(space);
  H5Pclose(creation);
}

static void make_contiguous(hid_t file) {
  write_features(file, H5Pcreate(H5P_DATASET_CREATE), NULL, 2);
  write_others(file, 0);
}

static void make_filtered(hid_t file) {
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(creation, 2, (hsize_t[]){5, 4});
  H5Pset_shuffle(creation);
  H5Pset_deflate(creation, 4);
  H5Pset_fletcher32(creation);
  write_features(file, creation, unlimited, 20);
}

static void make_many_links(hid_t file) {
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(creation, 2, (hsize_t[]){5, VALUES});
  write_features(file, creation, NULL, 1);
  write_others(file, 20);
}

static void make_compact(hid_t file) {
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_layout(creation, H5D_COMPACT);
  write_features(file, creation, NULL, 1);
}

static void make_external(hid_t file) {
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(creation, in_directory("values.raw"), 0, sizeof features);
  write_features(file, creation, NULL, 0);
}

static void make_virtual(hid_t file) {
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  hid_t to = H5Screate_simple(2, extent, NULL), from = H5Screate_simple(2, extent, NULL);
  for (hsize_t i = 0; i < 2; i++) {
    const hsize_t start[2] = {i * ROWS / 2, 0}, count[2] = {ROWS / 2, VALUES};
    H5Sselect_hyperslab(to, H5S_SELECT_SET, start, NULL, count, NULL);
    H5Sselect_hyperslab(from, H5S_SELECT_SET, start, NULL, count, NULL);
    assert_true(H5Pset_virtual(creation, to, "contiguous.h5", "/x", from) >= 0);
  }
  H5Sclose(to);
  H5Sclose(from);
  write_features(file, creation, NULL, 1);
}

static const struct {
  const char *name;
  bool latest;
  void (*make)(hid_t file);
} kinds[] = {{"contiguous.h5", false, make_contiguous},  {"filtered.h5", false, make_filtered},
             {"links.h5", false, make_many_links},       {"compact.h5", false, make_compact},
             {"external.h5", false, make_external},      {"virtual.h5", false, make_virtual},
             {"contiguous-2.h5", true, make_contiguous}, {"filtered-2.h5", true, make_filtered},
             {"links-2.h5", true, make_many_links},      {"virtual-2.h5", true, make_virtual}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static char *whole[KINDS];
static size_t sizes[KINDS];

static int make_files(void **state) {
  if (enter_directory(state) != 0) return -1;
  for (int i = 0; i < ROWS * VALUES; i++) features[i] = (int16_t)(i * 37);
  for (int i = 0; i < ROWS; i++) targets[i] = (uint8_t)(i % 10);
  for (int i = 0; i < KINDS; i++) {
    hid_t file = create(kinds[i].name, kinds[i].latest);
    write_targets(file);
    kinds[i].make(file);
    assert_true(H5Fclose(file) >= 0);
    assert_ok(sp_file_read(in_directory(kinds[i].name), LARGEST, &whole[i], &sizes[i]));
  }
  return 0;
}

static int remove_files(void **state) {
  for (int i = 0; i < KINDS; i++) free(whole[i]);
  return leave_directory(state);
}

// --- damage -------------------------------------------------------------------------------------------------------

static size_t draw(uint64_t round, uint64_t *drawn, size_t below) {
  uint32_t bits[4];
  sp_random_bits(sp_random_key_make(14, SP_RANDOM_DATA, round), (*drawn)++, 0, bits);
  return below == 0 ? 0 : bits[0] % below;
}

static void swap_blocks(unsigned char *a, unsigned char *b, size_t size) {
  for (size_t i = 0; i < size; i++) {
    unsigned char kept = a[i];
    a[i] = b[i];
    b[i] = kept;
  }
}

/// Damage `size` bytes in a buffer of LARGEST + 512; returns the new size.
static size_t damage(unsigned char *bytes, size_t size, uint64_t round) {
  uint64_t drawn = 0;
  for (size_t left = 1 + draw(round, &drawn, 8); left > 0; left--) {
    size_t at = draw(round, &drawn, size), most = size - at < 64 ? size - at : 64,
           length = 1 + draw(round, &drawn, most);
    if (length > most) length = most;
    switch (draw(round, &drawn, 8)) {
      case 0: memset(bytes + at, 0, length); break;
      case 1: memset(bytes + at, 0xff, length < 8 ? length : 8); break;
      case 2:
        for (size_t i = 0; i < length; i++) bytes[at + i] = (unsigned char)draw(round, &drawn, 256);
        break;
      case 3: swap_blocks(bytes + at / 2, bytes + at, length < at - at / 2 ? length : at - at / 2); break;
      case 4:
        if (draw(round, &drawn, 4) == 0) size = at + 1;
        break;
      case 5:
        for (size_t i = 0; i < length && size < LARGEST; i++) bytes[size++] = (unsigned char)draw(round, &drawn, 256);
        break;
      default: bytes[at] ^= (unsigned char)(1u << draw(round, &drawn, 8));
    }
  }
  return size;
}

// --- reading ------------------------------------------------------------------------------------------------------

static sp_status train(const char *path) {
  const sp_selected_list none = {NULL, 0};
  sp_data_source_options source = {.file = {&path, 1}, .features = "/x", .targets = "/y"};
  sp_dataset *dataset;
  SP_TRY(open_pair(&source, &none, &none, SP_FLOAT32, &dataset));
  int64_t rows = sp_dataset_rows(dataset), bytes = sp_dataset_cache_bytes(dataset);
  void *cache = NULL;
  sp_status status = SP_OK;
  if (bytes < LARGEST) {
    cache = malloc((size_t)bytes);
    status = sp_dataset_cache_fill(dataset, cache, 0, rows);
  }
  free(cache);
  sp_dataset_close(dataset);
  return status;
}

static sp_status inspect(const char *path) {
  sp_text out = {0};
  sp_status status = sp_hdf5_list(path, false, &out);
  if (status == SP_OK) status = sp_hdf5_list(path, true, &out);
  sp_text_free(&out);
  return status;
}

/// In a process of its own, whose messages go to a file.
static int read_file(const char *path, sp_status (*reader)(const char *path)) {
  pid_t child = fork();
  int ended;
  if (child == 0) {
    struct rlimit limit = {SECONDS, SECONDS};
    setrlimit(RLIMIT_CPU, &limit);
    int out = open(in_directory("messages"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(out, STDERR_FILENO);
    sp_crash_report();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    sp_status status = reader(path);
    if (status != SP_OK) dprintf(STDERR_FILENO, "%s\n", sp_error_message());
    _exit(status == SP_OK ? DONE : strstr(sp_error_message(), path) ? REFUSED : NAMELESS);
  }
  assert_true(child > 0);
  assert_int_equal(waitpid(child, &ended, 0), child);
  return ended;
}

/// Sanitizers look at the memory functions that HDF5 calls, too: a report whose first other function is HDF5's is of a
/// fault of HDF5.
static bool is_of_hdf5(const char *report) {
  for (const char *line = strstr(report, "    #0 "); line; line = strstr(line + 1, "    #")) {
    const char *end = strchr(line, '\n'), *hdf5 = strstr(line, "libhdf5"), *ours = strstr(line, "/src/");
    if (hdf5 && (!end || hdf5 < end)) return true;
    if (ours && (!end || ours < end) && !strstr(line, "libsanitizer")) return false;
  }
  return false;
}

static void check(int ended, const char *path, const char *what, int round) {
  char *messages = NULL;
  size_t size;
  int code = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  assert_ok(sp_file_read(in_directory("messages"), LARGEST, &messages, &size));
  bool told = code == 1 && strstr(messages, path) && strstr(messages, "HDF5 crashed");
  bool reported = strstr(messages, "ERROR: AddressSanitizer") || strstr(messages, "runtime error");
  if (reported && !strstr(messages, "runtime error") && is_of_hdf5(messages)) {
    told = true;
    reported = false;
  }
  if (reported || (code != DONE && code != REFUSED && !told) || (round < KINDS && code != DONE)) {
    fail_msg("%s: round %d (%s): ended with %x: %s", what, round, kinds[round % KINDS].name, (unsigned)ended, messages);
  }
  free(messages);
}

static void damaged_files(sp_status (*reader)(const char *path), const char *what) {
  static unsigned char bytes[LARGEST + 512];
  char path[400];
  snprintf(path, sizeof path, "%s", in_directory("damaged.h5"));
  int done = 0;
  for (int i = 0; i < KINDS + files + TELLING; i++) {
    int round = i < KINDS + files ? i : telling[i - KINDS - files];
    int kind = round % KINDS;
    memcpy(bytes, whole[kind], sizes[kind]);
    size_t size = round < KINDS ? sizes[kind] : damage(bytes, sizes[kind], (uint64_t)round);
    assert_ok(sp_file_replace(path, bytes, size));
    int ended = read_file(path, reader);
    check(ended, path, what, round);
    done += WIFEXITED(ended) && WEXITSTATUS(ended) == DONE;
  }
  int refused = KINDS + files + TELLING - done;
  print_message("%s: %d damaged files, %d refused\n", what, files, refused);
  assert_true(done > KINDS && refused > 0);  // both kinds of outcome are met
}

static void training_on_damaged_files(void **state) {
  (void)state;
  damaged_files(train, "train");
}

static void inspecting_damaged_files(void **state) {
  (void)state;
  damaged_files(inspect, "inspect");
}

int main(void) {
  const char *chosen = getenv("SHARDPROP_FUZZ");
  if (chosen) files = atoi(chosen);
  const struct CMUnitTest tests[] = {cmocka_unit_test(training_on_damaged_files),
                                     cmocka_unit_test(inspecting_damaged_files)};
  return cmocka_run_group_tests(tests, make_files, remove_files);
}
