// SPDX-License-Identifier: Apache-2.0
// The figures of a bench as a JSON file.
#ifndef SP_PERF_BENCH_FILE_H
#define SP_PERF_BENCH_FILE_H

#include "base/text.h"
#include "perf/bench.h"

/// One JSON object with a member for each figure that is not NaN, named as in sp_bench.
void sp_bench_write(const sp_bench *bench, sp_text *out);

/// Read what was written. Figures that are missing are NaN.
/// Errors: SP_ERR_CONFIG naming the place: no such object, or a figure that is no positive number.
sp_status sp_bench_read(const char *text, size_t size, const char *source, sp_bench *out);

#endif
