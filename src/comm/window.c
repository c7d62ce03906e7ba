// SPDX-License-Identifier: Apache-2.0
// Memory that the ranks of a node share: an anonymous file of the node's first rank, mapped by all of them. It uses no
// space in /dev/shm (64 MB in a container by default), and nothing remains when ranks are killed.
#define _GNU_SOURCE
#include "comm/window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/memory_available.h"
#include "base/share.h"
#include "base/text.h"

// One page more than requested: otherwise consecutive windows would be a power of two apart, and a loop over several of
// them would run at half the speed, because their addresses differ in the upper bits only.
enum { PAGE = 4096, HUGE_PAGE = 2 << 20 };

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // since Linux 6.1; older systems refuse it, and the pages remain small
#endif

static sp_status cannot_share(const char *what) {
  return sp_fail(SP_ERR_LIBRARY,
                 "%s: the ranks of this node cannot share memory: %s (run them in one PID namespace: one container per "
                 "node, for example)",
                 what, strerror(errno));
}

/// Check that the memory is available. If it is not, touching the pages would not fail,
/// but the system would kill a process.
static sp_status check_room(int64_t bytes, const char *what) {
  int64_t available = sp_memory_available();
  char needed[32], left[32];
  if (bytes <= available) return SP_OK;
  return sp_fail(SP_ERR_MEMORY,
                 "%s: %s of memory needed on this node, %s available (use more nodes, or raise the memory limit of the "
                 "job or container; if it is the data cache, `data.cache: none` avoids it)",
                 what, sp_text_bytes(bytes, needed), sp_text_bytes(available, left));
}

/// Reserve addresses that begin on the boundary of a huge page, which the system requires in order to use one. Returns NULL
/// if it is not possible.
static void *reserve(size_t size) {
  char *all = mmap(NULL, size + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) return NULL;
  size_t before = (HUGE_PAGE - (uintptr_t)all % HUGE_PAGE) % HUGE_PAGE, after = HUGE_PAGE - before;
  if (before > 0) munmap(all, before);
  munmap(all + before + size, after);
  return all + before;
}

static sp_status map(int64_t size, int file, const char *what, void **memory) {
  int flags = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  void *place = size >= HUGE_PAGE ? reserve((size_t)size) : NULL;
  *memory = mmap(place, (size_t)size, PROT_READ | PROT_WRITE, flags | (place ? MAP_FIXED : 0), file, 0);
  if (*memory == MAP_FAILED) {
    *memory = NULL;
    sp_status status =
        sp_fail(SP_ERR_MEMORY, "%s: cannot allocate %lld bytes of memory: %s", what, (long long)size, strerror(errno));
    if (place) munmap(place, (size_t)size);
    return status;
  }
#ifdef MADV_HUGEPAGE
  if (size >= HUGE_PAGE) madvise(*memory, (size_t)size, MADV_HUGEPAGE);  // where the system grants them
#endif
  return SP_OK;
}

/// Touch this rank's share of the pages now, so that no step waits for a page fault.
static sp_status take_pages(const sp_comm *comm, const sp_window *window, const char *what) {
#ifdef MADV_POPULATE_WRITE
  int64_t pages = window->size / PAGE;
  int64_t first = sp_share_begin(pages, comm->node_size, comm->node_rank);
  int64_t end = sp_share_begin(pages, comm->node_size, comm->node_rank + 1);
  char *begin = (char *)window->memory + first * PAGE;
  if (end > first && madvise(begin, (size_t)((end - first) * PAGE), MADV_POPULATE_WRITE) != 0 && errno != EINVAL) {
    return sp_fail(SP_ERR_MEMORY, "%s: cannot allocate %lld bytes of memory: %s", what, (long long)window->size,
                   strerror(errno));
  }
  // Into huge pages where this is possible: sweeps over all parameters are then 5 % faster.
  if (window->size >= HUGE_PAGE && end > first) madvise(begin, (size_t)((end - first) * PAGE), MADV_COLLAPSE);
#else
  (void)comm, (void)window, (void)what;
#endif
  return SP_OK;
}

/// Open the first rank's file. The first rank keeps it open until all ranks have opened it.
static sp_status open_file(const sp_comm *comm, const char *what, int64_t size, int *file) {
  char path[64];
  int owner[2] = {(int)getpid(), -1};
  sp_status status = SP_OK;
  if (comm->node_rank == 0) {
    *file = memfd_create("shardprop", MFD_CLOEXEC);
    if (*file < 0 || ftruncate(*file, size) != 0) status = cannot_share(what);
    owner[1] = *file;
  }
  MPI_Bcast(owner, 2, MPI_INT, 0, comm->node);
  if (comm->node_rank > 0 && owner[1] >= 0) {
    snprintf(path, sizeof path, "/proc/%d/fd/%d", owner[0], owner[1]);
    *file = open(path, O_RDWR | O_CLOEXEC);
    if (*file < 0) status = cannot_share(what);
  }
  return sp_comm_agree(comm, status);
}

static sp_status open_shared(const sp_comm *comm, const char *what, sp_window *window) {
  int file = -1;
  sp_status status = open_file(comm, what, window->size, &file);
  if (status == SP_OK) status = sp_comm_agree(comm, map(window->size, file, what, &window->memory));
  if (file >= 0) close(file);
  return status;
}

sp_status sp_window_map(const sp_comm *comm, int64_t bytes, const char *what, sp_window *window) {
  sp_window out = {0};
  sp_status status = comm->node_rank == 0 ? check_room(bytes, what) : SP_OK;
  SP_TRY(sp_comm_agree(comm, status));
  out.size = (bytes / PAGE + 2) * PAGE;
  bool shared = comm->node_size > 1, anywhere;
  MPI_Allreduce(&shared, &anywhere, 1, MPI_C_BOOL, MPI_LOR, comm->world);
  if (anywhere) status = open_shared(comm, what, &out);
  if (!anywhere) status = sp_comm_agree(comm, map(out.size, -1, what, &out.memory));
  if (status != SP_OK) {
    sp_window_close(&out);
    return status;
  }
  *window = out;
  return SP_OK;
}

sp_status sp_window_open(const sp_comm *comm, int64_t bytes, const char *what, sp_window *window) {
  SP_TRY(sp_window_map(comm, bytes, what, window));
  sp_status status = sp_comm_agree(comm, take_pages(comm, window, what));
  if (status != SP_OK) sp_window_close(window);
  return status;
}

void sp_window_sync(const sp_comm *comm) {
  if (comm->node_size == 1) return;
  atomic_thread_fence(memory_order_seq_cst);
  MPI_Barrier(comm->node);
  atomic_thread_fence(memory_order_seq_cst);
}

void sp_window_close(sp_window *window) {
  if (window->memory) munmap(window->memory, (size_t)window->size);
  *window = (sp_window){0};
}
