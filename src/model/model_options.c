// SPDX-License-Identifier: Apache-2.0
// The table of the section `model`.
#include "model/model_options.h"

#include "model/layer.h"
#include "model/loss.h"
#include "model/metric.h"

static const sp_option objective_fields[] = {
    {.name = "library",
     .kind = SP_OPTION_STRING,
     .offset = offsetof(sp_objective_options, library),
     .help = "path of a shared object, relative to the working directory; see shardprop/objective.h"},
    {.name = "options",
     .kind = SP_OPTION_MAP,
     .offset = offsetof(sp_objective_options, options),
     .preset = "{}",
     .help = "options of the objective"},
    {0},
};

static const sp_option input_entry[] = {{.name = "NAME",
                                         .kind = SP_OPTION_SHAPE,
                                         .offset = offsetof(sp_input_entry, shape),
                                         .help = "shape of a row of the column of this name; ~: the shape in the data",
                                         .flags = SP_OPTION_OPTIONAL},
                                        {0}};

const sp_option sp_model_fields[] = {
    {.name = "inputs",
     .kind = SP_OPTION_ENTRIES,
     .offset = offsetof(sp_model_options, inputs),
     .help = "the column that the first layer reads; without it, the column features",
     .flags = SP_OPTION_OPTIONAL,
     .fields = input_entry,
     .fields_size = sizeof(sp_input_entry)},
    {.name = "layers",
     .kind = SP_OPTION_VARIANTS,
     .offset = offsetof(sp_model_options, layers),
     .help = "layers from first to last, at least one",
     .flags = SP_OPTION_OPTIONAL,
     .variants = sp_layers},
    {.name = "loss",
     .kind = SP_OPTION_VARIANT,
     .offset = offsetof(sp_model_options, loss),
     .help = "loss function to minimise",
     .flags = SP_OPTION_OPTIONAL,
     .variants = sp_losses},
    {.name = "metrics",
     .kind = SP_OPTION_VARIANTS,
     .offset = offsetof(sp_model_options, metrics),
     .preset = "[]",
     .help = "scores to measure in addition to the loss",
     .variants = sp_metrics},
    {.name = "initial",
     .kind = SP_OPTION_STRING,
     .offset = offsetof(sp_model_options, initial),
     .help = "checkpoint or HDF5 file with parameters to start from",
     .flags = SP_OPTION_OPTIONAL},
    {.name = "objective",
     .kind = SP_OPTION_SECTION,
     .offset = offsetof(sp_model_options, objective),
     .help = "loss function and gradient from a plug-in, in place of layers and loss",
     .flags = SP_OPTION_OPTIONAL,
     .fields = objective_fields,
     .fields_size = sizeof(sp_objective_options)},
    {0},
};
