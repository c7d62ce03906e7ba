// SPDX-License-Identifier: Apache-2.0
// Memory that the ranks of a node share.
#ifndef SP_COMM_WINDOW_H
#define SP_COMM_WINDOW_H

#include "comm/comm.h"

/// Memory that the ranks of a node share, zeroed, on a page boundary. Where no node has several ranks it is private.
typedef struct sp_window {
  void *memory;
  int64_t size;  ///< of the mapping
} sp_window;

/// Errors: SP_ERR_MEMORY with a remedy when the node's memory is too small, found out before any of it is taken;
/// SP_ERR_LIBRARY when the ranks cannot share memory (they do not see each other's processes). Agreed on.
/// Collective: yes, of all ranks; each node gets its own memory, `bytes` is the same on the ranks of a node.
sp_status sp_window_open(const sp_comm *comm, int64_t bytes, const char *what, sp_window *window);
/// The same, without taking the pages: for memory that is written from front to back at once, in a loop that can be stopped.
sp_status sp_window_map(const sp_comm *comm, int64_t bytes, const char *what, sp_window *window);

/// What one rank of the node wrote before, all of its ranks see after. Collective: yes, of the node.
void sp_window_sync(const sp_comm *comm);
/// A zeroed window (of no bytes, never opened) is fine. Collective: no.
void sp_window_close(sp_window *window);

#endif
