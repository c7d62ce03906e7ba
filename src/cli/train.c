// shardprop train: train, or go on where the run stopped.
// May include: everything.
#include "shardprop/trainer.h"

#include "base/interrupt.h"
#include "cli/command.h"

typedef struct arguments {
  const char *config;
  sp_strings set;
} arguments;

#define AT(member) offsetof(arguments, member)
static const sp_option options[] = {
    SP_CONFIG_ARGUMENT(AT(config)),
    SP_SET_OPTION(AT(set)),
    {0}};

static const sp_usage usage = {
    .command = "train",
    .synopsis = "mpirun -n RANKS shardprop train CONFIG [--set KEY=VALUE]... [--quiet]",
    .details = "Train as the YAML file CONFIG says. Where the run directory holds a checkpoint, the run goes on from\n"
               "the newest one that is whole, on however many ranks there are now, with the same bits as if it had\n"
               "never stopped. `shardprop help config` explains every option of the configuration.\n"
               "Ranks beyond the run's lanes (train.lanes, fixed at its first start) wait idle.\n"
               "\n"
               "SIGTERM, SIGINT and SIGUSR1 stop the run at the next step with everything saved, and it exits with\n"
               "75: start it again to go on. A second SIGINT leaves at once. Open MPI's mpirun passes SIGUSR1 on; at a\n"
               "SIGTERM or SIGINT of its own it kills the ranks after a second or two, and exits with 1: send SIGUSR1.",
    .example = "mpirun -n 2 shardprop train configs/fashion_mnist.yaml --set optimizer.rmsprop.lr=0.01"};

static sp_status train(const sp_comm *comm, const void *given) {
  const arguments *a = given;
  return sp_train(comm->world, a->config, a->set.item, (int)a->set.count);
}

int sp_command_train(int argc, char **argv) {
  arguments given = {0};
  const sp_flag_group groups[] = {{"Options", options, &given}};
  sp_interrupt_listen();  // also while MPI and the run are started
  int code = sp_command_on_ranks(&usage, groups, 1, argc, argv, train, &given);
  sp_interrupt_end();
  return code;
}
