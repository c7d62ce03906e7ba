// SPDX-License-Identifier: Apache-2.0
// An option table that uses every kind of option, and the structs it fills.
// Shared by the tests of src/config.
#ifndef SP_TESTS_CONFIG_EXAMPLE_H
#define SP_TESTS_CONFIG_EXAMPLE_H

#include <stdbool.h>

#include "config/document.h"

// --- variants: two with options, one that nests others, one without any -----------------------------------------

typedef struct dense_options {
  int64_t units;
  bool bias;
} dense_options;

static const sp_option dense_fields[] = {{.name = "units",
                                          .kind = SP_OPTION_INT,
                                          .offset = offsetof(dense_options, units),
                                          .range = "[1, 65536]",
                                          .help = "Values that each sample has after the layer."},
                                         {.name = "bias",
                                          .kind = SP_OPTION_BOOL,
                                          .offset = offsetof(dense_options, bias),
                                          .preset = "true",
                                          .help = "Add a vector to every sample."},
                                         {0}};

typedef struct residual_options {
  sp_selected_list layers;
  double scale;
} residual_options;

extern const sp_variant *const example_layers[];

static const sp_option residual_fields[] = {{.name = "layers",
                                             .kind = SP_OPTION_VARIANTS,
                                             .offset = offsetof(residual_options, layers),
                                             .variants = example_layers,
                                             .help = "What the input goes through before it is added."},
                                            {.name = "scale",
                                             .kind = SP_OPTION_REAL,
                                             .offset = offsetof(residual_options, scale),
                                             .preset = "1",
                                             .help = "Factor of what is added."},
                                            {0}};

typedef struct rmsprop_options {
  double lr, decay, clip;
} rmsprop_options;

static const sp_option rmsprop_fields[] = {{.name = "lr",
                                            .kind = SP_OPTION_REAL,
                                            .offset = offsetof(rmsprop_options, lr),
                                            .range = "(0, inf)",
                                            .preset = "0.001",
                                            .help = "Size of a step."},
                                           {.name = "decay",
                                            .kind = SP_OPTION_REAL,
                                            .offset = offsetof(rmsprop_options, decay),
                                            .range = "[0, 1)",
                                            .preset = "0.9",
                                            .help = "Of the average of squares."},
                                           {.name = "clip",
                                            .kind = SP_OPTION_REAL,
                                            .offset = offsetof(rmsprop_options, clip),
                                            .range = "none|inf|(0, 10]",
                                            .preset = "none",
                                            .help = "Largest norm of a gradient."},
                                           {0}};

typedef struct sgd_options {
  double lr;
} sgd_options;

static const sp_option sgd_fields[] = {{.name = "lr",
                                        .kind = SP_OPTION_REAL,
                                        .offset = offsetof(sgd_options, lr),
                                        .range = "(0, inf)",
                                        .help = "Size of a step."},
                                       {0}};

static const sp_variant dense_variant = {"dense", "Every value of a sample with every other.", dense_fields,
                                         sizeof(dense_options)};
static const sp_variant residual_variant = {"residual", "The input and what layers make of it.", residual_fields,
                                            sizeof(residual_options)};
static const sp_variant relu_variant = {.name = "relu", .help = "max(0, x)."};
const sp_variant *const example_layers[] = {&dense_variant, &relu_variant, &residual_variant, NULL};

static const sp_variant rmsprop_variant = {"rmsprop", "Tieleman and Hinton 2012.", rmsprop_fields,
                                           sizeof(rmsprop_options)};
static const sp_variant sgd_variant = {"sgd", "Robbins and Monro 1951.", sgd_fields, sizeof(sgd_options)};
static const sp_variant *const example_rules[] = {&rmsprop_variant, &sgd_variant, NULL};

// --- sections --------------------------------------------------------------------------------------------------

typedef struct example_data {
  sp_strings file;
  const char *features;
  int shuffle;
} example_data;

static const sp_option data_fields[] = {
    {.name = "file", .kind = SP_OPTION_STRINGS, .offset = offsetof(example_data, file), .help = "Names or globs."},
    {.name = "features",
     .kind = SP_OPTION_STRING,
     .offset = offsetof(example_data, features),
     .flags = SP_OPTION_OPTIONAL,
     .help = "Name of an HDF5 data set."},
    {.name = "shuffle",
     .kind = SP_OPTION_CHOICE,
     .offset = offsetof(example_data, shuffle),
     .range = "full|chunks|none",
     .preset = "full",
     .help = "Order of the rows."},
    {0}};

typedef struct example_train {
  int64_t batch_size, lanes, patience;
  sp_interval every;
  double budget;
} example_train;

