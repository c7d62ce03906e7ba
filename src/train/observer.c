// SPDX-License-Identifier: Apache-2.0
// Calling the observers of a run.
#include "train/observer.h"

#include <math.h>

double sp_standing_rate(const sp_standing *s) {
  double seconds = s->seconds - s->started_seconds;
  return seconds > 0 ? (double)(s->rows - s->started_rows) / seconds : 0;
}

double sp_standing_left(const sp_standing *s) {
  double rate = sp_standing_rate(s);
  if (!(rate > 0)) return NAN;
  return (double)(s->steps - s->step) * (double)s->rows / (double)s->step / rate;
}

// --- the list -----------------------------------------------------------------------------------------------------

sp_status sp_observers_add(sp_observers *list, sp_observer observer) {
  if (list->count == SP_MAX_OBSERVERS) {
    return sp_fail(SP_ERR_MEMORY, "a run has at most %d observers", SP_MAX_OBSERVERS);
  }
  list->item[list->count++] = observer;
  return SP_OK;
}

#define FOR_EACH(list, event)                                                               \
  for (const sp_observer *each = (list)->item; each < (list)->item + (list)->count; each++) \
    if (each->type->event)

void sp_observers_ready(const sp_observers *list, const sp_standing *s, double checkpoint_time) {
  FOR_EACH(list, ready) each->type->ready(each->context, s, checkpoint_time);
}

sp_status sp_observers_begin(const sp_observers *list, const sp_standing *s) {
  FOR_EACH(list, begin) SP_TRY(each->type->begin(each->context, s));
  return SP_OK;
}

void sp_observers_step(const sp_observers *list, const sp_standing *s, const sp_scores *batch, const sp_scores *epoch) {
  FOR_EACH(list, step) each->type->step(each->context, s, batch, epoch);
}

void sp_observers_epoch(const sp_observers *list, const sp_standing *s, const sp_scores *training,
                        const sp_scores *validation, bool best) {
  FOR_EACH(list, epoch) each->type->epoch(each->context, s, training, validation, best);
}

void sp_observers_checkpoint(const sp_observers *list, const sp_standing *s, const sp_saved *saved) {
  FOR_EACH(list, checkpoint) each->type->checkpoint(each->context, s, saved);
}

void sp_observers_skipped(const sp_observers *list, const sp_standing *s, int64_t step, int count) {
  FOR_EACH(list, skipped) each->type->skipped(each->context, s, step, count);
}

void sp_observers_end(const sp_observers *list, const sp_standing *s, sp_ending ending, const char *why) {
  FOR_EACH(list, end) each->type->end(each->context, s, ending, why);
}

void sp_observers_fail(const sp_observers *list, int64_t step, const char *message) {
  FOR_EACH(list, fail) each->type->fail(each->context, step, message);
}

void sp_observers_finish(const sp_observers *list) { FOR_EACH(list, finish) each->type->finish(each->context); }

void sp_observers_over(const sp_observers *list, sp_ending ending, const char *message) {
  FOR_EACH(list, over) each->type->over(each->context, ending, message);
}

void sp_observers_close(sp_observers *list) {
  FOR_EACH(list, close) each->type->close(each->context);
  list->count = 0;
}
