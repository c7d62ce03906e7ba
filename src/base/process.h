// SPDX-License-Identifier: Apache-2.0
// Identifying processes: the system reuses the number of a process that has ended.
#ifndef SP_BASE_PROCESS_H
#define SP_BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SP_PROCESS_BOOT = 64 };

/// Write the boot id of the machine, or "?" if it is unknown.
void sp_process_boot(char boot[SP_PROCESS_BOOT]);

/// Returns the start time of a process of this machine, in clock ticks since the machine started; -1 if unknown.
int64_t sp_process_began(int64_t pid);

/// Returns whether the process `pid` of this machine, which started at `began` (-1: unknown), has ended. A process that
/// its parent has not waited for yet has ended, and so has one whose number belongs to another process now.
/// false if unknown.
bool sp_process_has_ended(int64_t pid, int64_t began);

#endif
