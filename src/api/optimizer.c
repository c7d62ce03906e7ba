// SPDX-License-Identifier: Apache-2.0
// The public optimizer: a section of YAML, the sharded state, and the update of the caller's whole vector.
#include "shardprop/optimizer.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/locale.h"
#include "base/memory.h"
#include "base/share.h"
#include "comm/comm.h"
#include "compute/elementwise.h"
#include "config/document.h"
#include "config/parse.h"
#include "config/read.h"
#include "config/resolve.h"
#include "config/write.h"
#include "exchange/sums.h"
#include "model/parameters.h"
#include "optim/apply.h"

struct sp_optimizer {
  sp_document *document;
  const sp_optimizer_options *options;  // owned by the document
  sp_parameter_groups *groups;
  sp_apply apply;
  double gradient_norm;
  double *squares;  // (blocks of the vector), with clip_norm; else NULL
  sp_dtype precision;
  int64_t n, step;
  int64_t epoch_steps, steps;  // in the training; 0: not set
  sp_plateau_state plateau;
  bool alone;  // without a communicator
  sp_comm comm;
  MPI_Datatype block;
  int *blocks, *first;  // (ranks) in whole blocks, for MPI
  int64_t begin, end;   // this rank's values
  int slots;
  void *slot[SP_MAX_SLOTS];
};

// --- the section ---------------------------------------------------------------------------------------------------

typedef struct wanted {
  const sp_optimizer_options *optimizer;
} wanted;

static const sp_option fields[] = {{"optimizer", SP_OPTION_SECTION, offsetof(wanted, optimizer), .help = "an optimizer",
                                    .fields = sp_optimizer_fields, .fields_size = sizeof(sp_optimizer_options)},
                                   {0}};

/// Refuse options that only a training run supports.
static sp_status refuse(const sp_optimizer *o) {
  const sp_optimizer_options *options = o->options;
  if (options->groups.count > 0) {
    return sp_document_fail(o->document, "optimizer.groups",
                            "needs named tensors, which only training runs have: create an optimizer for each group");
  }
  if (options->accumulate > 1) {
    return sp_document_fail(o->document, "optimizer.accumulate",
                            "is available in training runs only: sum the gradients before the step");
  }
  if (sp_optimizer_averages(options)) {
    return sp_document_fail(o->document, "optimizer.average", "is available in training runs only");
  }
  return SP_OK;
}

static sp_status read_section(const char *text, sp_optimizer *o) {
  static const sp_parameter_table unnamed = {0};
  sp_document *written = NULL;
  wanted read = {0};
  SP_TRY(sp_document_parse_value("optimizer", text, strlen(text), "optimizer", &written));
  sp_status status = sp_document_resolve(written, fields, &o->document);
  sp_document_free(written);
  SP_TRY(status);
  sp_document_read(o->document, fields, &read);
  o->options = read.optimizer;
  SP_TRY(sp_document_locate(o->document, sp_optimizer_check_options(o->options, o->precision)));
  SP_TRY(refuse(o));
  SP_TRY(sp_groups_create(o->options, &unnamed, o->document, &o->groups));
  o->apply =
      (sp_apply){.options = o->options, .groups = o->groups, .precision = o->precision, .scale = 1, .clip_factor = 1};
  return SP_OK;
}

// --- shares -------------------------------------------------------------------------------------------------------

static int64_t block_count(const sp_optimizer *o) { return o->n / SP_BLOCK + (o->n % SP_BLOCK > 0); }

/// Divide the blocks into contiguous shards. The last block, which may be short, belongs to the last rank that has any.
static sp_status share_out(sp_optimizer *o) {
  int ranks = o->alone ? 1 : o->comm.size, rank = o->alone ? 0 : o->comm.rank;
  int64_t blocks = block_count(o);
  if (blocks > INT_MAX)
    return sp_fail(SP_ERR_MEMORY, "optimizer: %lld values are more than can be sharded", (long long)o->n);
  o->begin = sp_share_begin(blocks, ranks, rank) * SP_BLOCK;
  o->end = sp_share_begin(blocks, ranks, rank + 1) * SP_BLOCK;
  if (o->begin > o->n) o->begin = o->n;
  if (o->end > o->n) o->end = o->n;
  SP_TRY(sp_allocate(ranks, sizeof *o->blocks, "shares of an optimizer", &o->blocks));
  SP_TRY(sp_allocate(ranks, sizeof *o->first, "shares of an optimizer", &o->first));
  int64_t whole = o->n / SP_BLOCK;
  for (int i = 0; i < ranks; i++) {
    int64_t begin = sp_share_begin(blocks, ranks, i), end = sp_share_begin(blocks, ranks, i + 1);
    o->first[i] = (int)begin;
    o->blocks[i] = (int)((end < whole ? end : whole) - (begin < whole ? begin : whole));
  }
  return SP_OK;
}

