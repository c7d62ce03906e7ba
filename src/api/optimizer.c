// The public optimizer: a rule from YAML, its state over blocks of the caller's vector, and the vector put together again.
// May include: base, config, compute, model/parameters.h, optim, MPI.
#include "shardprop/optimizer.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/share.h"
#include "comm/comm.h"
#include "compute/compute.h"
#include "config/document.h"
#include "model/parameters.h"
#include "optim/optimizer.h"

struct sp_optimizer {
  sp_rule_memo memo;
  sp_document *document;
  sp_selected rule;   // its options belong to the document
  sp_dtype precision;
  int64_t n, step;
  bool alone;         // without a communicator
  sp_comm comm;
  MPI_Datatype block;
  int *blocks, *first;  // (ranks) of the whole blocks, for MPI
  int64_t begin, end;   // this rank's values
  int slots;
  void *slot[SP_MAX_SLOTS];
};

// --- the rule -----------------------------------------------------------------------------------------------------

typedef struct wanted {
  sp_selected rule;
} wanted;

static const sp_option fields[] = {
    {"optimizer", SP_OPTION_VARIANT, offsetof(wanted, rule), .help = "the update rule", .variants = sp_rules}, {0}};

/// "optimizer:" with the caller's lines below it, so that any style of YAML may be given.
static sp_status read_rule(const char *text, sp_optimizer *o) {
  sp_text yaml = {0};
  sp_document *written = NULL;
  wanted read = {0};
  sp_text_add(&yaml, "optimizer:\n  ");
  for (const char *c = text; *c; c++) sp_text_add(&yaml, *c == '\n' ? "\n  " : "%c", *c);
  sp_status status = sp_document_parse(yaml.data, yaml.size, "rule", &written);
  if (status == SP_OK) status = sp_document_resolve(written, fields, &o->document);
  if (status == SP_OK) {
    sp_document_read(o->document, fields, &read);
    o->rule = read.rule;
    status = sp_optimizer_check(&o->rule);
  }
  sp_document_free(written);
  sp_text_free(&yaml);
  return status;
}

// --- shares -------------------------------------------------------------------------------------------------------

/// Contiguous shares of blocks; the last one, which may be short, belongs to the last rank that has any.
static sp_status share_out(sp_optimizer *o) {
  int ranks = o->alone ? 1 : o->comm.size, rank = o->alone ? 0 : o->comm.rank;
  int64_t blocks = o->n / SP_BLOCK + (o->n % SP_BLOCK > 0);
  if (blocks > INT_MAX) return sp_fail(SP_ERR_MEMORY, "optimizer: %lld values are more than can be shared out", (long long)o->n);
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

static sp_status make_state(sp_optimizer *o) {
  const sp_rule *rule = sp_rule_of(&o->rule);
  o->slots = rule->slots(o->rule.options);
  for (int i = 0; i < o->slots; i++) {
    SP_TRY(sp_allocate(o->end - o->begin, sp_dtype_size(o->precision), "state of an optimizer", &o->slot[i]));
    sp_optimizer_start_slot(&o->rule, o->precision, i, o->end - o->begin, o->slot[i]);
  }
  return SP_OK;
}

static sp_status agree(const sp_optimizer *o, sp_status status) {
  return o->alone ? status : sp_comm_agree(&o->comm, status);
}

static sp_status build(const char *rule, sp_optimizer *o) {
  if (o->n < 0) return sp_fail(SP_ERR_USAGE, "optimizer: expected a number of values, got %lld", (long long)o->n);
  SP_TRY(read_rule(rule, o));
  SP_TRY(share_out(o));
  return make_state(o);
}

sp_status sp_optimizer_create(MPI_Comm parent, const char *rule, sp_real real, int64_t n, sp_optimizer **out) {
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
  *o = (sp_optimizer){.precision = real == SP_REAL64 ? SP_FLOAT64 : SP_FLOAT32, .n = n, .alone = alone, .comm = comm,
                      .block = MPI_DATATYPE_NULL};
  if (!alone) {
    MPI_Type_contiguous(SP_BLOCK, real == SP_REAL64 ? MPI_DOUBLE : MPI_FLOAT, &o->block);
    MPI_Type_commit(&o->block);
  }
  status = agree(o, build(rule, o));
  if (status == SP_OK) {
    *out = o;
  } else {
    sp_optimizer_free(o);
  }
  return status;
}

// --- the step -----------------------------------------------------------------------------------------------------

/// What each rank has updated comes to all: whole blocks, then what is left behind them.
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

sp_status sp_optimizer_step(sp_optimizer *o, void *parameters, const void *gradient) {
  size_t start = (size_t)o->begin * sp_dtype_size(o->precision);
  const char *mine = (const char *)gradient + start;
  bool finite = sp_all_finite(o->precision, o->end - o->begin, mine);
  SP_TRY(agree(o, finite ? SP_OK : sp_fail(SP_ERR_NONFINITE, "optimizer: the gradient of step %lld is not finite",
                                           (long long)o->step + 1)));
  sp_update update = {.n = o->end - o->begin, .p = (char *)parameters + start, .gradient = mine, .scale = 1,
                      .lr_factor = 1, .step = ++o->step, .memo = &o->memo};
  sp_optimizer_advance(&o->rule, o->step, &o->memo);
  for (int i = 0; i < o->slots; i++) update.slot[i] = o->slot[i];
  sp_optimizer_update(&o->rule, o->precision, &update);
  if (!o->alone && o->comm.size > 1) gather(o, parameters);
  return SP_OK;
}

// --- the rest -----------------------------------------------------------------------------------------------------

int64_t sp_optimizer_steps(const sp_optimizer *o) { return o->step; }

int64_t sp_optimizer_state_bytes(const sp_optimizer *o) {
  return (o->end - o->begin) * o->slots * (int64_t)sp_dtype_size(o->precision);
}

void sp_optimizer_free(sp_optimizer *o) {
  if (!o) return;
  for (int i = 0; i < SP_MAX_SLOTS; i++) free(o->slot[i]);
  free(o->blocks);
  free(o->first);
  sp_document_free(o->document);
  if (!o->alone) {
    MPI_Type_free(&o->block);
    sp_comm_close(&o->comm);
  }
  free(o);
}
