// SPDX-License-Identifier: Apache-2.0
// A step allocates nothing: allocations are counted by the library that makes them, those of oneDNN and MPI excepted. A step whose
// gradient norm is not finite changes nothing.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/memory.h"
#include "check.h"
#include "config/names.h"
#include "import/import_format.h"
#include "train/training.h"

// --- counting -----------------------------------------------------------------------------------------------------

static atomic_bool counting;
static atomic_long ours;

#ifndef __SANITIZE_ADDRESS__
static void count(void *caller) {
  static const char inside;  // this program, which the sources are linked into
  Dl_info about, own;
  if (!atomic_load(&counting) || !dladdr(caller, &about) || !dladdr(&inside, &own)) return;
  if (about.dli_fbase == own.dli_fbase) atomic_fetch_add(&ours, 1);
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
  count(__builtin_return_address(0));
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count(__builtin_return_address(0));
  return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
  count(__builtin_return_address(0));
  return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}
#endif

// --- a run --------------------------------------------------------------------------------------------------------

static const char config_text[] =
    "data:\n"
    "  train: {file: data.h5, features: /train/features, targets: /train/targets}\n"
    "  transform: [standardize]\n"
    "  cache: node\n"
    "model:\n"
    "  layers: [{dense: {units: 200}}, relu, {dense: {units: 30}}, tanh, {dense: {units: 3}}]\n"
    "  loss: softmax_cross_entropy\n"
    "  metrics: [accuracy]\n"
    "optimizer: {rmsprop: {momentum: 0.5, centered: true}, average: 0.99}\n"
    "exchange: {path: window}\n"
    "train: {batch_size: 40, lanes: 8}\n";

static sp_comm comm;
static sp_run_config config;
static sp_trainer *trainer;

static int set_up(void **state) {
  (void)state;
  char place[] = "/tmp/shardprop-step.XXXXXX";
  if (comm.rank == 0 && (!mkdtemp(place) || chdir(place) != 0)) return 1;
  MPI_Bcast(place, sizeof place, MPI_CHAR, 0, comm.world);
  if (chdir(place) != 0) return 1;
  if (comm.rank == 0) {
    const sp_import_format *format = (const sp_import_format *)sp_variant_find(sp_import_formats, "synthetic");
    sp_import_synthetic_options options = {.rows = 410, .features = 10, .classes = 3, .seed = 1, .noise = 1};
    sp_import_output output = {.output = "data.h5"};
    assert_ok(sp_import_run(format, &options, &output, NULL));
  }
  MPI_Barrier(comm.world);
  return 0;
}

static void open_with(const char *const *overrides, int count) {
  assert_ok(sp_run_config_read(config_text, strlen(config_text), "step.yaml", overrides, count, &config));
  assert_ok(sp_trainer_create(&comm, &config, SP_FEED_TRAINING, &trainer));
  assert_ok(sp_trainer_initialise(trainer));
}

static void open_trainer(const char *override) { open_with(&override, 1); }

static void close_trainer(void) {
  sp_trainer_free(trainer);
  sp_run_config_free(&config);
}

static int tear_down(void **state) {
  (void)state;
  MPI_Barrier(comm.world);
  char place[200];
  if (comm.rank == 0 && (unlink("data.h5") != 0 || !getcwd(place, sizeof place) || rmdir(place) != 0)) return 1;
  return 0;
}

// Steps of one epoch, the last of them short.
static void steps(void) {
  sp_step_outcome outcome;
  int64_t epoch_steps = sp_order_steps(&trainer->source.order);
  for (int64_t step = 0; step < epoch_steps; step++)
    assert_ok(sp_train_step_make(&trainer->step, &(sp_step_wishes){0}, &outcome));
  assert_int_equal(outcome.rows, 10);
  trainer->model.state.progress.epoch++;
  trainer->model.state.progress.epoch_step = 0;
}

static void a_step_allocates_nothing(void **state) {
  (void)state;
  const char *const overrides[] = {
      "train.on_nonfinite=stop",
      "train.on_nonfinite=skip",
      "optimizer.accumulate=5",
      "optimizer.clip_norm=0.1",
      "model.loss={softmax_cross_entropy: {class_weights: balanced}}",
      ("optimizer={nadam: {}, schedule: {cosine: {period: 7 steps}, warmup: 5 steps, warmup_from: 0}, l1: 0.001, "
       "groups: [{tensors: '*/bias', l1: 0}, {tensors: dense_2/*, lr: 0.1}], clip_value: 0.1, clip_norm: 1, "
       "accumulate: 2}")};
  for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++) {
    open_trainer(overrides[i]);
    steps();
    atomic_store(&counting, true);
    steps();
    atomic_store(&counting, false);
    assert_int_equal(atomic_load(&ours), 0);
    close_trainer();
  }
}

/// Every value of the gradient is finite, and so is the loss.
static void a_norm_that_overflows_is_not_finite(void **state) {
  (void)state;
  const char *overrides[] = {"train.precision=float64", "optimizer={rmsprop: {}, l1: 1e160, clip_norm: 1}", NULL};
  sp_step_outcome outcome;
  for (int skips = 0; skips < 2; skips++) {
    overrides[2] = skips ? "train.on_nonfinite=skip" : "train.on_nonfinite=stop";
    open_with(overrides, 3);
    int64_t bytes = sp_parameter_values(trainer->model.state.table) * (int64_t)sizeof(double);
    char *before = malloc((size_t)bytes);
    memcpy(before, trainer->model.state.parameters, (size_t)bytes);
    MPI_Barrier(comm.world);
    sp_status status = sp_train_step_make(&trainer->step, &(sp_step_wishes){0}, &outcome);
    assert_int_equal(status, skips ? SP_OK : SP_ERR_NONFINITE);
    if (skips) assert_false(outcome.made);
    if (!skips)
      assert_non_null(strstr(sp_error_message(), "step 1: the values of the gradient are finite but its norm is not"));
    assert_memory_equal(trainer->model.state.parameters, before, (size_t)bytes);
    free(before);
    close_trainer();
  }
}

static void the_counter_counts(void **state) {
  (void)state;
#ifdef __SANITIZE_ADDRESS__
  skip();  // the sanitizer has taken the allocator over
#endif
  void *memory;
  atomic_store(&counting, true);
  assert_ok(sp_allocate(10, 1, "a test", &memory));
  atomic_store(&counting, false);
  assert_int_equal(atomic_exchange(&ours, 0), 1);
  free(memory);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  assert_ok(sp_comm_open(MPI_COMM_WORLD, &comm));
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_counter_counts),
      cmocka_unit_test(a_step_allocates_nothing),
      cmocka_unit_test(a_norm_that_overflows_is_not_finite),
  };
  int failed = cmocka_run_group_tests(tests, set_up, tear_down);
  sp_comm_close(&comm);
  MPI_Finalize();
  return failed;
}
