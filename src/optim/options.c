// The options of the section `optimizer`.
// May include: config, optim.
#include "optim/options.h"

#include "optim/optimizer.h"

#define AT(member) offsetof(sp_optimizer_options, member)
const sp_option sp_optimizer_fields[] = {
    {"rule", SP_OPTION_VARIANT, AT(rule), "rmsprop", .help = "the update rule, by its name: `optimizer: {rmsprop: {lr: 0.01}}`",
     .flags = SP_OPTION_INLINE, .variants = sp_rules},
    {"schedule", SP_OPTION_SECTION, AT(schedule), .help = "how the learning rate goes over the run", .flags = 0,
     .fields = sp_schedule_fields, .fields_size = sizeof(sp_schedule_options)},
    {0}};
