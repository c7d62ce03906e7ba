// SPDX-License-Identifier: Apache-2.0
// Configurations: YAML that says what a run is, checked, with every default filled in.
// Public. Includes shardprop/export.h and shardprop/status.h.
#ifndef SHARDPROP_CONFIG_H
#define SHARDPROP_CONFIG_H

#include "shardprop/export.h"
#include "shardprop/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_config sp_config;

/// Read a configuration file, and check all of it.
///
///   overrides  `count` strings "key.key=value"; may be NULL when count is 0
///
/// Collective: no.  Ownership: copies; the caller frees *config.
/// Errors:     SP_ERR_IO; SP_ERR_CONFIG with one line, file:line:column: key: …, for each thing that is wrong; *config is
///             untouched.
SP_API sp_status sp_config_read(const char *path, const char *const *overrides, int count, sp_config **config);

/// The same with a text; `name` stands for the file's name in errors, and gives the run its own where it has none.
///
/// Collective: no.  Ownership: copies; the caller frees *config.
/// Errors:     SP_ERR_CONFIG as of sp_config_read; *config is untouched.
SP_API sp_status sp_config_parse(const char *text, const char *name, const char *const *overrides, int count,
                                 sp_config **config);

/// The resolved configuration: YAML with every option and its value.
///
/// Collective: no.  Ownership: valid until the configuration is freed.  Errors: none.
SP_API const char *sp_config_text(const sp_config *config);

/// Where the run it describes keeps its records and checkpoints.
///
/// Collective: no.  Ownership: valid until the configuration is freed.  Errors: none.
SP_API const char *sp_config_directory(const sp_config *config);

/// Free it. NULL is fine.
///
/// Collective: no.  Errors: none.
SP_API void sp_config_free(sp_config *config);

#ifdef __cplusplus
}
#endif
#endif