/// The size of this rank's shard in bytes.
static size_t share_bytes(const sp_optimizer *o) { return (size_t)(o->end - o->begin) * sp_dtype_size(o->precision); }

static size_t share_start(const sp_optimizer *o) { return (size_t)o->begin * sp_dtype_size(o->precision); }

static bool clips_norm(const sp_optimizer *o) { return !isnan(o->options->clip_norm); }

static sp_status make_state(sp_optimizer *o) {
  const sp_rule *rule = sp_rule_of(&o->options->rule);
  o->slots = rule->slots(o->options->rule.options);
  for (int i = 0; i < o->slots; i++) {
    SP_TRY(sp_allocate(o->end - o->begin, sp_dtype_size(o->precision), "state of an optimizer", &o->slot[i]));
    sp_rule_start_slot(&o->options->rule, o->precision, i, o->end - o->begin, o->slot[i]);
  }
  return clips_norm(o) ? sp_allocate(block_count(o), sizeof *o->squares, "norm of the gradient", &o->squares) : SP_OK;
}

static sp_status agree(const sp_optimizer *o, sp_status status) {
  return o->alone ? status : sp_comm_agree(&o->comm, status);
}

static sp_status build(const char *text, sp_real real, sp_optimizer *o) {
  if (real != SP_REAL32 && real != SP_REAL64) {
    return sp_fail(SP_ERR_USAGE, "optimizer: expected SP_REAL32 or SP_REAL64, got %d", (int)real);
  }
  if (o->n < 0)
    return sp_fail(SP_ERR_USAGE, "optimizer: expected a number of values of at least 0, got %lld", (long long)o->n);
  SP_TRY(read_section(text, o));
  SP_TRY(share_out(o));
  return make_state(o);
}

/// The arguments on which all ranks must agree.
typedef struct given {
  int64_t n, precision;
  uint64_t section;  // a hash of the resolved section; 0 when it is not valid
} given;

static given given_here(const sp_optimizer *o, sp_status status) {
  given g = {.n = o->n, .precision = o->precision};
  if (status != SP_OK) return g;
  sp_text text = {0};
  sp_document_write(o->document, &text);
  g.section = XXH3_64bits(sp_text_string(&text), text.size);
  sp_text_free(&text);
  return g;
}

/// Ranks that differ would wait for messages that are never sent, or apply different updates.
static sp_status agree_on_given(const sp_optimizer *o, sp_status status) {
  if (o->alone) return status;
  given mine = given_here(o, status), first = mine;
  MPI_Bcast(&first, sizeof first, MPI_BYTE, 0, o->comm.world);
  if (status == SP_OK && (mine.n != first.n || mine.precision != first.precision)) {
    status = sp_fail(SP_ERR_USAGE, "optimizer: got %lld values of %s, expected %lld values of %s as on the first rank",
                     (long long)mine.n, sp_dtype_name((sp_dtype)mine.precision), (long long)first.n,
                     sp_dtype_name((sp_dtype)first.precision));
  } else if (status == SP_OK && mine.section != first.section) {
    status =
        sp_fail(SP_ERR_USAGE, "optimizer: section differs from that of the first rank, expected the same on all ranks");
  }
  return sp_comm_agree(&o->comm, status);
}

sp_status sp_optimizer_create(MPI_Comm parent, const char *section, sp_real real, int64_t n, sp_optimizer **out) {
  SP_C_LOCALE;
  sp_comm comm = {0};
  sp_optimizer *o = NULL;
  bool alone = parent == MPI_COMM_NULL;
  if (!alone) SP_TRY(sp_comm_open(parent, &comm));
  sp_status status = sp_allocate(1, sizeof *o, "optimizer", &o);
  if (!alone) status = sp_comm_agree(&comm, status);
  if (status != SP_OK) {
    free(o);
    if (!alone) sp_comm_close(&comm);
    return status;
  }
  *o = (sp_optimizer){.precision = real == SP_REAL64 ? SP_FLOAT64 : SP_FLOAT32,
                      .n = n,
                      .alone = alone,
                      .comm = comm,
                      .block = MPI_DATATYPE_NULL,
                      .plateau = {.best = (double)NAN},
                      .gradient_norm = (double)NAN};
  if (!alone) {
    MPI_Type_contiguous(SP_BLOCK, real == SP_REAL64 ? MPI_DOUBLE : MPI_FLOAT, &o->block);
    MPI_Type_commit(&o->block);
  }
  status = agree_on_given(o, build(section, real, o));
  if (status == SP_OK) {
    *out = o;
  } else {
    sp_optimizer_free(o);
  }
  return status;
}

