// SPDX-License-Identifier: Apache-2.0
// The registry of transforms, and chains of them.
#ifndef SP_DATA_TRANSFORMS_H
#define SP_DATA_TRANSFORMS_H

#include <stdbool.h>

#include "data/transform.h"

/// NULL-terminated; an entry is an sp_transform_type.
extern const sp_variant *const sp_transforms[];

/// Transforms that are applied one after the other. Initialise with `sp_transform_chain chain = {0};`.
typedef struct sp_transform_chain {
  sp_transform *item;
  int64_t count;
  sp_dtype precision;
  int64_t sample_values;       ///< number of values of a sample before the chain
  sp_shape shape;              ///< shape of a sample after the chain
  int64_t values;              ///< number of values of that shape
  sp_transform *standardizer;  ///< the one that needs statistics, or NULL
  int64_t converted;           ///< number of leading transforms that are part of the conversion to the precision
  double factor;               ///< factor of that conversion
  int64_t moves;               ///< number of transforms with a function `move`
  void *scratch[2];            ///< memory of a sample before such a transform, in turn; NULL where not needed
  bool same_places;            ///< value i of the result is made from value i of the stored sample
} sp_transform_chain;

/// Create a chain for samples of the shape `sample`. Errors: SP_ERR_CONFIG when two of the transforms need statistics;
/// SP_ERR_SHAPE when one does not fit the shape before it.
sp_status sp_transform_chain_create(const sp_selected_list *selected, const sp_shape *sample, sp_dtype precision,
                                    sp_transform_chain *out);
void sp_transform_chain_free(sp_transform_chain *chain);

/// Returns whether the transforms can be inverted, for values and for differences; false for an empty chain. Known before
/// the statistics are set.
bool sp_transform_chain_inverts(const sp_transform_chain *chain);

/// Convert one sample from the stored type to the precision and transform it, in `row`, which has room for
/// chain->values. Allocates no memory, but uses that of the chain: one call at a time.
sp_status sp_transform_chain_apply(const sp_transform_chain *chain, const sp_transform_draw *draw, sp_dtype stored,
                                   const void *sample, void *row);
/// Like sp_transform_chain_apply without training, but stop before the transform that needs statistics; `row` has room
/// for its values.
sp_status sp_transform_chain_apply_before_statistics(const sp_transform_chain *chain, sp_dtype stored,
                                                     const void *sample, void *row);

#endif
