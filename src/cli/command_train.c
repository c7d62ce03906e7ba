// SPDX-License-Identifier: Apache-2.0
// shardprop train: start a run, or continue it from its newest checkpoint.
#include "shardprop/trainer.h"

#include "base/interrupt.h"
#include "cli/command.h"

typedef struct train_arguments {
  const char *config;
  sp_strings set;
} train_arguments;

#define AT(member) offsetof(train_arguments, member)
static const sp_option options[] = {SP_CONFIG_ARGUMENT(AT(config)), SP_SET_OPTION(AT(set)), {0}};

static const sp_usage usage = {
    .command = "train",
    .synopsis = "mpirun -n RANKS shardprop train CONFIG [--set KEY=VALUE]... [--quiet]",
    .details =
        "Train the model that the YAML file CONFIG describes. If the run directory holds checkpoints, the run\n"
        "continues from the newest intact one. The number of ranks may differ from that of the previous start; the\n"
        "results have the same bits as those of an uninterrupted run. `shardprop help config` explains the options\n"
        "of the configuration. A run has a fixed number of lanes (train.lanes, chosen at its first start); ranks\n"
        "beyond that number stay idle.\n"
        "\n"
        "Signals: SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGXCPU, SIGPWR, SIGALRM, SIGVTALRM, SIGPROF,\n"
        "SIGIO, SIGSTKFLT and the real-time signals stop the run after the current step: it saves a checkpoint and\n"
        "exits with status 75. Start it again to continue. The same happens when messages can no longer be written\n"
        "because the reader has closed the pipe. A run that is stopped before its first step leaves no new run\n"
        "directory. A second SIGINT or SIGQUIT ends the process at once. SIGHUP, SIGINT, SIGQUIT and SIGPWR have no\n"
        "effect if the parent process ignores them (nohup).\n"
        "\n"
        "Under Open MPI's mpirun, send SIGUSR1 to mpirun, which passes it on to the ranks. On SIGTERM, SIGINT or\n"
        "SIGHUP mpirun kills the ranks after a second or two and exits with status 1, and it may crash when its own\n"
        "output is a closed pipe (mpirun ... | head). In both cases the run continues from its last checkpoint when\n"
        "it is started again.",
    .example = "mpirun -n 2 shardprop train configs/fashion_mnist.yaml --set optimizer.rmsprop.lr=0.01"};

static sp_status train(const sp_comm *comm, const void *given) {
  const train_arguments *a = given;
  return sp_train(comm->world, a->config, a->set.item, (int)a->set.count);
}

static int execute(int argc, char **argv) {
  train_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  sp_interrupt_listen();  // before MPI starts, so that signals are caught from then on
  int code = sp_command_on_ranks(&usage, groups, 1, argc, argv, train, &given);
  sp_interrupt_end();
  return code;
}

const sp_command sp_command_train = {
    .variant = {"train", "start a run or continue it from its newest checkpoint (under mpirun)"}, .run = execute};
