// SPDX-License-Identifier: Apache-2.0
// The contents of a table cell, given as text: a number, a word, or nothing.
#ifndef SP_IMPORT_CELL_H
#define SP_IMPORT_CELL_H

#include <stdbool.h>

typedef enum sp_cell_kind { SP_CELL_NUMBER, SP_CELL_WORD, SP_CELL_TOO_LARGE } sp_cell_kind;

/// Read [+-]digits[.digits][e[+-]digits] as the nearest double; blanks around it are ignored. `decimal` is the decimal
/// mark, '.' or ','. Names of infinity and not-a-number, and hexadecimal digits, count as words. `value` is set only if
/// the result is SP_CELL_NUMBER.
sp_cell_kind sp_cell_number(const char *text, char decimal, double *value);
/// Like sp_cell_number, but also read true and false (in upper or lower case) as 1 and 0.
sp_cell_kind sp_cell_value(const char *text, char decimal, double *value);

/// Is the cell empty, or one of the words (in upper or lower case) that pandas, R, Excel, SAS and others write for a
/// missing number: NA, N/A, #N/A, #N/A N/A, #NA, <NA>, NaN, -NaN, null, None, 1.#IND, -1.#IND, 1.#QNAN, -1.#QNAN, ?, .
/// and -?
bool sp_cell_missing(const char *text);

/// Does the word look like a date or a time: 2024-01-31, 31/1/24, 12:30?
bool sp_cell_date(const char *text);
/// Does the word look like a number with thousands separators or with another decimal mark?
bool sp_cell_grouped(const char *text);

/// Is the text well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF)?
bool sp_cell_utf8(const char *text);

#endif
