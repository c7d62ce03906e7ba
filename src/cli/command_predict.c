// SPDX-License-Identifier: Apache-2.0
// shardprop predict: write the outputs of a run's network for the rows of a data set to a file.
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/files.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/visible.h"
#include "cli/command.h"
#include "cli/predictions.h"

typedef struct predict_arguments {
  sp_evaluation_wanted wanted;
  sp_import_output output;
} predict_arguments;

static const sp_usage usage = {
    .command = "predict",
    .synopsis =
        "[mpirun -n RANKS] shardprop predict RUN|CHECKPOINT [--data test|validation|train]\n"
        "           [--parameters average|raw] -o FILE",
    .details =
        "Write the outputs of the network for each row, in row order. The file has the same bytes on any number\n"
        "of ranks.\n"
        "\n"
        "An HDF5 file contains\n"
        "  /predictions (rows, outputs)  outputs in the units of the data set (scale and standardize of the\n"
        "                                targets are undone); logits if the loss is a cross-entropy\n"
        "  /probability (rows, outputs)  probabilities, if the loss is a cross-entropy\n"
        "  /class (rows)                 the most probable class, if there are several; -1 if a logit is NaN\n"
        "A file whose name ends in .csv is a table with a heading: all columns of the data under their names, as\n"
        "they are stored, then prediction, class and probability (predicted_class if the data have a column of\n"
        "that name).\n"
        "\n"
        "Test rows need no targets: use --set data.test.targets=~ if the configuration names some.",
    .example =
        "mpirun -n 2 shardprop predict runs/fashion_mnist -o predictions.h5\n"
        "  shardprop predict runs/diamonds --data train -o fit.csv"};

typedef struct job {
  const sp_comm *comm;
  sp_evaluation evaluation;
  sp_predictions *predictions;  // on rank 0
  sp_meter meter;
  void *output;      // (rows of a pass, outputs)
  MPI_Datatype row;  // of the output
} job;

// --- rows ---------------------------------------------------------------------------------------------------------

/// Return the number of rows of rank r in the round that begins at row `first`. A pass has the same number of rows on any
/// number of ranks, so that the outputs have the same bits.
static int64_t share(const job *j, int64_t first, int r) {
  int64_t most = j->evaluation.trainer->evaluator.rows, left = j->evaluation.rows->count - first - r * most;
  return left < 0 ? 0 : left < most ? left : most;
}

static sp_status forward(job *j, int64_t first) {
  sp_trainer *t = j->evaluation.trainer;
  double sums[SP_STATE_SUMS];
  int64_t rows = share(j, first, j->comm->rank);
  if (rows == 0) return SP_OK;
  return sp_evaluator_forward(&t->evaluator, j->evaluation.rows, first + j->comm->rank * t->evaluator.rows, rows,
                              j->output, sums);
}

/// Send the outputs to rank 0, one rank after the other, so that it needs memory for those of one rank only. Rank 0
/// receives all of them even if it cannot write them, so that no rank is left waiting.
static sp_status collect(job *j, int64_t first) {
  enum { TAG = 1 };
  const sp_comm *comm = j->comm;
  sp_status status = SP_OK;
  int64_t mine = share(j, first, comm->rank);
  if (comm->rank != 0) {
    if (mine > 0) MPI_Send(j->output, (int)mine, j->row, 0, TAG, comm->world);
    return SP_OK;
  }
  for (int r = 0; r < comm->size && share(j, first, r) > 0; r++) {
    int64_t rows = share(j, first, r);
    if (r > 0) MPI_Recv(j->output, (int)rows, j->row, r, TAG, comm->world, MPI_STATUS_IGNORE);
    if (status == SP_OK) status = sp_predictions_append(j->predictions, j->output, rows);
  }
  return status;
}

static sp_status predict_rows(job *j) {
  int64_t rows = j->evaluation.rows->count, round = j->evaluation.trainer->evaluator.rows * j->comm->size;
  for (int64_t first = 0; first < rows; first += round) {
    SP_TRY(sp_comm_agree(j->comm, forward(j, first)));
    SP_TRY(sp_comm_agree(j->comm, collect(j, first)));
    if (j->comm->rank == 0) sp_meter_reach(&j->meter, first + round < rows ? first + round : rows);
  }
  return SP_OK;
}

// --- the command --------------------------------------------------------------------------------------------------

/// The output must not replace a file of the run directory, but may be in it. `run` may be a checkpoint.
static sp_status check_run(const char *run, const char *output) {
  static const char *const files[] = {"config.yaml", "status.json", "metrics.jsonl", "train.log",
                                      "lease",       "lock",        "restarts"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    for (int up = 0; up < 2; up++) {
      char path[PATH_MAX];
      snprintf(path, sizeof path, "%s%s/%s", run, up ? "/../.." : "", files[i]);
      SP_TRY(sp_file_check_output(output, path));
    }
  }
  return SP_OK;
}

