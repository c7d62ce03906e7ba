// SPDX-License-Identifier: Apache-2.0
// Assignments of the command line over what a document says, and values that become known later.
#ifndef SP_CONFIG_OVERRIDE_H
#define SP_CONFIG_OVERRIDE_H

#include "config/document.h"
#include "shardprop/status.h"

/// Apply `path=value` (value in YAML) over what the document says, making maps on the way; "optimizer.rmsprop.lr=0.01"
/// also turns the bare name `optimizer: rmsprop` into a map. The source of what it sets is "--set path=value".
/// Errors: SP_ERR_CONFIG naming the assignment: no path, no such list item, or something on the way that is no map.
sp_status sp_document_set(sp_document *document, const char *assignment);

/// Replace the text of the scalar at `path`, which a resolved document has, by what a word such as "auto" comes to. The value
/// keeps its place: whoever wrote the word is named in errors. Returns the text that was there.
const char *sp_document_settle(sp_document *resolved, const char *path, const char *text);

#endif
