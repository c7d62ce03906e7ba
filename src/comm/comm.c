// SPDX-License-Identifier: Apache-2.0
// The communicator of a run, its nodes, and agreement on errors.
#include "comm/comm.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

sp_status sp_comm_open_nodes(MPI_Comm parent, int ranks_per_node, sp_comm *comm) {
  int parent_rank, host_rank;
  MPI_Comm host;
  sp_comm out;
  MPI_Comm_rank(parent, &parent_rank);
  MPI_Comm_split_type(parent, MPI_COMM_TYPE_SHARED, parent_rank, MPI_INFO_NULL, &host);
  MPI_Comm_rank(host, &host_rank);
  MPI_Comm_split(host, host_rank / ranks_per_node, host_rank, &out.node);
  MPI_Comm_free(&host);
  MPI_Comm_rank(out.node, &out.node_rank);
  MPI_Comm_size(out.node, &out.node_size);

  int first = parent_rank;  // of the node: nodes are in the order of their first ranks in the parent
  MPI_Bcast(&first, 1, MPI_INT, 0, out.node);
  MPI_Comm_split(parent, 0, first, &out.world);
  MPI_Comm_rank(out.world, &out.rank);
  MPI_Comm_size(out.world, &out.size);

  int leads = out.node_rank == 0, before;
  MPI_Scan(&leads, &before, 1, MPI_INT, MPI_SUM, out.world);
  MPI_Allreduce(&leads, &out.node_count, 1, MPI_INT, MPI_SUM, out.world);
  out.node_index = before - 1;
  *comm = out;
  return SP_OK;
}

sp_status sp_comm_open(MPI_Comm parent, sp_comm *comm) { return sp_comm_open_nodes(parent, INT_MAX, comm); }

sp_status sp_comm_open_first(const sp_comm *all, int count, sp_comm *first) {
  sp_comm out = {.rank = -1};
  int works = all->rank < count ? 0 : MPI_UNDEFINED;
  MPI_Comm_split(all->node, works, all->node_rank, &out.node);
  MPI_Comm_split(all->world, works, all->rank, &out.world);
  if (out.world != MPI_COMM_NULL) {
    MPI_Comm_rank(out.node, &out.node_rank);
    MPI_Comm_size(out.node, &out.node_size);
    MPI_Comm_rank(out.world, &out.rank);
    MPI_Comm_size(out.world, &out.size);
    out.node_index = out.node_count = all->node_index;
    MPI_Bcast(&out.node_count, 1, MPI_INT, out.size - 1, out.world);  // the last rank is on the last node
    out.node_count++;
  }
  *first = out;
  return SP_OK;
}

void sp_comm_close(sp_comm *comm) {
  if (comm->size == 0) return;
  MPI_Comm_free(&comm->node);
  MPI_Comm_free(&comm->world);
}

// --- agreement ----------------------------------------------------------------------------------------------------

typedef struct failure {
  int code;
  char host[MPI_MAX_PROCESSOR_NAME], place[256], message[16384];
} failure;

static void describe_failure(sp_status code, failure *out) {
  int length;
  out->code = (int)code;
  MPI_Get_processor_name(out->host, &length);
  snprintf(out->place, sizeof out->place, "%s", sp_error_place());
  snprintf(out->message, sizeof out->message, "%s", sp_error_message());
}

/// Record the failure of another rank as this rank's own. Removes the line number from f->place.
static sp_status fail_as(failure *f) {
  char *colon = strrchr(f->place, ':');
  int line = colon ? atoi(colon + 1) : 0;
  if (colon) *colon = '\0';
  return sp_fail_at((sp_status)f->code, f->place, line, "%s", f->message);
}

sp_status sp_comm_agree(const sp_comm *comm, sp_status mine) {
  if (comm->size == 1) return mine;
  struct {
    int fine, rank;
  } own = {mine == SP_OK, comm->rank}, first;
  MPI_Allreduce(&own, &first, 1, MPI_2INT, MPI_MINLOC, comm->world);
  if (first.fine) return SP_OK;

  failure agreed = {0};
  if (comm->rank == first.rank) describe_failure(mine, &agreed);
  MPI_Bcast(&agreed, sizeof agreed, MPI_BYTE, first.rank, comm->world);
  int same = (int)mine == agreed.code && strcmp(sp_error_message(), agreed.message) == 0, all_same;
  MPI_Allreduce(&same, &all_same, 1, MPI_INT, MPI_LAND, comm->world);
  if (all_same) return mine;

  return sp_context(fail_as(&agreed), "rank %d on host %s", first.rank, agreed.host);
}

sp_status sp_comm_await(const sp_comm *all, bool waits, sp_status mine) {
  const struct timespec nap = {.tv_nsec = 10000000};
  failure outcome = {0};
  MPI_Request request;
  int done = 0;
  if (all->rank == 0 && mine != SP_OK) describe_failure(mine, &outcome);
  MPI_Ibcast(&outcome, sizeof outcome, MPI_BYTE, 0, all->world, &request);
  if (!waits) MPI_Wait(&request, MPI_STATUS_IGNORE);
  while (waits && (MPI_Test(&request, &done, MPI_STATUS_IGNORE), !done)) nanosleep(&nap, NULL);
  if (!waits || outcome.code == SP_OK) return mine;
  return fail_as(&outcome);
}

sp_status sp_comm_broadcast_text(const sp_comm *comm, char **text, size_t *size) {
  enum { PIECE = 1 << 30 };
  int64_t bytes = comm->rank == 0 ? (int64_t)*size : 0;
  MPI_Bcast(&bytes, 1, MPI_INT64_T, 0, comm->world);
  char *copy = comm->rank == 0 ? *text : NULL;
  sp_status status = comm->rank == 0 ? SP_OK : sp_allocate(bytes + 1, 1, "a text from rank 0", &copy);
  status = sp_comm_agree(comm, status);
  if (status != SP_OK) {
    if (comm->rank != 0) free(copy);
    return status;
  }
  for (int64_t done = 0; done < bytes; done += PIECE) {
    int count = bytes - done < PIECE ? (int)(bytes - done) : PIECE;
    MPI_Bcast(copy + done, count, MPI_BYTE, 0, comm->world);
  }
  *text = copy;
  *size = (size_t)bytes;
  return SP_OK;
}

sp_status sp_comm_hosts(const sp_comm *comm, char **hosts) {
  enum { NAME = 65 };
  char mine[NAME] = "", (*name)[NAME] = NULL, *text = NULL;
  bool first = comm->rank == 0;
  SP_TRY(sp_comm_agree(comm, first ? sp_allocate(comm->size, NAME, "names of hosts", &name) : SP_OK));
  if (comm->node_rank == 0) gethostname(mine, NAME - 1);
  MPI_Gather(mine, NAME, MPI_CHAR, name, NAME, MPI_CHAR, 0, comm->world);
  sp_status status = first ? sp_allocate(comm->size, NAME, "names of hosts", &text) : SP_OK;
  size_t size = 0;
  for (int rank = 0; text && rank < comm->size; rank++) {
    if (*name[rank]) size += (size_t)sprintf(text + size, "%s%s", rank ? " " : "", name[rank]);
  }
  free(name);
  SP_TRY(sp_comm_agree(comm, status));
  *hosts = text;
  return SP_OK;
}

_Noreturn void sp_comm_abort(int exit_code) {
  MPI_Abort(MPI_COMM_WORLD, exit_code);
  _Exit(exit_code);
}
