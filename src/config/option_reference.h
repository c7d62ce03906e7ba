// SPDX-License-Identifier: Apache-2.0
// A configuration with every option of a table, and with its help as comments.
#ifndef SP_CONFIG_OPTION_REFERENCE_H
#define SP_CONFIG_OPTION_REFERENCE_H

#include "base/text.h"
#include "config/options.h"
#include "shardprop/status.h"

/// Append a valid configuration: every option in the order of the table, with its value in `example` or its default,
/// and with its help. Options without a value and variants that are not selected are commented out. A registry that
/// several options select from is written at the first of them.
///   example  YAML, with at least the required options
/// Errors: SP_ERR_CONFIG, those of the example.
sp_status sp_options_reference(sp_text *out, const sp_option *table, const char *example);

#endif
