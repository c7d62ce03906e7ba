// SPDX-License-Identifier: Apache-2.0
// A session: one start of a run with its reports, from the configuration to the end, on a communicator of the caller.
#ifndef SP_RUN_SESSION_H
#define SP_RUN_SESSION_H

#include "run/run.h"
#include "train/observer.h"

typedef struct sp_session sp_session;

/// All is borrowed until the session is open; the observer until it is closed.
typedef struct sp_session_options {
  const char *path;  ///< of the configuration file, which rank 0 reads
  const char *text;  ///< instead of it, on rank 0 only or on all; then `path` names it in errors. NULL: none
  const char *const *overrides;
  int count;
  bool quiet;                   ///< warnings only on stderr
  bool unwatched;               ///< no watchdog, whatever the configuration says
  const sp_observer *observer;  ///< called after the reports, on rank 0; NULL: none
} sp_session_options;

/// Read the configuration, lock the directory of the run, build everything, and set the state: that of the newest checkpoint,
/// or of step 0. Collective: yes, over parent. Errors: agreed on.
sp_status sp_session_open(MPI_Comm parent, const sp_session_options *options, sp_session **out);

/// Train to the end, once. Collective: yes. Errors: as of sp_trainer_run.
sp_status sp_session_train(sp_session *session);

/// Returns whether the run cannot use the calling rank, which then has no trainer and waits while the others work.
/// Collective: no.
bool sp_session_waits(const sp_session *session);

/// Returns the trainer; NULL on a rank that waits.
sp_trainer *sp_session_trainer(const sp_session *session);

/// Record how the run ended, and free everything. Collective: yes. NULL is fine.
/// The message of the last failure is kept.
void sp_session_close(sp_session *session);

#endif
