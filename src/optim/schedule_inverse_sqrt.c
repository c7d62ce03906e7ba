// SPDX-License-Identifier: Apache-2.0
// inverse_sqrt: sqrt(s / (s + t)). Vaswani et al. 2017, arXiv:1706.03762, where s is the number of warm-up steps.
#include <math.h>

#include "optim/schedule_rows.h"

typedef struct inverse_sqrt_options {
  sp_interval scale;
} inverse_sqrt_options;

static const sp_option inverse_sqrt_table[] = {
    {SP_SCHEDULE_OPTION(inverse_sqrt_options, INTERVAL, scale), .preset = "1000 steps",
     .help = "time scale: after three times this interval the learning rate is halved"},
    {0}};

static double inverse_sqrt(const void *given, double t, double length, const sp_schedule_place *place) {
  (void)length;
  double scale = sp_schedule_steps(((const inverse_sqrt_options *)given)->scale, place);
  return sqrt(scale / (scale + t));
}

const sp_schedule sp_schedule_inverse_sqrt = {
    .about = {"inverse_sqrt", "decreases with the inverse square root of time", inverse_sqrt_table,
              sizeof(inverse_sqrt_options)},
    .factor = inverse_sqrt,
};
