// SPDX-License-Identifier: Apache-2.0
// A file that is read from front to back, gzip'd or not, and knows where it is.
#ifndef SP_IMPORT_INFLATED_INPUT_H
#define SP_IMPORT_INFLATED_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/meter.h"
#include "shardprop/status.h"

typedef struct sp_input sp_input;

/// Open a file. Reading reports to `progress`, which is borrowed; so is `path`.
/// Errors: SP_ERR_IO or SP_ERR_DATA naming the file.
sp_status sp_input_open(const char *path, sp_meter *progress, sp_input **out);
void sp_input_close(sp_input *input);  ///< NULL is fine

/// Read up to `size` bytes; fewer only at the end of the file.
/// Errors: SP_ERR_IO; SP_ERR_DATA for a gzip'd file that is damaged or cut off; both with file and offset.
sp_status sp_input_read(sp_input *input, void *buffer, int64_t size, int64_t *got);
/// Read exactly `size` bytes. Errors: also SP_ERR_DATA when the file ends before: "f: offset 16: pixels: found …".
sp_status sp_input_exact(sp_input *input, void *buffer, int64_t size, const char *what);
/// Nothing may follow. Errors: SP_ERR_DATA when something does.
sp_status sp_input_end(sp_input *input);
/// Back to the front. Errors: SP_ERR_DATA for what cannot be read twice (a pipe).
sp_status sp_input_rewind(sp_input *input);

/// Check that `size` more bytes can be there, before anything is allocated for them: exactly so many in a plain file,
/// no more than deflate can hold in a gzip'd one. Errors: SP_ERR_DATA with offset, found, expected.
sp_status sp_input_expect(sp_input *input, int64_t size, const char *what);

const char *sp_input_path(const sp_input *input);
int64_t sp_input_offset(const sp_input *input);     ///< of the next byte, in the uncompressed content
int64_t sp_input_file_size(const sp_input *input);  ///< as it lies on the disk; -1 when unknown

#endif
