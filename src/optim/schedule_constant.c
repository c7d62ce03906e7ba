// SPDX-License-Identifier: Apache-2.0
// constant: 1.
#include "optim/schedule_rows.h"

static double constant(const void *options, double t, double length, const sp_schedule_place *place) {
  (void)options, (void)t, (void)length, (void)place;
  return 1;
}

const sp_schedule sp_schedule_constant = {
    .about = {"constant", "the rule's learning rate at all steps", NULL, 0},
    .factor = constant,
    .constant = true,
};
