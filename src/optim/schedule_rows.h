// SPDX-License-Identifier: Apache-2.0
// Rows of option tables that several schedules share.
#ifndef SP_OPTIM_SCHEDULE_ROWS_H
#define SP_OPTIM_SCHEDULE_ROWS_H

#include "optim/schedule.h"

/// The start of a row: `struct_` is the struct that the table fills.
#define SP_SCHEDULE_OPTION(struct_, type, member) \
  .name = #member, .kind = SP_OPTION_##type, .offset = offsetof(struct_, member)

/// The length of a schedule that ends: its option `length`, or the rest of the run.
#define SP_SCHEDULE_LENGTH(struct_)                                                                                    \
  {                                                                                                                    \
    SP_SCHEDULE_OPTION(struct_, INTERVAL, length),                                                                     \
        .preset = "none", .range = "none",                                                                             \
        .help =                                                                                                        \
            "length of the schedule, counted from the end of the warm-up, after which the learning rate is constant; " \
            "none: the rest of the run"                                                                                \
  }

static inline double sp_schedule_length(sp_interval length, double rest, const sp_schedule_place *place) {
  return length.value > 0 ? sp_schedule_steps(length, place) : rest;
}

#endif
