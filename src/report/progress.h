// The progress line: redrawn on a terminal, a plain line every few seconds elsewhere.
#ifndef SP_REPORT_PROGRESS_H
#define SP_REPORT_PROGRESS_H

#include "train/observer.h"

typedef struct sp_progress_line {
  bool terminal;
  double every;  ///< seconds between lines
  double next;   ///< clock
  bool drawn;    ///< there is a line to be cleared
} sp_progress_line;

void sp_progress_start(sp_progress_line *line, double every);
/// After a step: draws when it is time.
void sp_progress_step(sp_progress_line *line, const sp_standing *, const sp_scores *epoch);
void sp_progress_epoch(sp_progress_line *line, const sp_standing *, const sp_scores *training,
                       const sp_scores *validation, bool best);
/// Take the drawn line away before something else is written.
void sp_progress_clear(sp_progress_line *line);

/// Rows a second since the training was started (or gone on with).
double sp_standing_rate(const sp_standing *standing);
/// Seconds that the rest of the run takes at that rate; NaN when there is none yet.
double sp_standing_left(const sp_standing *standing);

#endif
