// SPDX-License-Identifier: Apache-2.0
// A session: one start of a run with its reports, from the configuration to the end, on a communicator of the caller.
#ifndef SP_RUN_SESSION_H
#define SP_RUN_SESSION_H

#include "run/run.h"
#include "train/observer.h"

typedef struct sp_session sp_session;

/// Borrowed until sp_session_open returns; the observer until the session is closed.
typedef struct sp_session_options {
  const char *path;  ///< of the configuration file, which rank 0 reads
  const char
      *text;  ///< configuration, on rank 0 or on all; replaces the file, and `path` names it in errors. NULL: none
  const char *const *overrides;
  int count;
  bool quiet;                   ///< warnings only on stderr
  bool unwatched;               ///< no watchdog, whatever train.watchdog is
  const sp_observer *observer;  ///< called after the reports, on rank 0; NULL: none
} sp_session_options;

/// Read the configuration, lock the directory of the run, create the trainer, and load the newest checkpoint or set the state
/// of step 0. Collective: yes, over parent. Errors: agreed on.
sp_status sp_session_open(MPI_Comm parent, const sp_session_options *options, sp_session **out);

/// Train to the end. May be called once. Collective: yes. Errors: those of sp_trainer_run.
sp_status sp_session_train(sp_session *session);

/// Returns whether the calling rank is idle: the run cannot use it, and it has no trainer.
/// Collective: no.
bool sp_session_waits(const sp_session *session);

/// Returns the trainer; NULL on an idle rank.
sp_trainer *sp_session_trainer(const sp_session *session);

/// Report how the run ended, and free the session. Accepts NULL. Keeps the message of the last failure. Collective: yes.
void sp_session_close(sp_session *session);

#endif
