// SPDX-License-Identifier: Apache-2.0
// What every option must fulfil, of every section of a configuration, rule, schedule, loss, metric, layer, initialiser
// and
// transform: a value of another kind or outside its range is refused with place and reason, the edges of the range are
// taken, and a misspelt name is answered with the right one. And what the options of rules and schedules must fulfil
// together.
#include "check.h"
#include "config/document.h"
#include "config/parse.h"
#include "config/resolve.h"
#include "data/transforms.h"
#include "model/initialiser.h"
#include "model/layer.h"
#include "model/loss.h"
#include "model/metric.h"
#include "optim/rule.h"
#include "optim/schedule.h"
#include "train/run_config.h"

typedef struct choice {
  sp_selected selected;
} choice;

/// Is `thing: {VARIANT: {NAME: VALUE}}` taken? The message may be about other options, which are missing.
static bool is_taken(const sp_variant *const *variants, const sp_variant *variant, const char *name,
                     const char *value) {
  const sp_option table[] = {{"thing", SP_OPTION_VARIANT, offsetof(choice, selected), .variants = variants}, {0}};
  char text[512], path[256];
  sp_document *document = NULL, *resolved = NULL;
  snprintf(text, sizeof text, "thing: {%s: {%s: %s}}", variant->name, name, value);
  snprintf(path, sizeof path, ": thing.%s.%s", variant->name, name);
  assert_ok(sp_document_parse(text, strlen(text), "x.yaml", &document));
  sp_status status = sp_document_resolve(document, table, &resolved);
  sp_document_free(document);
  sp_document_free(resolved);
  if (status == SP_OK) return true;
  assert_int_equal(status, SP_ERR_CONFIG);
  const char *complaint = strstr(sp_error_message(), path);
  return !complaint || !strchr(":[", complaint[strlen(path)]);  // of it, or of an item of its list
}

static void must_take(const sp_variant *const *variants, const sp_variant *variant, const char *name,
                      const char *value) {
  if (!is_taken(variants, variant, name, value)) fail_msg("%s: %s is refused: %s", name, value, sp_error_message());
}

static void must_refuse(const sp_variant *const *variants, const sp_variant *variant, const char *name,
                        const char *value) {
  char place[64], path[256];
  if (is_taken(variants, variant, name, value)) fail_msg("%s.%s: %s is taken", variant->name, name, value);
  bool nested = strchr("[{", *value);  // then the place may be that of something in it
  int column = (int)strlen("thing: {") + (int)strlen(variant->name) + (int)strlen(": {") + 1;
  snprintf(place, sizeof place, nested ? "x.yaml:1:" : "x.yaml:1:%d: ", column);
  snprintf(path, sizeof path, nested ? ": thing.%s.%s" : ": thing.%s.%s: expected ", variant->name, name);
  const char *line = strstr(sp_error_message(), path);
  if (!strstr(sp_error_message(), place) || !line || !strstr(line, "expected ") || !strstr(line, ", got ")) {
    fail_msg("%s: %s: no place or reason: %s", name, value, sp_error_message());
  }
}

// --- edges of ranges
// --------------------------------------------------------------------------------------------------

/// One bound of a range: taken when it is closed, and what lies beyond is not.
static void try_bound(const sp_variant *const *variants, const sp_variant *variant, const sp_option *option,
                      const char *bound, bool open, int beyond) {
  char value[64];
  double number = strtod(bound, NULL);
  if (isinf(number) || fabs(number) > 1e15) return;  // no bound; or the last of the integers, beyond which is nothing
  snprintf(value, sizeof value, "%.17g", number);
  (open ? must_refuse : must_take)(variants, variant, option->name, value);
  double next = option->kind == SP_OPTION_INT ? number + beyond : nextafter(number, beyond * (double)INFINITY);
  snprintf(value, sizeof value, "%.17g", next);
  must_refuse(variants, variant, option->name, value);
}

static void try_range(const sp_variant *const *variants, const sp_variant *variant, const sp_option *option) {
  const char *range = option->range ? strpbrk(option->range, "[(") : NULL;
  char low[64], high[64], last;
  if (!range) return;
  assert_int_equal(sscanf(range + 1, "%63[^,], %63[^])]%c", low, high, &last), 3);
  try_bound(variants, variant, option, low, *range == '(', -1);
  try_bound(variants, variant, option, high, last == ')', 1);
}

