// SPDX-License-Identifier: Apache-2.0
// The transforms, in the order of `shardprop help transform`: one line for each file transform_NAME.c.
SP_TRANSFORM(scale)
SP_TRANSFORM(standardize)
SP_TRANSFORM(one_hot)
SP_TRANSFORM(reshape)
SP_TRANSFORM(random_flip)
SP_TRANSFORM(random_crop)
