// SPDX-License-Identifier: Apache-2.0
// Configurations: the YAML description of a run, checked and with every default filled in.
// Public. Includes shardprop/export.h and shardprop/status.h.
#ifndef SHARDPROP_CONFIG_H
#define SHARDPROP_CONFIG_H

#include "shardprop/export.h"
#include "shardprop/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_config sp_config;

/// Read and check a configuration file.
///
///   overrides  `count` strings "key.key=value"; may be NULL when count is 0
///
/// Collective: no.  Ownership: copies; the caller frees *config.
/// Errors:     SP_ERR_IO; SP_ERR_CONFIG with one line, "file:line:column: key: …", for each error; *config is
///             untouched.
SP_API sp_status sp_config_read(const char *path, const char *const *overrides, int count, sp_config **config);

/// Parse and check a configuration given as text. `name` takes the place of the file name in errors, and provides the
/// name of the run when the text sets none.
///
/// Collective: no.  Ownership: copies; the caller frees *config.
/// Errors:     SP_ERR_CONFIG as for sp_config_read; *config is untouched.
SP_API sp_status sp_config_parse(const char *text, const char *name, const char *const *overrides, int count,
                                 sp_config **config);

/// Returns the resolved configuration: YAML with every option and its value.
///
/// Collective: no.  Ownership: valid until the configuration is freed.  Errors: none.
SP_API const char *sp_config_text(const sp_config *config);

/// Returns the run directory, which holds the records and checkpoints of the run.
///
/// Collective: no.  Ownership: valid until the configuration is freed.  Errors: none.
SP_API const char *sp_config_directory(const sp_config *config);

/// Free a configuration. `config` may be NULL.
///
/// Collective: no.  Errors: none.
SP_API void sp_config_free(sp_config *config);

#ifdef __cplusplus
}
#endif
#endif
