// SPDX-License-Identifier: Apache-2.0
// The figures of a bench as JSON. They are read by the YAML parser, since JSON is YAML.
#include "perf/bench_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/document.h"
#include "config/parse.h"
#include "perf/bench.h"

/// A figure and its place. The figures of a section are consecutive.
typedef struct figure {
  const char *section, *name;  // section NULL: at the top level
  size_t offset;
  bool always;  // required
} figure;

#define OF_BENCH(member) \
  { NULL, #member, offsetof(sp_bench, member), true }
#define MUST_LIMITS(member) \
  { "limits", #member, offsetof(sp_bench, limits.member), true }
#define OF_LIMITS(member) \
  { "limits", #member, offsetof(sp_bench, limits.member), false }
#define OF_RANKS(member) \
  { "limits", #member, offsetof(sp_bench, limits.ranks.member), false }
#define MUST_RANKS(member) \
  { "limits", #member, offsetof(sp_bench, limits.ranks.member), true }
#define OF_STEP(member) \
  { "step", #member, offsetof(sp_bench, step.member), false }
static const figure figures[] = {OF_BENCH(ranks),
                                 OF_BENCH(nodes),
                                 OF_BENCH(value_size),
                                 OF_LIMITS(peak),
                                 OF_LIMITS(product),
                                 OF_LIMITS(product_forward),
                                 OF_LIMITS(product_weight),
                                 OF_LIMITS(product_input),
                                 MUST_LIMITS(sweep),
                                 MUST_LIMITS(sweep_cached),
                                 MUST_LIMITS(sweep_bytes),
                                 MUST_LIMITS(cache),
                                 OF_LIMITS(add),
                                 OF_LIMITS(copy),
                                 OF_RANKS(node_sum),
                                 OF_RANKS(barrier),
                                 OF_RANKS(latency),
                                 OF_RANKS(message),
                                 OF_RANKS(bandwidth),
                                 OF_RANKS(carrying),
                                 MUST_RANKS(between_nodes),
                                 OF_STEP(steps),
                                 OF_STEP(batch),
                                 OF_STEP(parameters),
                                 OF_STEP(data),
                                 OF_STEP(forward),
                                 OF_STEP(backward),
                                 OF_STEP(exchange),
                                 OF_STEP(update),
                                 OF_STEP(median),
                                 OF_STEP(mean),
                                 OF_STEP(flops),
                                 OF_STEP(update_bytes),
                                 OF_STEP(limit),
                                 OF_STEP(share),
                                 OF_STEP(node_bytes),
                                 OF_STEP(wire_bytes)};
enum { FIGURES = sizeof figures / sizeof *figures };

static double *member(const sp_bench *bench, const figure *f) { return (double *)((uintptr_t)bench + f->offset); }

// --- write --------------------------------------------------------------------------------------------------------

static bool same(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

void sp_bench_write(const sp_bench *bench, sp_text *out) {
  const char *section = NULL;
  sp_text_add(out, "{\"shardprop\": \"" SP_VERSION "\"");
  for (int i = 0; i < FIGURES; i++) {
    const figure *f = &figures[i];
    if (same(f->section, "step") && bench->step.steps == 0) continue;
    bool opens = !same(section, f->section);
    if (opens) sp_text_add(out, "%s, \"%s\": {", section ? "}" : "", f->section);
    section = f->section;
    double value = *member(bench, f);
    if (isfinite(value)) sp_text_add(out, "%s\"%s\": %.9g", opens ? "" : ", ", f->name, value);
  }
  sp_text_add(out, "}");
  for (int i = 0; i < bench->curve.points; i++) {
    sp_text_add(out, "%s{\"rows\": %.9g, \"forward\": %.9g, \"backward\": %.9g}", i ? ", " : ", \"curve\": [",
                bench->curve.point[i].rows, bench->curve.point[i].forward, bench->curve.point[i].backward);
  }
  sp_text_add(out, bench->curve.points ? "]}\n" : "}\n");
}

// --- read ---------------------------------------------------------------------------------------------------------

static sp_status read_number(const sp_document *document, const char *path, double *out) {
  const sp_yaml_node *node = sp_document_find(document, path);
  char *end;
  if (!node) {
    *out = NAN;
    return SP_OK;
  }
  double value = node->kind == SP_YAML_SCALAR ? strtod(node->text, &end) : NAN;
  if (!(value >= 0 && isfinite(value)) || *end) {
    return sp_document_fail(document, path, "expected a number of at least 0, as written by `shardprop bench --json`");
  }
  *out = value;
  return SP_OK;
}

static sp_status read_curve(const sp_document *document, sp_curve *curve) {
  for (int i = 0; i < SP_CURVE_POINTS; i++) {
    const char *names[] = {"rows", "forward", "backward"};
    double value[3];
    char path[64];
    snprintf(path, sizeof path, "curve[%d]", i);
    if (!sp_document_find(document, path)) break;
    for (int j = 0; j < 3; j++) {
      snprintf(path, sizeof path, "curve[%d].%s", i, names[j]);
      SP_TRY(read_number(document, path, &value[j]));
      bool rises = j > 0 || i == 0 || value[0] > curve->point[i - 1].rows;
      if (isnan(value[j]) || !rises || (j == 0 && value[0] < 1)) {
        return sp_document_fail(document, path, "expected a number; rows must be ascending and at least 1");
      }
    }
    curve->point[i].rows = value[0];
    curve->point[i].forward = value[1];
    curve->point[i].backward = value[2];
    curve->points = i + 1;
  }
  return SP_OK;
}

static sp_status read_figures(const sp_document *document, sp_bench *out) {
  for (int i = 0; i < FIGURES; i++) {
    char path[64];
    const figure *f = &figures[i];
    snprintf(path, sizeof path, "%s%s%s", f->section ? f->section : "", f->section ? "." : "", f->name);
    SP_TRY(read_number(document, path, member(out, f)));
    if (f->always && isnan(*member(out, f)))
      return sp_document_fail(document, path, "is missing: expected a number, as written by `shardprop bench --json`");
  }
  return read_curve(document, &out->curve);
}

sp_status sp_bench_read(const char *text, size_t size, const char *source, sp_bench *out) {
  sp_document *document;
  sp_bench bench = {0};
  SP_TRY(sp_document_parse(text, size, source, &document));
  bool object = sp_document_root(document)->kind == SP_YAML_MAP;
  sp_status status = object
                         ? read_figures(document, &bench)
                         : sp_document_fail(document, "", "expected an object, as written by `shardprop bench --json`");
  sp_document_free(document);
  SP_TRY(status);
  *out = bench;
  return SP_OK;
}
