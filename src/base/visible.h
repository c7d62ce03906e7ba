// SPDX-License-Identifier: Apache-2.0
// Texts from outside (names in files, paths, arguments) as a terminal may show them.
#ifndef SP_BASE_VISIBLE_H
#define SP_BASE_VISIBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/// Copy a text into a buffer, cut short where it must be, with everything written out that a terminal would obey or not
/// show: control characters (\n, \t, \x1b, \u009b), characters that change the direction of a line (\u202e), and bytes that
/// are no UTF-8 (\xff). `lines`: line breaks stay. A copy of the copy is the same text.
void sp_visible_copy(const char *text, bool lines, char *out, size_t size);

/// Does a message made with this format keep its line breaks? Those that the format itself has, and those of a whole
/// message that is passed on as "%s"; any other line break is part of a name, and written out.
bool sp_visible_lines(const char *format);

/// Append a text like that, in one line.
void sp_visible_add(sp_text *out, const char *text);
/// The same, but at most 200 bytes of the text, then "…".
void sp_visible_excerpt(sp_text *out, const char *text);

/// Append a formatted text like that: for one line of a text of several, whose line breaks are added on their own.
void sp_visible_format(sp_text *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Write to standard output, line breaks and tabs as they are, the rest like that.
void sp_visible_print(const char *text);
/// Write one line to standard output, without a line break in the format.
void sp_visible_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
