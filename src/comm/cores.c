// SPDX-License-Identifier: Apache-2.0
// Whether every rank has a processor of its own, from the affinity masks of the ranks of a machine.
#define _GNU_SOURCE  // sched_getaffinity
#include "comm/cores.h"

#include <sched.h>
#include <stdlib.h>

#include "base/memory.h"

// The largest number of processors that Linux supports.
enum { SETS = 8 };
typedef struct processors {
  cpu_set_t set[SETS];
} processors;

/// Returns whether a is a subset of b.
static bool within(const processors *a, const processors *b) {
  processors both;
  CPU_AND_S(sizeof both, both.set, a->set, b->set);
  return CPU_EQUAL_S(sizeof both, both.set, a->set);
}

/// Returns whether the ranks that are restricted to a subset of this rank's processors are at most as many as these.
/// When that holds for every rank, there is a processor for each, provided that any two sets are disjoint or nested, as
/// those of bound ranks are.
static bool fits(const processors *all, int count, const processors *mine) {
  int rivals = 0;
  for (int i = 0; i < count; i++) rivals += within(&all[i], mine);
  return rivals <= CPU_COUNT_S(sizeof *mine, mine->set);
}

bool sp_comm_has_core_each(const sp_comm *comm) {
  MPI_Comm machine;
  processors mine = {0}, *all = NULL;
  int count, yes, all_yes;
  MPI_Comm_split_type(comm->world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  MPI_Comm_size(machine, &count);
  yes = sched_getaffinity(0, sizeof mine, mine.set) == 0 &&
        sp_allocate(count, sizeof mine, "the processors of the node's ranks", &all) == SP_OK;
  MPI_Allreduce(&yes, &all_yes, 1, MPI_INT, MPI_LAND, machine);
  if (all_yes) {
    MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all, sizeof mine, MPI_BYTE, machine);
    yes = fits(all, count, &mine);
    MPI_Allreduce(&yes, &all_yes, 1, MPI_INT, MPI_LAND, machine);
  }
  free(all);
  MPI_Comm_free(&machine);
  return all_yes != 0;
}
