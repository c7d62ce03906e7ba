// SPDX-License-Identifier: Apache-2.0
// A text file that is being written under a temporary name, and renamed when it is complete. See also
// hdf5/hdf5_writer.h.
#ifndef SP_BASE_TEXT_WRITER_H
#define SP_BASE_TEXT_WRITER_H

#include <stdbool.h>

#include "base/text.h"
#include "shardprop/status.h"

typedef struct sp_text_writer sp_text_writer;

/// Begin a file. Errors: those of sp_file_begin.
sp_status sp_text_writer_create(const char *path, bool replace, sp_text_writer **out);

/// Write the content of `text`, and empty it. Errors: SP_ERR_SPACE, SP_ERR_IO.
sp_status sp_text_writer_append(sp_text_writer *writer, sp_text *text);

/// Close, sync and rename the file. Frees the writer in any case; on failure the file is removed.
/// Errors: SP_ERR_SPACE, SP_ERR_IO.
sp_status sp_text_writer_commit(sp_text_writer *writer);
/// Close and remove the file, and free the writer. NULL is fine.
void sp_text_writer_abandon(sp_text_writer *writer);

#endif
