// SPDX-License-Identifier: Apache-2.0
// Distributes the cores of a node over its ranks with hwloc,
// which knows the topology and the cores that the job may use.
#include "comm/pin.h"

#include <hwloc.h>
#include <stdio.h>

#include "base/share.h"
#include "comm/cores.h"

/// The state of a node: the maxima over its ranks.
typedef struct standing {
  int unknown;             ///< hwloc fails on some rank
  int bound;               ///< some rank may not use all cores of the job
  int cores;               ///< cores that the job may use
  int most, minus_fewest;  ///< cores of one rank: largest and negative smallest number
} standing;

static hwloc_obj_t core(hwloc_topology_t topology, int index) {  // or a processing unit, if there are no cores
  int depth = hwloc_get_type_or_below_depth(topology, HWLOC_OBJ_CORE);
  return hwloc_get_obj_by_depth(topology, depth, (unsigned)index);
}

static void look(hwloc_topology_t topology, standing *own) {
  hwloc_bitmap_t mine = hwloc_bitmap_alloc();
  if (!mine || hwloc_get_cpubind(topology, mine, HWLOC_CPUBIND_THREAD) != 0) own->unknown = 1;
  if (!own->unknown) {
    own->bound = !hwloc_bitmap_isincluded(hwloc_topology_get_topology_cpuset(topology), mine);
    for (hwloc_obj_t c; (c = core(topology, own->cores)); own->cores++) {
      own->most += hwloc_bitmap_intersects(c->cpuset, mine);
    }
    own->minus_fewest = -own->most;
  }
  hwloc_bitmap_free(mine);
}

static bool move_to(hwloc_topology_t topology, hwloc_const_bitmap_t processors) {  // all threads of this process
  return hwloc_set_cpubind(topology, processors, HWLOC_CPUBIND_PROCESS) == 0;
}

/// Move to the cores from begin to end in hwloc's order, which follows the topology of the machine.
static bool move_to_cores(hwloc_topology_t topology, int begin, int end) {
  hwloc_bitmap_t share = hwloc_bitmap_alloc();
  bool done = share != NULL;
  for (int i = begin; i < end && done; i++) done = hwloc_bitmap_or(share, share, core(topology, i)->cpuset) == 0;
  done = done && move_to(topology, share);
  hwloc_bitmap_free(share);
  return done;
}

static bool share_out(const sp_comm *comm, hwloc_topology_t topology, standing *node) {
  int begin = (int)sp_share_begin(node->cores, comm->node_size, comm->node_rank);
  int end = (int)sp_share_begin(node->cores, comm->node_size, comm->node_rank + 1);
  bool done = move_to_cores(topology, begin, end), all_done;
  MPI_Allreduce(&done, &all_done, 1, MPI_C_BOOL, MPI_LAND, comm->node);
  if (!all_done) {
    move_to(topology, hwloc_topology_get_topology_cpuset(topology));
    return false;
  }
  node->minus_fewest = -(node->cores / comm->node_size);
  node->most = (node->cores + comm->node_size - 1) / comm->node_size;
  return true;
}

/// `own`: each rank has its own cores; else all ranks run on any core.
static void describe(const sp_comm *comm, const standing *node, bool own, const char *how, char text[160]) {
  char cores[64];
  int fewest = -node->minus_fewest, ranks = comm->node_size;
  const char *plural = node->most == 1 ? "" : "s", *each = ranks == 1 ? "" : " each";
  if (!own) {
    snprintf(cores, sizeof cores, "any of %d cores", node->cores);
  } else if (fewest == node->most) {
    snprintf(cores, sizeof cores, "%d core%s%s", fewest, plural, each);
  } else {
    snprintf(cores, sizeof cores, "%d to %d cores%s", fewest, node->most, each);
  }
  snprintf(text, 160, "%d rank%s on %s node, %s: %s", ranks, ranks == 1 ? "" : "s",
           comm->node_count == 1 ? "this" : "the first", node->unknown ? "any cores" : cores, how);
}

void sp_pin_begin(const sp_comm *comm, bool allowed, sp_pin *pin) {
  hwloc_topology_t topology = NULL;
  standing own = {0}, node;
  bool pinned = false, enough = sp_comm_has_core_each(comm);
  own.unknown = hwloc_topology_init(&topology) != 0 || hwloc_topology_load(topology) != 0;
  if (!own.unknown) look(topology, &own);
  MPI_Allreduce(&own, &node, (int)(sizeof own / sizeof(int)), MPI_INT, MPI_MAX, comm->node);

  const char *how;
  if (node.unknown) {
    how = "not pinned, because hwloc cannot examine the machine";
  } else if (node.bound) {
    how = enough ? "bound before the program started"
                 : "bound before the program started, with too few cores for all ranks";
  } else if (!allowed) {
    how = "not pinned, because train.pin is none";
  } else if (comm->node_size == 1) {
    how = "not pinned, because there is no other rank on the node";
  } else if (comm->node_size > node.cores) {
    how = "not pinned, because there are more ranks than cores";
  } else {
    pinned = share_out(comm, topology, &node);
    how = pinned ? "pinned by shardprop" : "not pinned, because the system does not permit it";
  }
  describe(comm, &node, pinned || node.bound, how, pin->text);
  pin->topology = pinned ? topology : NULL;
  if (topology && !pinned) hwloc_topology_destroy(topology);
}

void sp_pin_leave(const sp_pin *pin) {
  if (!pin->topology) return;
  hwloc_set_cpubind(pin->topology, hwloc_topology_get_topology_cpuset(pin->topology), HWLOC_CPUBIND_THREAD);
}

void sp_pin_end(sp_pin *pin) {
  if (!pin->topology) return;
  move_to(pin->topology, hwloc_topology_get_topology_cpuset(pin->topology));
  hwloc_topology_destroy(pin->topology);
  pin->topology = NULL;
}
