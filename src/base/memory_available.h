// SPDX-License-Identifier: Apache-2.0
// The memory available to this process.
#ifndef SP_BASE_MEMORY_AVAILABLE_H
#define SP_BASE_MEMORY_AVAILABLE_H

#include <stdint.h>

/// Returns the number of bytes that this process can still allocate before the system starts to kill processes: the
/// memory that the system has available, limited by the control groups of the process.
int64_t sp_memory_available(void);

/// Returns the number of bytes of memory of this computer.
int64_t sp_memory_installed(void);

#endif
