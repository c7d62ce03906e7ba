// SPDX-License-Identifier: Apache-2.0
// One scalar against its option: what kind of value it is, whether the range allows it, and what was expected.
#ifndef SP_CONFIG_VALUE_H
#define SP_CONFIG_VALUE_H

#include "base/text.h"
#include "config/options.h"
#include "config/tree.h"

/// A range taken apart: "auto|[1, 8]" has the word "auto" and the numbers "[1, 8]".
typedef struct sp_number_range {
  char storage[512];
  const char *word[32];
  int words;
  const char *numbers;  ///< NULL when there are none
} sp_number_range;

void sp_number_range_split(const char *text, sp_number_range *range);  ///< NULL is a range without words and numbers

typedef union sp_value {
  bool truth;
  int64_t integer;
  double real;
  int choice;
  const char *string;
  sp_interval interval;
} sp_value;

/// Is the node a scalar that a BOOL, INT, REAL, STRING, CHOICE or INTERVAL option takes? Its value into *value if so.
bool sp_value_parse(const sp_option *option, const sp_yaml_node *node, sp_value *value);

/// What an option is when it was left out.
sp_value sp_value_unset(sp_option_kind kind);

bool sp_value_equal(sp_option_kind kind, const sp_value *a, const sp_value *b);

/// Append what an option wants: "a number in [0, 1)", "'auto' or an integer in [1, 8]", "one of full, chunks, none".
void sp_value_expected(const sp_option *option, sp_text *out);
/// Append what a node is: "1.5", "'ful'", "the quoted text '5'", "a list", "a map", "nothing".
void sp_value_found(const sp_yaml_node *node, sp_text *out);
/// Append why a scalar may have been refused: it is too large, or a word is misspelt; nothing otherwise.
void sp_value_hint(const sp_option *option, const sp_yaml_node *scalar, sp_text *out);
/// Append "expected …, got …", and the hint.
void sp_value_refusal(const sp_option *option, const sp_yaml_node *node, sp_text *out);

bool sp_is_number(const char *text);  ///< decimal digits, at most one point, an exponent: "1", "-.5", "1.0e-8"
bool sp_is_bool(const char *text);
bool sp_is_null(const char *text);

#endif
