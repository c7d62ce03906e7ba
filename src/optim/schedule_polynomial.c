// SPDX-License-Identifier: Apache-2.0
// polynomial: end + (1 - end) (1 - t / T)^power; PolynomialLR has end = 0.
#include <math.h>

#include "compute/power.h"
#include "optim/schedule_rows.h"

typedef struct polynomial_options {
  double power, end;
  sp_interval length;
} polynomial_options;

static const sp_option polynomial_table[] = {{SP_SCHEDULE_OPTION(polynomial_options, REAL, power), .preset = "1",
                                              .range = "(0, inf)", .help = "exponent; 1: linear"},
                                             {SP_SCHEDULE_OPTION(polynomial_options, REAL, end), .preset = "0",
                                              .range = "[0, 1]", .help = "final fraction of the learning rate"},
                                             SP_SCHEDULE_LENGTH(polynomial_options),
                                             {0}};

static double polynomial(const void *given, double t, double length, const sp_schedule_place *place) {
  const polynomial_options *o = given;
  length = sp_schedule_length(o->length, length, place);
  return o->end + (1 - o->end) * sp_power(1 - fmin(t / length, 1), o->power);
}

const sp_schedule sp_schedule_polynomial = {
    .about = {"polynomial", "decreases as a polynomial until the end of the run", polynomial_table,
              sizeof(polynomial_options)},
    .factor = polynomial,
};
