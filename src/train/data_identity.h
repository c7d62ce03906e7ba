// SPDX-License-Identifier: Apache-2.0
// The identity of a run's data: shapes, types and a fingerprint of the contents, stored with the configuration in every
// checkpoint.
#ifndef SP_TRAIN_DATA_IDENTITY_H
#define SP_TRAIN_DATA_IDENTITY_H

#include "base/text.h"
#include "shardprop/status.h"

/// Appends the identity of the data to the configuration that checkpoints store.
///   signature  rows, shapes and types, as one line (sp_feed_signature)
///   contents   the fingerprint, as one line (sp_feed_contents)
void sp_data_identity_write(sp_text *config, const char *signature, const char *contents);

/// Compares the identity in the stored configuration of a run with that in the present one. A stored configuration without
/// an identity matches all data. Collective: no. Errors: SP_ERR_CONFIG with both.
sp_status sp_data_identity_compare(const char *stored, const char *config);

#endif
