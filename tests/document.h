// SPDX-License-Identifier: Apache-2.0
// Shared by the tests of configuration documents: texts resolved by an option table, refusals, and differences.
#ifndef SP_TESTS_DOCUMENT_H
#define SP_TESTS_DOCUMENT_H

#include "check.h"
#include "config/compare.h"
#include "config/document.h"
#include "config/parse.h"
#include "config/resolve.h"

static inline sp_document *resolve_with(const sp_option *table, const char *text) {
  sp_document *document = NULL, *resolved = NULL;
  assert_ok(sp_document_parse(text, strlen(text), "x.yaml", &document));
  assert_ok(sp_document_resolve(document, table, &resolved));
  sp_document_free(document);
  return resolved;
}

static inline void assert_refused(const sp_option *table, const char *text, const char *message) {
  sp_document *document = NULL, *resolved = NULL;
  assert_ok(sp_document_parse(text, strlen(text), "x.yaml", &document));
  assert_int_equal(sp_document_resolve(document, table, &resolved), SP_ERR_CONFIG);
  assert_string_equal(sp_error_message(), message);
  sp_document_free(document);
}

static inline void add_difference(const sp_difference *d, void *out) {
  sp_text_add(out, "%s: %s -> %s%s\n", d->path, d->before, d->after, d->changeable ? " (changeable)" : "");
}

static inline void assert_differ(const sp_option *table, const char *before, const char *after, const char *expected) {
  sp_document *a = resolve_with(table, before), *b = resolve_with(table, after);
  sp_text found = {0};
  sp_document_compare(a, b, table, add_difference, &found);
  assert_string_equal(sp_text_string(&found), expected);
  sp_text_free(&found);
  sp_document_free(a);
  sp_document_free(b);
}

#endif
