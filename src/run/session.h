// A training with its reports, from the configuration to the end of the run, on a communicator of the caller's.
#ifndef SP_RUN_SESSION_H
#define SP_RUN_SESSION_H

#include "run/run.h"

typedef struct sp_session sp_session;

/// All is borrowed until the session is open; the observer until it is closed.
typedef struct sp_session_options {
  const char *path;   ///< of the configuration file, which rank 0 reads
  const char *text;   ///< instead of it, on rank 0 only or on all; then `path` names it in errors. NULL: none
  const char *const *overrides;
  int count;
  bool quiet;         ///< warnings only on stderr
  bool unwatched;     ///< no watchdog, whatever the configuration says
  const sp_observer *observer;  ///< called after the reports, on rank 0; NULL: none
} sp_session_options;

/// Read the configuration, take the run's directory, build everything and set the run's state: from its newest checkpoint,
/// or of step 0. Collective: yes, over parent. Errors: agreed on.
sp_status sp_session_open(MPI_Comm parent, const sp_session_options *options, sp_session **out);

/// Train to the end, once. Collective: yes. Errors: as of sp_trainer_run.
sp_status sp_session_train(sp_session *session);

/// Is the calling rank one that the run cannot use? It has no trainer, and waits where the others work. Collective: no.
bool sp_session_waits(const sp_session *session);

/// NULL on a rank that waits.
sp_trainer *sp_session_trainer(const sp_session *session);
const sp_run *sp_session_run(const sp_session *session);

/// Say in the run's records how it ended, and free everything. Collective: yes. NULL is fine.
/// The message of the last failure is kept.
void sp_session_close(sp_session *session);

#endif
