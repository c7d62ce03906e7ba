// SPDX-License-Identifier: Apache-2.0
// How much memory is left for this process.
#ifndef SP_BASE_MEMORY_AVAILABLE_H
#define SP_BASE_MEMORY_AVAILABLE_H

#include <stdint.h>

/// Returns how many more bytes this process can allocate before the system starts to kill processes: what the system has
/// available, and at most what the limits of its control groups leave.
int64_t sp_memory_available(void);

#endif
