// SPDX-License-Identifier: Apache-2.0
// Building a trainer from its parts.
#include "train/training.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "config/write.h"
#include "train/audit.h"
#include "train/data_identity.h"
#include "train/kept_rows.h"

/// Write the configuration that checkpoints store: resolved, with the identity of the data as comments.
static sp_status write_config(sp_trainer *t) {
  const sp_model_state *m = &t->model;
  sp_text text = {0};
  sp_status status = SP_OK;
  sp_document_write(m->config->document, &text);
  if (t->feed.train) {
    char contents[200];
    sp_text signature = {0};
    const sp_order *order = &t->source.order;
    sp_feed_signature(&t->feed, &signature);
    status = sp_feed_contents(m->comm, &t->feed, order->shuffle == SP_SHUFFLE_CHUNKS ? order->chunk_rows : 0, contents);
    if (status == SP_OK) sp_data_identity_write(&text, sp_text_string(&signature), contents);
    sp_text_free(&signature);
  }
  t->config_text = text.data;
  t->model.state.config = t->config_text;
  return status;
}

static sp_status prepare(sp_trainer *t) {
  const sp_run_config *config = t->model.config;
  int64_t rows = sp_dataset_rows(t->feed.train ? t->feed.train : t->feed.test);
  SP_TRY(sp_model_state_describe(&t->model, &t->feed));
  SP_TRY(sp_kept_rows_check(t->model.comm, t->model.network, t->feed.validation_rows.count));
  SP_TRY(sp_evaluator_create(&t->model, &t->source, rows, &t->evaluator));
  return sp_batch_source_allocate(&t->source, config, &t->feed, t->model.network, t->evaluator.rows);
}

static sp_status build(const sp_comm *comm, const sp_run_config *config, int feed_parts, sp_trainer *t) {
  SP_TRY(sp_feed_open(comm, config, feed_parts, &t->feed));
  SP_TRY(sp_model_state_create(comm, config, &t->feed, &t->model));
  if (!(feed_parts & SP_FEED_WITHOUT_TARGETS)) {
    SP_TRY(sp_comm_agree(comm, sp_feed_check_scored(config, &t->feed, t->model.network)));
  }
  SP_TRY(sp_feed_use(comm, config, &t->feed, t->model.network));
  SP_TRY(sp_feed_cache(comm, config, &t->feed));
  SP_TRY(sp_feed_check_columns(comm, &t->feed, t->model.network));
  sp_batch_source_describe(comm, config, &t->feed, &t->source);
  SP_TRY(sp_comm_agree(comm, prepare(t)));
  SP_TRY(sp_model_state_allocate(&t->model));
  t->failures = (sp_failure_policy){.model = &t->model, .source = &t->source};
  if (feed_parts == SP_FEED_TRAINING) {
    SP_TRY(sp_train_step_create(&t->model, &t->source, &t->failures, &t->step));
  }
  return write_config(t);
}

sp_status sp_trainer_create(const sp_comm *comm, const sp_run_config *config, int feed_parts, sp_trainer **out) {
  sp_trainer *t;
  SP_TRY(sp_comm_agree(comm, sp_allocate(1, sizeof *t, "trainer", &t)));
  sp_pin_begin(comm, config->train->pin == SP_PIN_AUTO, &t->pin);
  sp_status status = build(comm, config, feed_parts, t);
  if (status == SP_OK) {
    *out = t;
  } else {
    sp_trainer_free(t);
  }
  return status;
}

void sp_trainer_free(sp_trainer *t) {
  if (!t) return;
  sp_train_step_free(&t->step);
  sp_evaluator_free(&t->evaluator);
  sp_batch_source_free(&t->source);
  sp_model_state_free(&t->model);
  sp_feed_close(&t->feed);
  free(t->config_text);
  sp_pin_end(&t->pin);
  free(t);
}

// --- the state ----------------------------------------------------------------------------------------------------

sp_status sp_trainer_initialise(sp_trainer *t) { return sp_model_state_initialise(&t->model, &t->feed); }

sp_status sp_trainer_load(sp_trainer *t, const char *checkpoints, bool *found) {
  return sp_model_state_load(&t->model, &t->feed, checkpoints, found);
}

sp_status sp_trainer_go_back(sp_trainer *t, const char *checkpoints) {
  sp_progress *now = &t->model.state.progress;
  int64_t skipped[SP_STATE_SKIPPED];
  bool found;
  memcpy(skipped, now->skipped, sizeof skipped);
  SP_TRY(sp_trainer_load(t, checkpoints, &found));
  memcpy(now->skipped, skipped, sizeof skipped);
  sp_train_step_restart(&t->step);
  if (t->model.comm->rank == 0) sp_info("continuing after step %lld", (long long)now->step);
  return SP_OK;
}

sp_status sp_trainer_audit(sp_trainer *t) {
  if (!sp_audit_is_due(&t->model)) return SP_OK;
  SP_TRY(sp_train_step_settle(&t->step));
  return sp_audit_run(&t->model, &t->source, sp_exchange_gradients(t->step.exchange).gradient);
}

// --- progress -----------------------------------------------------------------------------------------------------

bool sp_trainer_is_done(const sp_trainer *t) {
  const sp_train_options *train = t->model.config->train;
  const sp_progress *now = &t->model.state.progress;
  if (train->steps != SP_AUTO && now->step >= train->steps) return true;
  if (train->patience != SP_AUTO && now->epochs_since_best >= train->patience) return true;
  return now->epoch >= train->epochs;
}

void sp_trainer_standing(const sp_trainer *t, sp_standing *standing) {
  const sp_run_config *config = t->model.config;
  const sp_progress *now = &t->model.state.progress;
  const sp_shard_update *last = &t->step.update;
  int64_t epoch_steps = sp_order_steps(&t->source.order);
  bool between = now->epoch_step == 0 && now->epoch > 0;
  *standing = (sp_standing){.step = now->step,
                            .steps = sp_run_steps(config, epoch_steps),
                            .epoch = between ? now->epoch : now->epoch + 1,
                            .epochs = config->train->epochs,
                            .epoch_step = between ? epoch_steps : now->epoch_step,
                            .epoch_steps = epoch_steps,
                            .rows = now->rows_seen,
                            .seconds = now->seconds,
                            .ranks = t->model.comm->size,
                            .skipped = sp_progress_skipped(now),
                            .lr = sp_rule_lr(&config->optimizer->rule) * last->apply.lr_factor,
                            .gradient_norm = last->gradient_norm,
                            .scheduled = !sp_schedule_is_constant(config->optimizer->schedule)};
}