// --- the step -----------------------------------------------------------------------------------------------------

/// Send every rank's updated shard to all ranks: whole blocks first, then the short last block.
static void gather(const sp_optimizer *o, void *parameters) {
  const sp_comm *comm = &o->comm;
  int64_t whole = o->n / SP_BLOCK, left = o->n % SP_BLOCK;
  size_t bytes = sp_dtype_size(o->precision);
  MPI_Allgatherv(MPI_IN_PLACE, 0, o->block, parameters, o->blocks, o->first, o->block, comm->world);
  if (left == 0) return;
  int owner = (int)sp_share_of(whole + 1, comm->size, whole);
  MPI_Bcast((char *)parameters + (size_t)(whole * SP_BLOCK) * bytes, (int)((size_t)left * bytes), MPI_BYTE, owner,
            comm->world);
}

/// Returns false when the schedule needs the length of the training and it is not set.
static bool knows_length(const sp_optimizer *o) {
  return o->steps > 0 || sp_schedule_is_constant(o->options->schedule);
}

static double lr_factor(const sp_optimizer *o) {
  if (!knows_length(o)) return (double)NAN;
  const sp_schedule_place place = {o->step, o->epoch_steps, o->steps, o->plateau.reductions};
  return sp_schedule_factor(o->options->schedule, &place);
}

static sp_status check_step(const sp_optimizer *o, const void *mine) {
  if (!knows_length(o)) {
    return sp_fail(SP_ERR_USAGE,
                   "optimizer: the schedule %s needs the length of the training: call sp_optimizer_set_length",
                   o->options->schedule->kind.type->name);
  }
  if (sp_all_finite(o->precision, o->end - o->begin, mine)) return SP_OK;
  return sp_fail(SP_ERR_NONFINITE, "optimizer: the gradient of step %lld is not finite", (long long)o->step + 1);
}

/// The stretch from `begin` to `end` of the vector, which lies in this rank's shard.
static sp_applied applied(const sp_optimizer *o, void *parameters, const void *gradient, int64_t begin, int64_t end) {
  size_t size = sp_dtype_size(o->precision), skip = (size_t)begin * size;
  sp_applied a = {.first = begin,
                  .n = end - begin,
                  .parameters = (char *)parameters + skip,
                  .sum = {(const char *)gradient + skip, NULL}};
  for (int i = 0; i < o->slots; i++) a.slot[i] = (char *)o->slot[i] + (size_t)(begin - o->begin) * size;
  return a;
}

/// Each rank computes the squares of its own blocks; adding the zeros of the other ranks is exact.
static sp_status clip(sp_optimizer *o, void *parameters, const void *gradient) {
  int64_t blocks = block_count(o);
  for (int64_t i = 0; i < blocks; i++) o->squares[i] = 0;
  for (int64_t i = o->begin; i < o->end; i += SP_BLOCK) {
    sp_applied a = applied(o, parameters, gradient, i, i + SP_BLOCK < o->end ? i + SP_BLOCK : o->end);
    o->squares[i / SP_BLOCK] = sp_apply_squares(&o->apply, &a);
  }
  if (!o->alone) MPI_Allreduce(MPI_IN_PLACE, o->squares, (int)blocks, MPI_DOUBLE, MPI_SUM, o->comm.world);
  double norm = sp_apply_clip(&o->apply, blocks > 0 ? sp_block_sums_add(blocks, o->squares) : 0);
  if (!isfinite(norm)) {  // on all ranks
    return sp_fail(SP_ERR_NONFINITE,
                   "optimizer: the norm of the gradient of step %lld is not finite, so clip_norm cannot be applied",
                   (long long)o->step + 1);
  }
  o->gradient_norm = norm;
  return SP_OK;
}

