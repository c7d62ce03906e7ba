// Memory that the ranks of a node share: an MPI window on the node's communicator, allocated by its first rank.
// May include: base, MPI.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "comm/comm.h"

enum { ALIGNMENT = 64 };

static sp_status too_small(const char *what, int64_t bytes, int64_t available) {
  char needed[32], left[32];
  return sp_fail(SP_ERR_MEMORY,
                 "%s: %s of shared memory needed on this node, %s available in /dev/shm (enlarge it, in a container "
                 "with e.g. `docker run --shm-size=…`; for data, `data.cache: none` does without)",
                 what, sp_text_bytes(bytes, needed), sp_text_bytes(available, left));
}

/// Is there room in the memory file system that windows come from? Where there is none, MPI finds its own place.
static sp_status check_room(int64_t bytes, const char *what) {
  struct statvfs about;
  if (statvfs("/dev/shm", &about) != 0 || about.f_blocks == 0) return SP_OK;
  int64_t available = (int64_t)about.f_bavail * (int64_t)about.f_frsize;
  return bytes <= available ? SP_OK : too_small(what, bytes, available);
}

/// Take the pages now, all at once: a page that cannot be had later would be a SIGBUS at the first touch.
static sp_status take_pages(void *memory, int64_t bytes, const char *what) {
#ifdef MADV_POPULATE_WRITE
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), offset = (uintptr_t)memory % page;
  if (madvise((char *)memory - offset, (size_t)bytes + offset, MADV_POPULATE_WRITE) != 0 && errno != EINVAL) {
    return too_small(what, bytes, 0);
  }
#else
  (void)what;
#endif
  memset(memory, 0, (size_t)bytes);
  return SP_OK;
}

/// One rank's share of the window: all of it on the first, nothing on the others. Collective: yes, of the node.
static void *allocate_shared(const sp_comm *comm, int64_t bytes, MPI_Win *handle) {
  MPI_Aint size = comm->node_rank == 0 ? (MPI_Aint)(bytes + ALIGNMENT) : 0;
  char *memory;
  int unit;
  MPI_Win_allocate_shared(size, 1, MPI_INFO_NULL, comm->node, &memory, handle);
  MPI_Win_shared_query(*handle, 0, &size, &unit, &memory);
  MPI_Win_lock_all(MPI_MODE_NOCHECK, *handle);
  // Pages are mapped whole, so every rank skips the same bytes here.
  return memory + (ALIGNMENT - (uintptr_t)memory % ALIGNMENT) % ALIGNMENT;
}

sp_status sp_window_open(const sp_comm *comm, int64_t bytes, const char *what, sp_window *window) {
  bool shared = comm->node_size > 1;
  sp_window out = {.bytes = bytes, .handle = MPI_WIN_NULL};
  sp_status status = shared && comm->node_rank == 0 ? check_room(bytes, what) : SP_OK;
  SP_TRY(sp_comm_agree(comm, status));

  if (shared) {
    out.memory = allocate_shared(comm, bytes, &out.handle);
    if (comm->node_rank == 0) status = take_pages(out.memory, bytes, what);
  } else {
    status = sp_allocate(bytes, 1, what, &out.memory);
  }
  status = sp_comm_agree(comm, status);
  if (status != SP_OK) {
    sp_window_close(&out);
    return status;
  }
  sp_window_sync(comm, &out);
  *window = out;
  return SP_OK;
}

void sp_window_sync(const sp_comm *comm, sp_window *window) {
  if (window->handle == MPI_WIN_NULL) return;
  MPI_Win_sync(window->handle);
  MPI_Barrier(comm->node);
  MPI_Win_sync(window->handle);
}

void sp_window_close(sp_window *window) {
  if (!window->memory || window->handle == MPI_WIN_NULL) {
    free(window->memory);
  } else {
    MPI_Win_unlock_all(window->handle);
    MPI_Win_free(&window->handle);
  }
  *window = (sp_window){.handle = MPI_WIN_NULL};
}
