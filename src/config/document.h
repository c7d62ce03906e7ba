// SPDX-License-Identifier: Apache-2.0
// A configuration document: its tree, and errors that name a position in it.
#ifndef SP_CONFIG_DOCUMENT_H
#define SP_CONFIG_DOCUMENT_H

#include "base/memory.h"
#include "config/tree.h"
#include "shardprop/status.h"

/// Opaque outside src/config.
typedef struct sp_document {
  sp_arena *arena;  ///< owns all other members
  const char *source;
  sp_yaml_node *root;
  int64_t nodes;
} sp_document;

sp_document *sp_document_create(const char *source);  ///< without nodes; copies the name
void sp_document_free(sp_document *document);         ///< NULL is fine

const sp_yaml_node *sp_document_root(const sp_document *document);

/// The node at "model.layers[1].dense.units", or NULL.
const sp_yaml_node *sp_document_find(const sp_document *document, const char *path);

/// Fail with `file:line:col: path: …`, the position of the node at `path` or of its nearest existing parent.
/// Returns SP_ERR_CONFIG.
sp_status sp_document_fail(const sp_document *document, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/// Prefix the position to a failure, SP_ERR_CONFIG or SP_ERR_SHAPE, whose message begins with the path of an option in
/// the document, "optimizer.sgd.nesterov: …". Any other status is unchanged. Returns the status.
sp_status sp_document_locate(const sp_document *document, sp_status status);

#endif
