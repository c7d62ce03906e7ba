// SPDX-License-Identifier: Apache-2.0
// Quantities with units, written by people.
#ifndef SP_BASE_UNITS_H
#define SP_BASE_UNITS_H

#include <stdbool.h>

/// Parse "10gbit", "800 Mbit/s" or "1.25GB/s" and set *out to the rate in bytes per second. Returns false if the text
/// is malformed or the rate is not above 0. Case does not matter.
bool sp_parse_rate(const char *text, double *out);
/// Parse "20us" or "0.5 ms" and set *out to the duration in seconds, 0 or more. Returns false if the text is malformed.
bool sp_parse_seconds(const char *text, double *out);

#endif
