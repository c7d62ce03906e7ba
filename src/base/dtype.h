// SPDX-License-Identifier: Apache-2.0
// Element types of data sets and of arithmetic.
#ifndef SP_BASE_DTYPE_H
#define SP_BASE_DTYPE_H

#include <stddef.h>

typedef enum sp_dtype {
  SP_INT8,
  SP_UINT8,
  SP_INT16,
  SP_UINT16,
  SP_INT32,
  SP_UINT32,
  SP_INT64,
  SP_UINT64,
  SP_FLOAT32,
  SP_FLOAT64
} sp_dtype;

size_t sp_dtype_size(sp_dtype dtype);       ///< bytes of one element
const char *sp_dtype_name(sp_dtype dtype);  ///< "uint8", "float32", …

#endif
