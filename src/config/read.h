// SPDX-License-Identifier: Apache-2.0
// Binds resolved documents, and words of a command line, to the structs that option tables describe.
#ifndef SP_CONFIG_READ_H
#define SP_CONFIG_READ_H

#include "base/memory.h"
#include "config/document.h"
#include "config/options.h"
#include "shardprop/status.h"

/// Fill a struct from a resolved document. The document owns everything that the struct points to.
void sp_document_read(sp_document *resolved, const sp_option *table, void *out);

/// Check a MAP against its table, which is now known, and fill the struct that the table describes. The arena owns
/// everything that the struct points to. Errors: as sp_document_resolve, with the positions in the map's document.
sp_status sp_map_read(const sp_map *map, const sp_option *table, sp_arena *arena, void *out);

/// Fill the member of a BOOL, INT, REAL, STRING, CHOICE or INTERVAL from a word, such as one of a command line; NULL:
/// unset. A string is borrowed. Errors: SP_ERR_USAGE, "expected an integer in [1, 8], got '0'".
sp_status sp_option_read(const sp_option *option, const char *text, void *member);

#endif
