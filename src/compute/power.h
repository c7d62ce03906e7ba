// SPDX-License-Identifier: Apache-2.0
// Powers, for schedules and corrections, with the same bits on every processor.
#ifndef SP_COMPUTE_POWER_H
#define SP_COMPUTE_POWER_H

/// Returns x^y for x >= 0, with an error of at most 0.7 units in the last place; NaN for x < 0. As in C,
/// x^0 and 1^y are 1 even for NaN.
double sp_power(double x, double y);

#endif
