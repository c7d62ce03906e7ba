// What a cell of a table can hold, given as text: a number, a word, or nothing.
// May include: base.
#ifndef SP_DATA_CELL_H
#define SP_DATA_CELL_H

#include <stdbool.h>

typedef enum sp_cell_kind { SP_CELL_NUMBER, SP_CELL_WORD, SP_CELL_TOO_LARGE } sp_cell_kind;

/// Read [+-]digits[.digits][e[+-]digits] as the nearest double; blanks around it are fine. Names of infinity,
/// not-a-number and hexadecimal digits are words here. `value` is untouched unless the answer is SP_CELL_NUMBER.
sp_cell_kind sp_cell_number(const char *text, double *value);

/// Nothing, or one of the words that stand for a missing number: NA, N/A, NaN, null, None, ? (in upper or lower case).
bool sp_cell_missing(const char *text);

/// Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
bool sp_cell_utf8(const char *text);

#endif
