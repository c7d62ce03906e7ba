// SPDX-License-Identifier: Apache-2.0
// A program that embeds the trainer and calls MPI_Init itself. It starts the same run twice: the first start is stopped
// by a callback, the second resumes and completes the run. Shows callbacks, stopping and tensor names.
// Usage: mpirun -n RANKS embedded_trainer CONFIG [key=value…]
#include <locale.h>
#include <shardprop/trainer.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct counts {
  int64_t steps, epochs, checkpoints;
  int64_t stop_after;  // number of steps; 0: never
} counts;

static bool on_step(void *context, const sp_training_event *event) {
  counts *c = context;
  c->steps++;
  return event->step != c->stop_after;
}

static bool on_epoch(void *context, const sp_training_event *event) {
  counts *c = context;
  c->epochs++;
  printf("epoch %lld of %lld: %s %g\n", (long long)event->epoch, (long long)event->epochs, event->score_name[0],
         event->score[0]);
  return true;
}

static bool on_checkpoint(void *context, const sp_training_event *event) {
  counts *c = context;
  c->checkpoints++;
  printf("checkpoint of step %lld\n", (long long)event->saved_step);
  return true;
}

/// Open, run and close a training. Returns the status of the run.
static sp_status train(MPI_Comm comm, const char *config, const char *const *overrides, int count, counts *c) {
  sp_training_options options = {.config = config,
                                 .overrides = overrides,
                                 .count = count,
                                 .on_step = on_step,
                                 .on_epoch = on_epoch,
                                 .on_checkpoint = on_checkpoint,
                                 .context = c,
                                 .quiet = true};
  sp_training *training;
  int rank;
  MPI_Comm_rank(comm, &rank);
  SP_TRY(sp_training_open(comm, &options, &training));
  int64_t before = sp_training_step(training);
  sp_status status = sp_training_run(training);
  if (rank == 0) {
    printf("steps %lld to %lld; callbacks: %lld steps, %lld epochs, %lld checkpoints; first tensor %s\n",
           (long long)before, (long long)sp_training_step(training), (long long)c->steps, (long long)c->epochs,
           (long long)c->checkpoints, sp_training_tensor(training, 0));
  }
  sp_training_close(training);
  return status;
}

int main(int argc, char **argv) {
  MPI_Comm comm;
  if (argc < 2) {
    fprintf(stderr, "usage: %s CONFIG [key=value…]\n", argv[0]);
    return 2;
  }
  setlocale(LC_ALL, "");  // as many programs do; the library works in any locale
  MPI_Init(&argc, &argv);
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);  // any communicator will do
  counts first = {.stop_after = 5}, second = {0};
  const char *const *overrides = (const char *const *)(argv + 2);
  sp_status status = train(comm, argv[1], overrides, argc - 2, &first);
  if (status == SP_STOPPED) status = train(comm, argv[1], overrides, argc - 2, &second);
  if (status != SP_OK) fprintf(stderr, "%s\n", sp_error_message());
  MPI_Comm_free(&comm);
  MPI_Finalize();
  return sp_exit_code(status);
}