// --- values of another kind
// -------------------------------------------------------------------------------------------

/// A NULL ends each list.
static const char *const *wrong_values(sp_option_kind kind) {
  static const char *const number[] = {"some", "'1'", "[1]", "{a: 1}", ".nan", "1e", NULL};
  static const char *const integer[] = {"some", "'1'", "[1]", "{a: 1}", "1.5", "99999999999999999999", NULL};
  static const char *const truth[] = {"some", "1", "'true'", "[true]", NULL};
  static const char *const word[] = {"some", "1", "[1]", "{a: 1}", NULL};
  static const char *const interval[] = {"some", "0", "-1 steps", "1.5 epochs", "3 weeks", "'1'", "[1]", NULL};
  static const char *const shape[] = {"some", "0", "[1, 0]", "[1.5]", "[]", "{a: 1}", NULL};
  static const char *const numbers[] = {"some", "'1'", "[some]", "[1, .nan]", "[]", "{a: 1}", "[[1]]", NULL};
  static const char *const string[] = {"[a]", "{a: 1}", NULL};
  static const char *const strings[] = {"{a: 1}", "[[a]]", NULL};
  static const char *const list[] = {"some", "{a: 1}", NULL};
  static const char *const map[] = {"[1]", NULL};
  switch (kind) {
    case SP_OPTION_REAL: return number;
    case SP_OPTION_INT: return integer;
    case SP_OPTION_BOOL: return truth;
    case SP_OPTION_CHOICE:
    case SP_OPTION_VARIANT: return word;
    case SP_OPTION_INTERVAL: return interval;
    case SP_OPTION_SHAPE:
    case SP_OPTION_INTS: return shape;
    case SP_OPTION_NUMBERS: return numbers;
    case SP_OPTION_STRING: return string;
    case SP_OPTION_STRINGS: return strings;
    case SP_OPTION_VARIANTS:
    case SP_OPTION_SECTIONS: return list;
    case SP_OPTION_SECTION:
    case SP_OPTION_MAP:
    case SP_OPTION_ENTRIES: return map;
    default: return NULL;
  }
}

static void try_name(const sp_variant *const *variants, const sp_variant *variant, const char *name) {
  char wrong[128], hint[256];
  if (strlen(name) < 2) return;  // nothing is near
  snprintf(wrong, sizeof wrong, "%sx", name);
  snprintf(hint, sizeof hint, "thing.%s.%s: unknown key (did you mean '%s'?)", variant->name, wrong, name);
  if (is_taken(variants, variant, wrong, "1")) fail_msg("%s.%s is taken", variant->name, wrong);
  if (!strstr(sp_error_message(), hint)) fail_msg("%s: no hint: %s", wrong, sp_error_message());
}

/// How many options there are.
static int try_options(const sp_variant *const *variants) {
  int options = 0;
  for (const sp_variant *const *variant = variants; *variant; variant++) {
    for (const sp_option *option = (*variant)->options; option && option->name; option++, options++) {
      if (option->flags & SP_OPTION_INLINE) continue;  // its name is no key
      const char *const *wrong = wrong_values(option->kind);
      if (!wrong) fail_msg("%s.%s: nothing wrong is known for its kind", (*variant)->name, option->name);
      for (; *wrong; wrong++) must_refuse(variants, *variant, option->name, *wrong);
      if (option->preset) must_take(variants, *variant, option->name, option->preset);
      try_range(variants, *variant, option);
      try_name(variants, *variant, option->name);
    }
  }
  return options;
}

static void options_refuse_what_is_wrong(void **unused) {
  (void)unused;
  const sp_variant *const *const registries[] = {sp_rules,  sp_schedules,    sp_losses,    sp_metrics,
                                                 sp_layers, sp_initialisers, sp_transforms};
  for (size_t r = 0; r < sizeof registries / sizeof *registries; r++) assert_true(try_options(registries[r]) > 0);
}

