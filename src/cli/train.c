// shardprop train: train, or go on where the run stopped.
// May include: everything.
#include <stdio.h>

#include "cli/command.h"
#include "shardprop/trainer.h"

static const char help[] =
    "usage: mpirun -n RANKS shardprop train CONFIG [--set KEY=VALUE]... [--quiet]\n"
    "\n"
    "Train as the YAML file CONFIG says. Where the run directory holds a checkpoint, the run goes on from the newest one\n"
    "that is whole, on however many ranks there are now, with the same bits as if it had never stopped.\n"
    "\n"
    "  -s, --set KEY=VALUE   override the configuration: --set optimizer.rmsprop.lr=0.01\n"
    "  -q, --quiet           warnings and errors only\n"
    "  -h, --help            this text\n"
    "\n"
    "SIGTERM, SIGINT and SIGUSR1 stop the run at the next step with everything saved, and it exits with 75: start it\n"
    "again to go on. A second SIGINT leaves at once. `shardprop help config` explains every option.\n";

static sp_status body(const sp_comm *comm, const sp_arguments *arguments) {
  return sp_train(comm->world, arguments->name, arguments->overrides, arguments->override_count);
}

int sp_command_train(int argc, char **argv) {
  sp_arguments arguments;
  if (sp_arguments_read(argc, argv, NULL, 0, &arguments) != SP_OK) return sp_usage_error("train");
  if (arguments.help) {
    fputs(help, stdout);
    return 0;
  }
  return sp_with_mpi(body, &arguments);
}
