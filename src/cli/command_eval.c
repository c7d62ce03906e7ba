// SPDX-License-Identifier: Apache-2.0
// shardprop eval: score a run or a checkpoint.
#include <math.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "base/visible.h"
#include "cli/command.h"
#include "cli/evaluation.h"
#include "train/kept_rows.h"

typedef struct eval_arguments {
  sp_evaluation_wanted wanted;
  bool json;
} eval_arguments;

static const sp_option output_options[] = {{.name = "json",
                                            .letter = 'j',
                                            .kind = SP_OPTION_BOOL,
                                            .offset = offsetof(eval_arguments, json),
                                            .preset = "false",
                                            .help = "print one JSON object instead of lines"},
                                           {0}};

static const sp_usage usage = {
    .command = "eval",
    .synopsis =
        "[mpirun -n RANKS] shardprop eval RUN|CHECKPOINT [--data test|validation|train]\n"
        "           [--parameters average|raw] [--json]",
    .details =
        "Compute the loss and the metrics of a run or a checkpoint. The model, the transforms and the data sets\n"
        "are those of the checkpoint's configuration. Prints a line with name and value for each score on stdout.",
    .example = "shardprop eval runs/fashion_mnist --set data.test.file=other.h5"};

static void print_scores(const sp_evaluation *e, const sp_scores *scores, bool json) {
  sp_text text = {0};
  for (int i = 0; i < scores->count && !json; i++) sp_text_add(&text, "%s %.9g\n", scores->name[i], scores->value[i]);
  if (json) {
    sp_text_add(&text, "{\"step\":%lld,\"data\":\"%s\",\"rows\":%lld,\"parameters\":\"%s\"",
                (long long)e->trainer->model.state.progress.step, e->data, (long long)e->rows->count,
                e->averaged ? "average" : "raw");
    for (int i = 0; i < scores->count; i++) {
      sp_text_append(&text, ",", 1);
      sp_text_add_json(&text, scores->name[i]);
      sp_text_add(&text, isfinite(scores->value[i]) ? ":%.9g" : ":null", scores->value[i]);
    }
    sp_text_add(&text, "}\n");
  }
  sp_visible_print(sp_text_string(&text));
  sp_text_free(&text);
}

static sp_status eval(const sp_comm *comm, const void *context) {
  const eval_arguments *given = context;
  sp_evaluation e;
  sp_scores scores;
  char rows[SP_TEXT_COUNTED];
  sp_status status = sp_evaluation_open(comm, &given->wanted, &e);
  if (status == SP_OK) status = sp_evaluation_load(comm, &given->wanted, &e);
  if (status == SP_OK) {
    status = sp_comm_agree(comm, sp_kept_rows_check(comm, e.trainer->model.network, e.rows->count));
  }
  if (status == SP_OK) status = sp_evaluator_score(&e.trainer->evaluator, e.rows, &scores);
  if (status == SP_OK && comm->rank == 0) {
    sp_info("%s, step %lld, %s of %s%s%s", e.path, (long long)e.trainer->model.state.progress.step,
            sp_text_counted(e.rows->count, "row", rows), e.data, e.why, e.averaged ? "; averaged parameters" : "");
    print_scores(&e, &scores, given->json);
  }
  sp_evaluation_close(&e);
  return status;
}

static int execute(int argc, char **argv) {
  eval_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", sp_evaluation_options, &given.wanted},
                                  {"Output", output_options, &given}};
  return sp_command_on_ranks(&usage, groups, 2, argc, argv, eval, &given);
}

const sp_command sp_command_eval = {.variant = {"eval", "compute the loss and the metrics of a run or a checkpoint"},
                                    .run = execute};
