// SPDX-License-Identifier: Apache-2.0
// Assignments of the command line that override a document, and values that become known later.
#ifndef SP_CONFIG_OVERRIDE_H
#define SP_CONFIG_OVERRIDE_H

#include "config/document.h"
#include "config/options.h"
#include "shardprop/status.h"

/// Apply the assignment `path=value` (value in YAML) to the document, and create maps on the way;
/// "optimizer.rmsprop.lr=0.01" also turns the bare name `optimizer: rmsprop` into a map. The source of the value is
/// "--set path=value". In the options of `table`, which may be NULL, the short form of a section is written out:
/// "columns.w.file=b.h5" turns `columns: {w: /w}` into `columns: {w: {from: /w, file: b.h5}}`.
/// Errors: SP_ERR_CONFIG naming the assignment: no path, no such list item, or a node on the way that is not a map.
sp_status sp_document_set(sp_document *document, const sp_option *table, const char *assignment);

/// Replace the text of the scalar at `path`, which the resolved document must have, by the value that a word such as
/// "auto" stands for. The node keeps its position, so errors name the place of the word. Returns the previous text.
const char *sp_document_settle(sp_document *resolved, const char *path, const char *text);

#endif
