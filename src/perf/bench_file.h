// SPDX-License-Identifier: Apache-2.0
// The figures of a bench as a JSON file.
#ifndef SP_PERF_BENCH_FILE_H
#define SP_PERF_BENCH_FILE_H

#include "base/text.h"
#include "perf/bench.h"

/// Append a JSON object with a member for each figure that is not NaN, named as in sp_bench.
void sp_bench_write(const sp_bench *bench, sp_text *out);

/// Read the JSON object. Missing figures are NaN. Errors: SP_ERR_CONFIG naming the place, if the text is not such an
/// object, a required figure is missing, or a figure is not a number of at least 0.
sp_status sp_bench_read(const char *text, size_t size, const char *source, sp_bench *out);

#endif
