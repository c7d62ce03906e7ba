// SPDX-License-Identifier: Apache-2.0
// Calls a function in a child process first, because the library it calls may crash on damaged input.
#ifndef SP_BASE_TRIAL_H
#define SP_BASE_TRIAL_H

#include "shardprop/status.h"

/// Call `call(context)` in a child process whose memory and processor time are limited. Returns its status, with its
/// message. Changes of memory are lost with the child, so the caller repeats a call that succeeded. Does nothing and
/// returns SP_OK before sp_crash_report (only the program forks, not other processes that use the library), within a
/// trial, and when no child can be created.
/// Collective: no. Errors: SP_ERR_DATA when the child crashes or does not end, naming the place from sp_trial_at.
sp_status sp_trial(sp_status (*call)(void *context), void *context, const char *library);

/// Within a trial, name what is read next, usually the path of a file, and restart the limit of processor time.
/// Does nothing outside a trial.
void sp_trial_at(const char *place);

#endif
