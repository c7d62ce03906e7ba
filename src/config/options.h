// SPDX-License-Identifier: Apache-2.0
// Option tables: the single description of an option, used to check and bind YAML, to print help and to write the
// resolved configuration. A table is next to the code that owns the options.
#ifndef SP_CONFIG_OPTIONS_H
#define SP_CONFIG_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/shape.h"

/// The C type of the member that an option fills, and the YAML that it accepts.
typedef enum sp_option_kind {
  SP_OPTION_BOOL,      ///< bool: true, yes, on, false, no, off; false if unset
  SP_OPTION_INT,       ///< int64_t: 128, 1e6; SP_AUTO for a word that `range` allows ("auto"), and if unset
  SP_OPTION_REAL,      ///< double, finite; NaN for a word that `range` allows, infinity for "inf"; NaN if unset
  SP_OPTION_STRING,    ///< const char *, NULL if unset
  SP_OPTION_STRINGS,   ///< sp_strings: one string or a list of strings; count 0 if unset
  SP_OPTION_CHOICE,    ///< int: the index, from 0, of a word of `range` ("full|chunks|none"); -1 if unset
  SP_OPTION_SHAPE,     ///< sp_shape: a list of integers >= 1, or one such integer; rank -1 if unset
  SP_OPTION_INTS,      ///< sp_integers: a list of one or more integers in `range`, or one integer; count 0 if unset
  SP_OPTION_NUMBERS,   ///< sp_numbers: a list of one or more numbers in `range`, one number, or a word of `range`
  SP_OPTION_INTERVAL,  ///< sp_interval: "500 steps", "1 epoch", "10 minutes"; a bare number counts steps; value 0 when
                       ///< unset, and for a word that `range` allows
  SP_OPTION_SECTION,   ///< const SECTION *: a map with the options of `fields`; NULL if it is optional and omitted
  SP_OPTION_SECTIONS,  ///< sp_section_list: a list of maps with the options of `fields`
  SP_OPTION_VARIANT,   ///< sp_selected: one of `variants`, as "name", {name: {options}}, or {name: value}, where the
                       ///< value is not a map and sets the first option
  SP_OPTION_VARIANTS,  ///< sp_selected_list: a list of variants
  SP_OPTION_MAP,       ///< sp_map: a map of scalars whose names are unknown here; sp_map_read checks them later
  SP_OPTION_ENTRIES  ///< sp_entries: a map from names that the user chooses to values, all described by the only row of
                     ///< `fields`, whose name stands for them in help; count 0 if unset
} sp_option_kind;

#define SP_AUTO INT64_MIN

typedef struct sp_strings {
  const char *const *item;
  int64_t count;
} sp_strings;

typedef struct sp_integers {
  const int64_t *item;
  int64_t count;
} sp_integers;

typedef struct sp_numbers {
  const double *item;
  int64_t count;  ///< 0: a word, or unset
  int word;       ///< index, from 0, of the word in the range; -1: none
} sp_numbers;

typedef struct sp_interval {
  double value;
  enum { SP_STEPS, SP_EPOCHS, SP_MINUTES } unit;
} sp_interval;

typedef struct sp_option sp_option;

/// One default of a preset: the default of `option`, in the same table, when the CHOICE has the value `name`.
typedef struct sp_preset {
  const char *name, *option;
  const char *value;  ///< in YAML
} sp_preset;

/// One of several implementations that a name selects (a layer, a loss, a rule, a transform), with its own options.
/// A registry is a NULL-terminated array of pointers to variants; an implementation embeds its variant as first member.
typedef struct sp_variant {
  const char *name;
  const char *help;          ///< one line
  const sp_option *options;  ///< option table; NULL for none
  size_t options_size;       ///< size of the struct that the table fills
} sp_variant;

typedef struct sp_selected {
  const sp_variant *type;  ///< NULL if unset
  const void *options;     ///< filled from the type's table; NULL if it has none
  const char *path;        ///< position for errors, "model.layers[2]"
} sp_selected;

typedef struct sp_selected_list {
  const sp_selected *item;
  int64_t count;
} sp_selected_list;

/// `item` is an array of the struct that the option's `fields` fill.
typedef struct sp_section_list {
  const void *item;
  int64_t count;
} sp_section_list;

/// `name` and `item` have `count` members, in the order of the text; `item` is an array of the struct that the row of the
/// option's `fields` fills. A null value is an unset item if that row is OPTIONAL, else as if it were not there.
typedef struct sp_entries {
  const char *const *name;  ///< of 1 to SP_ENTRY_NAME letters, digits and _
  const void *item;
  int64_t count;
} sp_entries;

enum { SP_ENTRY_NAME = 63 };

/// A map whose table is known only later, from the value of another option. Borrowed from the document.
typedef struct sp_map {
  const struct sp_yaml_node *node;  ///< NULL if unset
  const char *path;                 ///< position for errors
} sp_map;

typedef enum sp_option_flags {
  SP_OPTION_OPTIONAL = 1,    ///< may be omitted, without a default: unset
  SP_OPTION_CHANGEABLE = 2,  ///< a run may continue with another value; on a section, this holds for all options in it
  SP_OPTION_POSITIONAL = 4,  ///< on a command line: given without a name, in the order of the table
  SP_OPTION_INLINE = 8,  ///< on a VARIANT: the selected name is itself a key next to the other options of the section,
                         ///< `optimizer: {rmsprop: {lr: 0.1}, schedule: cosine}`; the section may be only the name
  SP_OPTION_SHORT = 16   ///< on a SECTION: a value that is not a map sets the first option of the section
} sp_option_flags;

/// A table ends with a row whose name is NULL.
struct sp_option {
  const char *name;
  sp_option_kind kind;
  size_t offset;       ///< of the member that it fills
  const char *preset;  ///< default, in YAML; NULL: required (or OPTIONAL)
  const char *range;   ///< "[0, 1)", "auto|[1, 65536]", "full|chunks|none"; NULL: anything
  const char *unit;    ///< for help; NULL for none
  const char *help;    ///< one line
  unsigned flags;
  char letter;                        ///< on a command line: short name, -o; 0 for none
  const sp_option *fields;            ///< of a SECTION, SECTIONS or ENTRIES
  size_t fields_size;                 ///< size of the struct they fill
  const sp_variant *const *variants;  ///< of a VARIANT or VARIANTS
  const sp_preset *presets;           ///< of a CHOICE in a variant's table; ends with a row whose name is NULL
};

#endif
