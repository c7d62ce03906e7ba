// SPDX-License-Identifier: Apache-2.0
// The public configuration: the configuration of a run and its resolved text.
#include "api/handles.h"
#include "base/locale.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "config/write.h"

static sp_status parse(const char *text, size_t size, const char *name, const char *const *overrides, int count,
                       sp_config **out) {
  sp_config *config;
  SP_TRY(sp_allocate(1, sizeof *config, "configuration", &config));
  sp_status status = sp_run_config_read(text, size, name, overrides, count, &config->run);
  if (status != SP_OK) {
    free(config);
    return status;
  }
  sp_document_write(config->run.document, &config->text);
  *out = config;
  return SP_OK;
}

sp_status sp_config_parse(const char *text, const char *name, const char *const *overrides, int count,
                          sp_config **out) {
  SP_C_LOCALE;
  return parse(text, strlen(text), name, overrides, count, out);
}

sp_status sp_config_read(const char *path, const char *const *overrides, int count, sp_config **out) {
  SP_C_LOCALE;
  enum { LARGEST = 1 << 20 };
  char *text;
  size_t size;
  SP_TRY(sp_file_read(path, LARGEST, &text, &size));
  sp_status status = parse(text, size, path, overrides, count, out);
  free(text);
  return status;
}

const char *sp_config_text(const sp_config *config) { return sp_text_string(&config->text); }

const char *sp_config_directory(const sp_config *config) { return config->run.directory; }

void sp_config_free(sp_config *config) {
  if (!config) return;
  sp_run_config_free(&config->run);
  sp_text_free(&config->text);
  free(config);
}
