// SPDX-License-Identifier: Apache-2.0
// Which process a number means: the system gives the number of a process that has ended to another one.
#ifndef SP_BASE_PROCESS_H
#define SP_BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SP_PROCESS_BOOT = 64 };

/// The id of this start of the machine, "?" where the system does not tell.
void sp_process_boot(char boot[SP_PROCESS_BOOT]);

/// When a process of this machine began, in clock ticks since the machine started; -1 when that is not known.
int64_t sp_process_began(int64_t pid);

/// Has the process `pid` of this machine, which began at `began` (-1: not known), ended? One that nobody has waited for yet
/// has, and one whose number another process has now. false where the system does not tell.
bool sp_process_has_ended(int64_t pid, int64_t began);

#endif