static sp_status prepare(job *j, const char *run, const char *output) {
  const sp_trainer *t = j->evaluation.trainer;
  if (sp_dataset_has_file(j->evaluation.rows->dataset, output)) {
    return sp_fail(SP_ERR_DATA, "%s: contains the rows to predict; choose another output file", output);
  }
  SP_TRY(sp_run_config_check_output(&j->evaluation.config, output));
  SP_TRY(sp_file_check_output(output, j->evaluation.path));
  SP_TRY(check_run(run, output));
  int64_t outputs = sp_shape_size(sp_network_output(t->model.network)), values, bytes;
  size_t size = sp_dtype_size(t->model.state.precision);
  if (!sp_multiply_size(t->evaluator.rows, outputs, &values) || t->evaluator.rows > INT_MAX ||
      !sp_multiply_size(outputs, (int64_t)size, &bytes) || bytes > INT_MAX) {
    return sp_fail(SP_ERR_MEMORY, "the predictions of %lld rows are too large for an MPI message",
                   (long long)t->evaluator.rows);
  }
  SP_TRY(sp_allocate(values, size, "predictions", &j->output));
  MPI_Type_contiguous((int)bytes, MPI_BYTE, &j->row);
  MPI_Type_commit(&j->row);
  return j->comm->rank == 0 ? sp_predictions_begin(j->predictions, &j->evaluation) : SP_OK;
}

static sp_status check_model(const sp_run_config *config) {
  if (!config->model->objective) return SP_OK;
  return sp_document_fail(config->document, "model.objective", "an objective has no outputs to predict");
}

/// Commit the file and log its contents.
static sp_status commit(job *j, const char *path, double started) {
  const sp_evaluation *e = &j->evaluation;
  sp_text contents = {0}, text = {0};
  char bytes[32], rows[SP_TEXT_COUNTED];
  sp_status status = sp_predictions_commit(j->predictions, &contents);
  j->predictions = NULL;
  if (status == SP_OK) {
    sp_info("%s, step %lld, %s of %s in %.1f s%s%s", e->path, (long long)e->trainer->model.state.progress.step,
            sp_text_counted(e->rows->count, "row", rows), e->data, sp_clock() - started, e->why,
            e->averaged ? "; averaged parameters" : "");
    sp_visible_format(&text, "%s: %s", path, sp_text_bytes(sp_file_size(path), bytes));
    sp_text_add(&text, "\n%s", sp_text_string(&contents));
    sp_info("%s", text.data);
  }
  sp_text_free(&contents);
  sp_text_free(&text);
  return status;
}

static sp_status run(job *j, const predict_arguments *given) {
  const sp_comm *comm = j->comm;
  bool writes = comm->rank == 0;
  double started = sp_clock();
  // The file is created first, so that nothing is computed if it exists already or cannot be written.
  SP_TRY(sp_comm_agree(comm, writes ? sp_predictions_create(&given->output, &j->predictions) : SP_OK));
  SP_TRY(sp_evaluation_open(comm, &given->wanted, &j->evaluation));
  SP_TRY(check_model(&j->evaluation.config));
  SP_TRY(sp_evaluation_load(comm, &given->wanted, &j->evaluation));
  SP_TRY(sp_comm_agree(comm, prepare(j, given->wanted.run, given->output.output)));
  sp_meter_begin(&j->meter, "predict", j->evaluation.rows->count);
  sp_status status = predict_rows(j);
  sp_meter_end(&j->meter);
  SP_TRY(status);
  return sp_comm_agree(comm, writes ? commit(j, given->output.output, started) : SP_OK);
}

static sp_status predict(const sp_comm *comm, const void *given) {
  job j = {.comm = comm, .meter.unit = "rows", .row = MPI_DATATYPE_NULL};
  sp_status status = run(&j, given);
  sp_predictions_abandon(j.predictions);
  sp_evaluation_close(&j.evaluation);
  if (j.row != MPI_DATATYPE_NULL) MPI_Type_free(&j.row);
  free(j.output);
  return status;
}

static int execute(int argc, char **argv) {
  predict_arguments given = {.wanted.without_targets = true};
  const sp_flag_group groups[] = {{"Options", sp_evaluation_options, &given.wanted},
                                  {"Output", sp_import_output_options, &given.output}};
  return sp_command_on_ranks(&usage, groups, 2, argc, argv, predict, &given);
}

const sp_command sp_command_predict = {
    .variant = {"predict", "write the outputs of a run's network for each row to a file"}, .run = execute};
