// SPDX-License-Identifier: Apache-2.0
// A configuration with every option of a table and its help as comments.
#ifndef SP_CONFIG_OPTION_REFERENCE_H
#define SP_CONFIG_OPTION_REFERENCE_H

#include "base/text.h"
#include "config/options.h"
#include "shardprop/status.h"

/// Append a valid configuration: every option in the table's order with the value that `example` gives it or with its
/// default, and its help. Options without a value are commented out, and so are the variants that are not selected; a
/// registry that several options select from is written out at the first of them.
///   example  YAML, with at least the options that must be given
/// Errors: SP_ERR_CONFIG, those of the example.
sp_status sp_options_reference(sp_text *out, const sp_option *table, const char *example);

#endif
