// SPDX-License-Identifier: Apache-2.0
// A growing text buffer, for messages, tables and files that are written in one piece.
#ifndef SP_BASE_TEXT_H
#define SP_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Start with `sp_text text = {0};`, end with sp_text_free. `data` is always a C string, or NULL while empty.
enum { SP_TEXT_COUNTED = 72 };

typedef struct sp_text {
  char *data;
  size_t size, capacity;
} sp_text;

void sp_text_add(sp_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Append a paragraph in lines of at most `width` columns, and a line feed. The cursor is in column `indent`, where the
/// following lines begin, too.
void sp_text_wrap(sp_text *out, const char *paragraph, int indent, int width);
void sp_text_add_list(sp_text *text, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
void sp_text_append(sp_text *text, const char *data, size_t size);
/// Returns the number of bytes of the UTF-8 character at `c`; 0 when it is not valid UTF-8.
size_t sp_text_character(const char *c);
unsigned sp_text_code(const char *c, size_t size);  ///< the code point of a UTF-8 character of `size` bytes
/// Returns whether a terminal interprets or hides this character: control characters, those that change the direction
/// of text, line and paragraph separators, and those that Unicode tells a terminal not to show (property
/// Default_Ignorable_Code_Point: spaces without width, soft hyphens, joiners, selectors, tags).
bool sp_text_is_hidden(unsigned code);
/// Append a JSON string literal, quotes included. Bytes that are not UTF-8 become U+FFFD, hidden characters \uXXXX.
void sp_text_add_json(sp_text *text, const char *string);
/// Append a JSON number with `digits` significant digits, or null if the value is not finite.
void sp_text_add_json_number(sp_text *text, double value, int digits);
const char *sp_text_string(const sp_text *text);  ///< never NULL
void sp_text_free(sp_text *text);

// The following functions write into a buffer of at least 32 bytes, and return it.

/// "47.0 MB", "1.2 GB".
const char *sp_text_bytes(int64_t bytes, char *buffer);
/// "3:07", "1:02:45", "2 d 03:10"; "?" for a duration that is unknown.
const char *sp_text_duration(double seconds, char *buffer);
/// "48,000".
const char *sp_text_count(int64_t count, char *buffer);
/// "1 row", "48,000 rows", "2 batches", "3 entries": a number and its noun, which is given in the singular and has at most
/// 32 characters. The buffer has at least SP_TEXT_COUNTED bytes.
const char *sp_text_counted(int64_t count, const char *noun, char *buffer);
/// "0.8761", "12.3400"; "1.234e-05" or "5.6e+12" for values too small or too large for four decimals.
const char *sp_text_score(double value, char *buffer);

#endif
