// SPDX-License-Identifier: Apache-2.0
// shardprop train: train, or continue where the run stopped.
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
        "Train as the YAML file CONFIG says. Where the run directory holds a checkpoint, the run continues from\n"
        "the newest one that is whole, on however many ranks there are now, with the same bits as if it had\n"
        "never stopped. `shardprop help config` explains every option of the configuration.\n"
        "Ranks beyond the run's lanes (train.lanes, fixed at its first start) wait idle.\n"
        "\n"
        "SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGXCPU, SIGPWR, SIGALRM, SIGVTALRM, SIGPROF, SIGIO,\n"
        "SIGSTKFLT and the real-time signals stop the run at the next step with everything saved, and so does\n"
        "writing messages to a closed pipe. It then exits with 75: start it again to continue. A signal before the\n"
        "first step leaves no new run directory. A second SIGINT or SIGQUIT ends the process at once. SIGHUP, SIGINT,\n"
        "SIGQUIT and SIGPWR have no effect where the parent process ignores them (nohup).\n"
        "Under Open MPI's mpirun, send SIGUSR1, which mpirun passes on to the ranks: at SIGTERM, SIGINT or SIGHUP\n"
        "it kills the ranks after a second or two and exits with 1,\n"
        "and when its own output is a closed pipe (mpirun ... | head) it may crash. The run then continues from\n"
        "its last checkpoint.",
    .example = "mpirun -n 2 shardprop train configs/fashion_mnist.yaml --set optimizer.rmsprop.lr=0.01"};

static sp_status train(const sp_comm *comm, const void *given) {
  const train_arguments *a = given;
  return sp_train(comm->world, a->config, a->set.item, (int)a->set.count);
}

static int execute(int argc, char **argv) {
  train_arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  sp_interrupt_listen();  // also while MPI and the run are started
  int code = sp_command_on_ranks(&usage, groups, 1, argc, argv, train, &given);
  sp_interrupt_end();
  return code;
}

const sp_command sp_command_train = {.variant = {"train", "train, or continue where the run stopped (under mpirun)"},
                                     .run = execute};