static const sp_option train_fields[] = {{.name = "batch_size",
                                          .kind = SP_OPTION_INT,
                                          .offset = offsetof(example_train, batch_size),
                                          .range = "[1, inf)",
                                          .preset = "32",
                                          .unit = "rows",
                                          .help = "Of a whole batch."},
                                         {.name = "lanes",
                                          .kind = SP_OPTION_INT,
                                          .offset = offsetof(example_train, lanes),
                                          .range = "auto|[1, 65536]",
                                          .preset = "auto",
                                          .help = "Virtual workers."},
                                         {.name = "patience",
                                          .kind = SP_OPTION_INT,
                                          .offset = offsetof(example_train, patience),
                                          .flags = SP_OPTION_OPTIONAL | SP_OPTION_CHANGEABLE,
                                          .help = "Epochs without progress."},
                                         {.name = "every",
                                          .kind = SP_OPTION_INTERVAL,
                                          .offset = offsetof(example_train, every),
                                          .range = "auto",
                                          .preset = "auto",
                                          .flags = SP_OPTION_CHANGEABLE,
                                          .help = "Between two checkpoints."},
                                         {.name = "budget",
                                          .kind = SP_OPTION_REAL,
                                          .offset = offsetof(example_train, budget),
                                          .flags = SP_OPTION_OPTIONAL,
                                          .help = "What it may cost."},
                                         {0}};

typedef struct example_log {
  int64_t level;
} example_log;

static const sp_option log_fields[] = {{.name = "level",
                                        .kind = SP_OPTION_INT,
                                        .offset = offsetof(example_log, level),
                                        .range = "[0, 3]",
                                        .preset = "3",
                                        .help = "How much is said."},
                                       {0}};

typedef struct example {
  const char *name;
  const example_data *data;
  sp_shape input;
  sp_selected_list layers;
  sp_selected optimizer;
  const example_train *train;
  const example_log *log;
} example;

static const sp_option example_table[] = {{.name = "name",
                                           .kind = SP_OPTION_STRING,
                                           .offset = offsetof(example, name),
                                           .preset = "run",
                                           .flags = SP_OPTION_CHANGEABLE,
                                           .help = "Of the run."},
                                          {.name = "data",
                                           .kind = SP_OPTION_SECTION,
                                           .offset = offsetof(example, data),
                                           .fields = data_fields,
                                           .fields_size = sizeof(example_data),
                                           .help = "What is learnt from."},
                                          {.name = "input",
                                           .kind = SP_OPTION_SHAPE,
                                           .offset = offsetof(example, input),
                                           .flags = SP_OPTION_OPTIONAL,
                                           .help = "Shape of a sample."},
                                          {.name = "layers",
                                           .kind = SP_OPTION_VARIANTS,
                                           .offset = offsetof(example, layers),
                                           .variants = example_layers,
                                           .preset = "[]",
                                           .help = "In the order of the forward pass."},
                                          {.name = "optimizer",
                                           .kind = SP_OPTION_VARIANT,
                                           .offset = offsetof(example, optimizer),
                                           .variants = example_rules,
                                           .preset = "rmsprop",
                                           .help = "Rule of the update."},
                                          {.name = "train",
                                           .kind = SP_OPTION_SECTION,
                                           .offset = offsetof(example, train),
                                           .fields = train_fields,
                                           .fields_size = sizeof(example_train),
                                           .help = "How long and how."},
                                          {.name = "log",
                                           .kind = SP_OPTION_SECTION,
                                           .offset = offsetof(example, log),
                                           .fields = log_fields,
                                           .fields_size = sizeof(example_log),
                                           .flags = SP_OPTION_OPTIONAL | SP_OPTION_CHANGEABLE,
                                           .help = "What is said."},
                                          {0}};

/// A text that says something of everything.
static const char example_text[] =
    "# an example\n"
    "name: \"fashion: a run\"\n"
    "data:\n"
    "  file: [a.h5, 'b*.h5']\n"
    "  features: /train/images\n"
    "  shuffle: chunks\n"
    "input: [28, 28]\n"
    "layers:\n"
    "  - dense: &wide {units: 1e2, bias: off}\n"
    "  - relu\n"
    "  - residual:\n"
    "      layers:\n"
    "        - dense: *wide\n"
    "        - residual: [relu, {dense: 3}]\n"
    "      scale: .5\n"
    "  - relu: ~\n"
    "optimizer:\n"
    "  rmsprop: {lr: 1.0e-3, decay: 0.5, clip: inf}\n"
    "train:\n"
    "  batch_size: 64\n"
    "  lanes: 8\n"
    "  every: 1 epochs\n"
    "log: {}\n";

#endif
