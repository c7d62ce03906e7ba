// The options of the section `checkpoint`.
// May include: base, config.
#include "checkpoint/options.h"

const sp_option sp_checkpoint_fields[] = {
    {.name = "every",
     .kind = SP_OPTION_INTERVAL,
     .offset = offsetof(sp_checkpoint_options, every),
     .preset = "1 epoch",
     .help = "how often the state of the run is saved: \"500 steps\", \"1 epoch\", \"10 minutes\"",
     .flags = SP_OPTION_CHANGEABLE},
    {.name = "keep",
     .kind = SP_OPTION_INT,
     .offset = offsetof(sp_checkpoint_options, keep),
     .preset = "3",
     .range = "[1, inf)",
     .help = "how many of the newest checkpoints are kept; the best one is kept besides",
     .flags = SP_OPTION_CHANGEABLE},
    {0},
};
