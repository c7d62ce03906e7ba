// SPDX-License-Identifier: Apache-2.0
// Memory that the ranks of a node share.
#ifndef SP_COMM_WINDOW_H
#define SP_COMM_WINDOW_H

#include "comm/comm.h"

/// Zeroed memory that the ranks of a node share, on a page boundary. If no node has several ranks, it is private.
typedef struct sp_window {
  void *memory;
  int64_t size;  ///< of the mapping
} sp_window;

/// Open a window of `bytes` bytes, the same number on all ranks of a node. Each node gets its own memory.
/// Collective: yes, over all ranks. Errors, agreed on: SP_ERR_MEMORY with a remedy when the node's memory is too small,
/// which is checked before any of it is used; SP_ERR_LIBRARY when the ranks cannot share memory (they do not see each
/// other's processes).
sp_status sp_window_open(const sp_comm *comm, int64_t bytes, const char *what, sp_window *window);
/// The same without touching the pages. For memory that is soon written from front to back,
/// in a loop that can be stopped.
sp_status sp_window_map(const sp_comm *comm, int64_t bytes, const char *what, sp_window *window);

/// Make everything that a rank of the node wrote before visible to all of its ranks. Collective: yes, over the node.
void sp_window_sync(const sp_comm *comm);
/// Close a window. A zeroed window, which was never opened, is fine. Collective: no.
void sp_window_close(sp_window *window);

#endif
