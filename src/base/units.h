// SPDX-License-Identifier: Apache-2.0
// Quantities with units, as people write them.
#ifndef SP_BASE_UNITS_H
#define SP_BASE_UNITS_H

#include <stdbool.h>

/// "10gbit", "800 Mbit/s", "1.25GB/s": bytes a second into *out, which must be above 0. Upper and lower case are the same.
bool sp_parse_rate(const char *text, double *out);
/// "20us", "0.5 ms": seconds into *out, 0 or more.
bool sp_parse_seconds(const char *text, double *out);

#endif
