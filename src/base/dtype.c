// SPDX-License-Identifier: Apache-2.0
// Element types.
#include "base/dtype.h"

static const struct {
  const char *name;
  size_t size;
} types[] = {
    [SP_INT8] = {"int8", 1},       [SP_UINT8] = {"uint8", 1},   [SP_INT16] = {"int16", 2},
    [SP_UINT16] = {"uint16", 2},   [SP_INT32] = {"int32", 4},   [SP_UINT32] = {"uint32", 4},
    [SP_INT64] = {"int64", 8},     [SP_UINT64] = {"uint64", 8}, [SP_FLOAT32] = {"float32", 4},
    [SP_FLOAT64] = {"float64", 8},
};

size_t sp_dtype_size(sp_dtype dtype) { return types[dtype].size; }

const char *sp_dtype_name(sp_dtype dtype) { return types[dtype].name; }