/// Each section of a configuration, as if it were one of several things to choose from.
static void sections_refuse_what_is_wrong(void **unused) {
  (void)unused;
  enum { MOST = 16 };
  sp_variant section[MOST];
  const sp_variant *sections[MOST + 1] = {NULL};
  int count = 0;
  for (const sp_option *option = sp_run_fields; option->name; option++, count++) {
    assert_true(count < MOST && option->kind == SP_OPTION_SECTION);
    section[count] = (sp_variant){option->name, option->help, option->fields, option->fields_size};
    sections[count] = &section[count];
  }
  assert_true(try_options(sections) > 40);
}

// --- options together
// -------------------------------------------------------------------------------------------------

/// What stands under `optimizer:` from column 12 on, and what is said of it.
static const struct together {
  const char *section, *message;
} together[] = {
    {"{sgd: {nesterov: true}}", "3:19: optimizer.sgd.nesterov: needs a momentum above 0, got 0"},
    {"{sgd: {momentum: 0.9, dampening: 0.1, nesterov: true}}",
     "3:50: optimizer.sgd.nesterov: needs a dampening of 0, got 0.1"},
    {"{sgd: {dampening: 0.1}}", "3:19: optimizer.sgd.dampening: needs a momentum above 0, got 0"},
    {"{rmsprop: {nesterov: true}}", "3:23: optimizer.rmsprop.nesterov: needs a momentum above 0, got 0"},
    {"{rmsprop: {decay: 0, centered: true}}", "3:33: optimizer.rmsprop.centered: needs a decay above 0, got 0"},
    {"{schedule: {multistep: {at: [3, 3]}}}",
     "3:36: optimizer.schedule.multistep.at: expected ascending numbers, got 3 after 3"},
    {"{schedule: {cosine: {period: 3, multiplier: 1.05}}}",
     "3:44: optimizer.schedule.cosine.multiplier: expected 1 or at least 1.1, got 1.05"},
    {"{schedule: {cosine: {period: 3, length: 9}}}",
     "3:44: optimizer.schedule.cosine.length: cannot be combined with a period, whose restarts continue to the end of "
     "the run"},
    {"{schedule: {cosine: {period: 3 minutes}}}",
     "3:33: optimizer.schedule.cosine.period: expected steps or epochs, got minutes"},
    {"{schedule: {warmup: 3 minutes}}", "3:24: optimizer.schedule.warmup: expected steps or epochs, got minutes"},
    {"{schedule: {warmup_from: 0, warmup_shape: exponential}}",
     "3:24: optimizer.schedule.warmup_from: expected more than 0 for warmup_shape exponential, got 0"},
};
enum { TOGETHER = sizeof together / sizeof *together };

static void options_together_are_refused_at_their_place(void **unused) {
  (void)unused;
  for (int i = 0; i < TOGETHER; i++) {
    char text[1024], message[1024];
    sp_run_config config;
    snprintf(text, sizeof text,
             "data: {train: {file: a.h5, features: a, targets: b}}\n"
             "model: {layers: [{dense: {units: 1}}], loss: mse}\noptimizer: %s\n",
             together[i].section);
    assert_int_equal(sp_run_config_read(text, strlen(text), "x.yaml", NULL, 0, &config), SP_ERR_CONFIG);
    snprintf(message, sizeof message, "x.yaml:%s", together[i].message);
    assert_string_equal(sp_error_message(), message);
  }
}

static bool is_tried(const char *name) {
  for (int i = 0; i < TOGETHER; i++) {
    if (strstr(together[i].section, name)) return true;
  }
  return false;
}

/// Nobody has a check that is not tried above.
static void every_check_is_tried(void **unused) {
  (void)unused;
  for (const sp_variant *const *v = sp_rules; *v; v++) {
    if (((const sp_rule *)*v)->check && !is_tried((*v)->name)) fail_msg("%s: its check is not tried", (*v)->name);
  }
  for (const sp_variant *const *v = sp_schedules; *v; v++) {
    if (((const sp_schedule *)*v)->check && !is_tried((*v)->name)) fail_msg("%s: its check is not tried", (*v)->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(options_refuse_what_is_wrong),
      cmocka_unit_test(sections_refuse_what_is_wrong),
      cmocka_unit_test(options_together_are_refused_at_their_place),
      cmocka_unit_test(every_check_is_tried),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
