// Training as a program of one's own: what `shardprop train` does, on a communicator of the caller's.
// Public. Includes MPI and shardprop/status.h.
#ifndef SHARDPROP_TRAINER_H
#define SHARDPROP_TRAINER_H

#include <mpi.h>

#include "shardprop/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Train as a YAML file says, or go on where that run stopped, with reports on stderr and in the run directory.
/// SIGINT, SIGTERM and SIGUSR1 ask for a stop meanwhile, and are given back at the end.
///
///   config     path of the file; only rank 0 reads it
///   overrides  `count` strings "key.key=value"; may be NULL when count is 0
///
/// Collective: yes, over comm. Ownership: borrows all; comm is duplicated.
/// Errors: the same on all ranks; SP_STOPPED when it was stopped on request and everything is saved.
sp_status sp_train(MPI_Comm comm, const char *config, const char *const *overrides, int count);

#ifdef __cplusplus
}
#endif
#endif
