// Going on with a run: what its checkpoints say it is, compared with what the configuration says.
#ifndef SP_RUN_RESUME_H
#define SP_RUN_RESUME_H

#include "train/run_config.h"

/// What the newest readable checkpoint in a directory keeps as the run's configuration; NULL when there is none.
/// Freed by the caller. Collective: no (rank 0 reads it, the others are told).
char *sp_resume_stored_config(const char *checkpoints);

/// Compare. `lanes: auto` takes the run's number. What may differ is taken over from `config`, and said; what may not is
/// refused, with one line for each key and both values.
/// Errors: SP_ERR_CONFIG.
sp_status sp_resume_compare(const char *stored, sp_run_config *config);

#endif
