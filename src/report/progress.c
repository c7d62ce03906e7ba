// Drawing the progress line.
#include "report/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "base/text.h"

enum { REDRAWS_A_SECOND = 10 };

double sp_standing_rate(const sp_standing *s) {
  double seconds = s->seconds - s->started_seconds;
  return seconds > 0 ? (double)(s->rows - s->started_rows) / seconds : 0;
}

double sp_standing_left(const sp_standing *s) {
  double rate = sp_standing_rate(s);
  if (!(rate > 0)) return NAN;
  return (double)(s->steps - s->step) * (double)s->rows / (double)s->step / rate;
}

static void add_scores(sp_text *text, const sp_scores *scores) {
  char value[32];
  for (int i = 0; i < scores->count; i++) {
    sp_text_add(text, "  %s %s", scores->name[i], sp_text_score(scores->value[i], value));
  }
}

void sp_progress_start(sp_progress_line *line, double every) {
  const char *terminal = getenv("TERM");
  line->terminal = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
  line->every = line->terminal ? 1.0 / REDRAWS_A_SECOND : every;
  line->next = sp_clock() + line->every;
  line->drawn = false;
}

void sp_progress_clear(sp_progress_line *line) {
  if (line->drawn && write(STDERR_FILENO, "\r\033[K", 4) < 0) return;
  line->drawn = false;
}

void sp_progress_step(sp_progress_line *line, const sp_standing *s, const sp_scores *epoch) {
  double now = sp_clock(), left = sp_standing_left(s);
  if (now < line->next || sp_log_get_level() < SP_LOG_INFO) return;
  line->next = now + line->every;
  char step[32], steps[32], rows[32], duration[32];
  sp_text text = {0};
  sp_text_add(&text, "epoch %lld/%lld  step %s/%s", (long long)s->epoch, (long long)s->epochs,
              sp_text_count(s->step, step), sp_text_count(s->steps, steps));
  add_scores(&text, epoch);
  sp_text_add(&text, "  %s rows/s", sp_text_count((int64_t)sp_standing_rate(s), rows));
  if (isfinite(left)) sp_text_add(&text, "  %s left", sp_text_duration(left, duration));
  if (line->terminal) {
    fprintf(stderr, "\r%s\033[K", text.data);
    fflush(stderr);
    line->drawn = true;
  } else {
    sp_info("%s", text.data);
  }
  sp_text_free(&text);
}

void sp_progress_epoch(sp_progress_line *line, const sp_standing *s, const sp_scores *training,
                       const sp_scores *validation, bool best) {
  char rows[32];
  sp_text text = {0};
  sp_progress_clear(line);
  sp_text_add(&text, "epoch %lld/%lld:", (long long)s->epoch, (long long)s->epochs);
  add_scores(&text, training);
  if (validation->count > 0) {
    sp_text_add(&text, "  | validation");
    add_scores(&text, validation);
    if (best) sp_text_add(&text, " (best)");
  }
  if (s->scheduled && !isnan(s->lr)) sp_text_add(&text, "  | lr %.3g", s->lr);
  sp_text_add(&text, "  | %s rows/s", sp_text_count((int64_t)sp_standing_rate(s), rows));
  sp_info("%s", text.data);
  sp_text_free(&text);
}