sp_status sp_optimizer_step(sp_optimizer *o, void *parameters, const void *gradient) {
  SP_C_LOCALE;
  SP_TRY(agree(o, check_step(o, (const char *)gradient + share_start(o))));
  o->apply.lr_factor = lr_factor(o);
  o->apply.step = o->step + 1;
  if (clips_norm(o)) SP_TRY(clip(o, parameters, gradient));
  sp_applied mine = applied(o, parameters, gradient, o->begin, o->end);
  sp_apply_update(&o->apply, &mine);
  if (!o->alone && o->comm.size > 1) gather(o, parameters);
  o->step++;
  return SP_OK;
}

double sp_optimizer_gradient_norm(const sp_optimizer *o) { return o->gradient_norm; }

// --- the schedule ---------------------------------------------------------------------------------------------------

sp_status sp_optimizer_set_length(sp_optimizer *o, int64_t epoch_steps, int64_t steps) {
  SP_C_LOCALE;
  if (epoch_steps < 1 || steps < 1) {
    return sp_fail(SP_ERR_USAGE,
                   "optimizer: expected at least 1 step in an epoch and in the training, got %lld and %lld",
                   (long long)epoch_steps, (long long)steps);
  }
  o->epoch_steps = epoch_steps;
  o->steps = steps;
  return SP_OK;
}

void sp_optimizer_end_epoch(sp_optimizer *o, double score, bool higher_is_better) {
  sp_schedule_observe(o->options->schedule, score, higher_is_better, &o->plateau);
}

double sp_optimizer_learning_rate(const sp_optimizer *o) { return sp_rule_lr(&o->options->rule) * lr_factor(o); }

// --- saving and restoring -------------------------------------------------------------------------------------------

const char *sp_optimizer_slot(const sp_optimizer *o, int slot) {
  return slot >= 0 && slot < o->slots ? sp_rule_of(&o->options->rule)->slot_name(o->options->rule.options, slot) : NULL;
}

static sp_status check_slot(const sp_optimizer *o, int slot) {
  if (sp_optimizer_slot(o, slot)) return SP_OK;
  return sp_fail(SP_ERR_USAGE, "optimizer: expected a slot below %d, got %d", o->slots, slot);
}

sp_status sp_optimizer_get_slot(const sp_optimizer *o, int slot, void *values) {
  SP_C_LOCALE;
  SP_TRY(agree(o, check_slot(o, slot)));
  if (o->end > o->begin) memcpy((char *)values + share_start(o), o->slot[slot], share_bytes(o));
  if (!o->alone && o->comm.size > 1) gather(o, values);
  return SP_OK;
}

sp_status sp_optimizer_set_slot(sp_optimizer *o, int slot, const void *values) {
  SP_C_LOCALE;
  SP_TRY(check_slot(o, slot));
  if (o->end > o->begin) memcpy(o->slot[slot], (const char *)values + share_start(o), share_bytes(o));
  return SP_OK;
}

sp_optimizer_progress sp_optimizer_get_progress(const sp_optimizer *o) {
  return (sp_optimizer_progress){o->step, o->plateau.best, o->plateau.bad, o->plateau.cooldown, o->plateau.reductions};
}

sp_status sp_optimizer_set_progress(sp_optimizer *o, const sp_optimizer_progress *progress) {
  SP_C_LOCALE;
  const sp_optimizer_progress p = *progress;
  if (p.steps < 0 || p.plateau_bad < 0 || p.plateau_cooldown < 0 || p.plateau_reductions < 0) {
    return sp_fail(SP_ERR_USAGE, "optimizer: progress: expected counts of at least 0");
  }
  o->step = p.steps;
  o->plateau = (sp_plateau_state){p.plateau_best, p.plateau_bad, p.plateau_cooldown, p.plateau_reductions};
  return SP_OK;
}

// --- the rest -----------------------------------------------------------------------------------------------------

int64_t sp_optimizer_steps(const sp_optimizer *o) { return o->step; }

int64_t sp_optimizer_state_bytes(const sp_optimizer *o) { return o->slots * (int64_t)share_bytes(o); }

void sp_optimizer_free(sp_optimizer *o) {
  if (!o) return;
  for (int i = 0; i < SP_MAX_SLOTS; i++) free(o->slot[i]);
  free(o->blocks);
  free(o->first);
  free(o->squares);
  sp_groups_free(o->groups);
  sp_document_free(o->document);
  if (!o->alone) {
    MPI_Type_free(&o->block);
    sp_comm_close(&o->comm);
  }
  free(o);
}
