// SPDX-License-Identifier: Apache-2.0
// Text from outside (names in files, paths, arguments), made safe to show on a terminal.
#ifndef SP_BASE_VISIBLE_H
#define SP_BASE_VISIBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/// Copy a text into a buffer, truncated if necessary, and replace everything that a terminal would interpret or hide by
/// an escape sequence: control characters (\n, \t, \x1b, \u009b), characters that change the direction of text
/// (\u202e) or are invisible (\u200b, \U000e0001), and bytes that are not UTF-8 (\xff). A part of more than 1,200 bytes,
/// which ends at ": " or at a kept line break, is shortened to its first and last 500 bytes, with "…" between them.
/// `lines`: keep line breaks. A copy of the copy is the same text.
void sp_visible_copy(const char *text, bool lines, char *out, size_t size);

/// Returns whether a message with this format keeps its line breaks: if the format has line breaks, or is "%s" and so
/// passes on a complete message. Otherwise a line break is part of a name, and is escaped.
bool sp_visible_lines(const char *format);

/// Append a text, escaped as by sp_visible_copy, in one line.
void sp_visible_add(sp_text *out, const char *text);
/// The same for at most 200 bytes of the text, followed by "…" if it is longer.
void sp_visible_excerpt(sp_text *out, const char *text);

/// Append a formatted and escaped text. For one line of a text of several, whose line breaks are appended separately.
void sp_visible_format(sp_text *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Write an escaped text to standard output; line breaks and tabs are kept.
void sp_visible_print(const char *text);
/// Write one escaped line to standard output. The format has no line break.
void sp_visible_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
