// SPDX-License-Identifier: Apache-2.0
// What a cell of a table can hold, given as text: a number, a word, or nothing.
#ifndef SP_IMPORT_CELL_H
#define SP_IMPORT_CELL_H

#include <stdbool.h>

typedef enum sp_cell_kind { SP_CELL_NUMBER, SP_CELL_WORD, SP_CELL_TOO_LARGE } sp_cell_kind;

/// Read [+-]digits[.digits][e[+-]digits] as the nearest double; blanks around it are fine. `decimal` is what stands
/// between the digits, '.' or ','. Names of infinity, not-a-number and hexadecimal digits are words here. `value` is
/// untouched unless the answer is SP_CELL_NUMBER.
sp_cell_kind sp_cell_number(const char *text, char decimal, double *value);
/// The same, and true and false (in upper or lower case) are 1 and 0.
sp_cell_kind sp_cell_value(const char *text, char decimal, double *value);

/// Nothing, or one of the words that pandas, R, Excel, SAS and others write for a missing number (in upper or lower
/// case): NA, N/A, #N/A, #N/A N/A, #NA, <NA>, NaN, -NaN, null, None, 1.#IND, -1.#IND, 1.#QNAN, -1.#QNAN, ?, . and -.
bool sp_cell_missing(const char *text);

/// A word that looks like a date or a time: 2024-01-31, 31/1/24, 12:30.
bool sp_cell_date(const char *text);
/// A word that looks like a number with thousands separators or another decimal mark.
bool sp_cell_grouped(const char *text);

/// Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
bool sp_cell_utf8(const char *text);

#endif
