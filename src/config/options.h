// SPDX-License-Identifier: Apache-2.0
// Option tables: the one description of an option from which YAML is checked and bound, help is printed and the
// resolved configuration is written. A table stands beside the code that owns the options.
#ifndef SP_CONFIG_OPTIONS_H
#define SP_CONFIG_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/shape.h"

/// The C type of the member that an option fills, and what YAML it takes.
typedef enum sp_option_kind {
  SP_OPTION_BOOL,     ///< bool: true, yes, on, false, no, off; false when unset
  SP_OPTION_INT,      ///< int64_t: 128, 1e6; a word that `range` allows ("auto") is stored as SP_AUTO, unset too
  SP_OPTION_REAL,     ///< double, finite; a word that `range` allows is stored as NaN, "inf" as infinity; unset: NaN
  SP_OPTION_STRING,   ///< const char *, NULL when unset
  SP_OPTION_STRINGS,  ///< sp_strings: one string or a list of them; count 0 when unset
  SP_OPTION_CHOICE,   ///< int: which word of `range` ("full|chunks|none") it is, from 0; -1 when unset
  SP_OPTION_SHAPE,    ///< sp_shape: a list of integers >= 1, or one such integer; rank -1 when unset
  SP_OPTION_INTS,  ///< sp_integers: a list of integers, one at least, each in `range`, or one integer; count 0 when unset
  SP_OPTION_INTERVAL,  ///< sp_interval: "500 steps", "1 epoch", "10 minutes"; a bare number counts steps; value 0 when
                       ///< unset, and for a word that `range` allows
  SP_OPTION_SECTION,   ///< const SECTION *: a map with the options of `fields`; NULL when it may be left out and is
  SP_OPTION_SECTIONS,  ///< sp_section_list: a list of maps with the options of `fields`
  SP_OPTION_VARIANT,   ///< sp_selected: one of `variants`, as "name", {name: {options}}, or {name: value} where the
                       ///< value (no map) is that of the first option
  SP_OPTION_VARIANTS,  ///< sp_selected_list: a list of those
  SP_OPTION_MAP        ///< sp_map: names that are not known here, and a scalar for each; sp_map_read knows them later
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

typedef struct sp_interval {
  double value;
  enum { SP_STEPS, SP_EPOCHS, SP_MINUTES } unit;
} sp_interval;

typedef struct sp_option sp_option;

/// A set of defaults: what `option` of the same table is by default where a CHOICE has the value `name`.
typedef struct sp_preset {
  const char *name, *option;
  const char *value;  ///< as it would stand in YAML
} sp_preset;

/// One of several things that a name selects (a layer, a loss, a rule, a transform), with options of its own.
/// A registry is a NULL-terminated array of pointers to these; an implementation embeds it as its first member.
typedef struct sp_variant {
  const char *name;
  const char *help;          ///< one line
  const sp_option *options;  ///< its table; NULL for none
  size_t options_size;       ///< size of the struct that the table fills
} sp_variant;

typedef struct sp_selected {
  const sp_variant *type;  ///< NULL when unset
  const void *options;     ///< filled from the type's table; NULL when it has none
  const char *path;        ///< where it stands, "model.layers[2]", for errors
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

/// A map whose table is known only later, from what another option names. Borrowed from the document.
typedef struct sp_map {
  const struct sp_yaml_node *node;  ///< NULL when unset
  const char *path;                 ///< where it stands, for errors
} sp_map;

typedef enum sp_option_flags {
  SP_OPTION_OPTIONAL = 1,    ///< may be left out, without a default: unset
  SP_OPTION_CHANGEABLE = 2,  ///< a run may go on with another value (given on a section: so may all in it)
  SP_OPTION_POSITIONAL = 4,  ///< on a command line: stands without a name, in the order of the table
  SP_OPTION_INLINE = 8,  ///< on a VARIANT: the selected name itself is a key beside the other options of the section,
                         ///< `optimizer: {rmsprop: {lr: 0.1}, schedule: cosine}`; a bare name stands for the section
} sp_option_flags;

/// A table ends with a row whose name is NULL.
struct sp_option {
  const char *name;
  sp_option_kind kind;
  size_t offset;       ///< of the member it fills
  const char *preset;  ///< default, as it would stand in YAML; NULL: must be given (or is OPTIONAL)
  const char *range;   ///< "[0, 1)", "auto|[1, 65536]", "full|chunks|none"; NULL: anything
  const char *unit;    ///< for help; NULL for none
  const char *help;    ///< one line
  unsigned flags;
  char letter;                        ///< on a command line: its short name, -o; 0 for none
  const sp_option *fields;            ///< of a SECTION or SECTIONS
  size_t fields_size;                 ///< size of the struct they fill
  const sp_variant *const *variants;  ///< of a VARIANT or VARIANTS
  const sp_preset *presets;           ///< of a CHOICE in a variant's table: up to a row whose name is NULL
};

#endif
