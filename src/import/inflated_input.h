// SPDX-License-Identifier: Apache-2.0
// A sequential input file, optionally compressed with gzip, that tracks its position.
#ifndef SP_IMPORT_INFLATED_INPUT_H
#define SP_IMPORT_INFLATED_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/meter.h"
#include "shardprop/status.h"

typedef struct sp_input sp_input;

/// Open a file. Reading reports to `progress`. Borrows `path` and `progress`.
/// Errors: SP_ERR_IO or SP_ERR_DATA naming the file; SP_ERR_MEMORY.
sp_status sp_input_open(const char *path, sp_meter *progress, sp_input **out);
void sp_input_close(sp_input *input);  ///< NULL is allowed

/// Read up to `size` bytes; fewer only at the end of the file.
/// Errors: SP_ERR_IO; SP_ERR_DATA for a damaged or truncated gzip file; both with file and offset.
sp_status sp_input_read(sp_input *input, void *buffer, int64_t size, int64_t *got);
/// Read exactly `size` bytes. Errors: also SP_ERR_DATA when the file ends too early: "f: offset 16: pixels: found …".
sp_status sp_input_exact(sp_input *input, void *buffer, int64_t size, const char *what);
/// Check that the file ends here. Errors: SP_ERR_DATA when more data follow.
sp_status sp_input_end(sp_input *input);
/// Return to the beginning of the file. Errors: SP_ERR_DATA for an input that cannot be read twice, such as a pipe.
sp_status sp_input_rewind(sp_input *input);

/// Check, before memory is allocated, that the file can contain `size` more bytes: exactly this number in a plain file,
/// at most the maximum of deflate in a gzip file. Errors: SP_ERR_DATA with offset, what was found and what was
/// expected.
sp_status sp_input_expect(sp_input *input, int64_t size, const char *what);

const char *sp_input_path(const sp_input *input);
int64_t sp_input_offset(const sp_input *input);     ///< offset of the next byte in the uncompressed contents
int64_t sp_input_file_size(const sp_input *input);  ///< size on the disk; -1 when unknown

#endif
