// SPDX-License-Identifier: Apache-2.0
// Checks a scalar against its option: its kind, its range, and the message if it is refused.
#ifndef SP_CONFIG_VALUE_H
#define SP_CONFIG_VALUE_H

#include "base/text.h"
#include "config/options.h"
#include "config/tree.h"

/// A range split into words and numbers: "auto|[1, 8]" has the word "auto" and the numbers "[1, 8]".
typedef struct sp_number_range {
  char storage[512];
  const char *word[32];
  int words;
  const char *numbers;  ///< NULL if there are none
} sp_number_range;

void sp_number_range_split(const char *text, sp_number_range *range);  ///< NULL: a range without words and numbers

typedef union sp_value {
  bool truth;
  int64_t integer;
  double real;
  int choice;
  const char *string;
  sp_interval interval;
} sp_value;

/// Returns whether the node is a scalar that a BOOL, INT, REAL, STRING, CHOICE or INTERVAL option accepts, and sets
/// *value if it is.
bool sp_value_parse(const sp_option *option, const sp_yaml_node *node, sp_value *value);

/// Returns whether the node is one of the words that the option's range allows, and sets *word to its index if it is.
bool sp_value_is_word(const sp_option *option, const sp_yaml_node *node, int *word);

/// Returns the value of an unset option.
sp_value sp_value_unset(sp_option_kind kind);

bool sp_value_equal(sp_option_kind kind, const sp_value *a, const sp_value *b);

/// Append what an option accepts: "a number in [0, 1)", "'auto' or an integer in [1, 8]", "one of full, chunks, none".
void sp_value_expected(const sp_option *option, sp_text *out);
/// Append what a node is: "1.5", "'ful'", "the quoted text '5'", "a list", "a map", "nothing".
void sp_value_found(const sp_yaml_node *node, sp_text *out);
/// Append a hint if a scalar was probably refused because it is too large or a word is misspelt; otherwise nothing.
void sp_value_hint(const sp_option *option, const sp_yaml_node *scalar, sp_text *out);
/// Append "expected …, got …", and the hint.
void sp_value_refusal(const sp_option *option, const sp_yaml_node *node, sp_text *out);

bool sp_is_number(const char *text);  ///< decimal digits with an optional point and exponent: "1", "-.5", "1.0e-8"
bool sp_is_bool(const char *text);
bool sp_is_null(const char *text);

#endif
