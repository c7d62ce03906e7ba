// SPDX-License-Identifier: Apache-2.0
// Help for people, printed from option tables.
#ifndef SP_CONFIG_HELP_H
#define SP_CONFIG_HELP_H

#include "base/text.h"
#include "config/options.h"

/// Help for people: one paragraph an option (name, type, range, unit, default, help), sections indented below theirs,
/// variants listed by name:
///     lr        number in (0, inf), default 0.001
///               Size of a step.
void sp_options_help(sp_text *out, const sp_option *table, int indent);

/// Append what an option takes, without an article: "number in (0, inf), in seconds".
void sp_option_describe(sp_text *out, const sp_option *option);

/// Help for people, behind that of the options: a line a preset, "keras: lr 0.001, decay 0.9". NULL: nothing.
void sp_presets_help(sp_text *out, const sp_preset *presets, int indent);

#endif
