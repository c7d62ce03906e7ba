// SPDX-License-Identifier: Apache-2.0
// Has every rank a processor of its own? Asked of the system, and of the other ranks of the machine.
#define _GNU_SOURCE  // sched_getaffinity
#include "comm/cores.h"

#include <sched.h>
#include <stdlib.h>

#include "base/memory.h"

// As many processors as Linux can have.
enum { SETS = 8 };
typedef struct processors {
  cpu_set_t set[SETS];
} processors;

/// Is every processor of a one of b?
static bool within(const processors *a, const processors *b) {
  processors both;
  CPU_AND_S(sizeof both, both.set, a->set, b->set);
  return CPU_EQUAL_S(sizeof both, both.set, a->set);
}

/// Those who may use nothing but what this rank may use fit on it. When that holds for every rank, there is a processor
/// for each, as long as sets are disjoint, equal or one within the other, which is how ranks are bound.
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
