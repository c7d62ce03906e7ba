// SPDX-License-Identifier: Apache-2.0
// Help text generated from option tables.
#ifndef SP_CONFIG_HELP_H
#define SP_CONFIG_HELP_H

#include "base/text.h"
#include "config/options.h"

/// Append help: one paragraph per option (name, type, range, unit, default, help), with the options of a section
/// indented below it, and variants listed by name:
///     lr        number in (0, inf), default 0.001
///               Size of a step.
void sp_options_help(sp_text *out, const sp_option *table, int indent);

/// Append the type of the values that an option accepts, without an article: "number in (0, inf), in seconds".
void sp_option_describe(sp_text *out, const sp_option *option);

/// Append the help for presets, which follows that of the options: one line per preset, "preset keras: lr 0.001, decay
/// 0.9". NULL: nothing.
void sp_presets_help(sp_text *out, const sp_preset *presets, int indent);

#endif
