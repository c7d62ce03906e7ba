// SPDX-License-Identifier: Apache-2.0
// Matrix products for one instruction set.
#include "compute/product_kernels.h"

#include <string.h>

#include "compute/product_shape.h"
#include "compute/vector.h"

// A tile leaves registers for a row of B and a factor of A: AVX2 has 16, AVX-512 and NEON have 32.
enum { TILE_VECTORS = 2 };
#if defined(SP_KERNELS_avx512)
enum { TILE_ROWS = 12 };
#define TILE_EACH_ROWS(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12)
#elif defined(SP_KERNELS_avx2)
enum { TILE_ROWS = 6 };
#define TILE_EACH_ROWS(F) F(1) F(2) F(3) F(4) F(5) F(6)
#elif defined(SP_KERNELS_neon)
enum { TILE_ROWS = 8 };
#define TILE_EACH_ROWS(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8)
#else
enum { TILE_ROWS = 4 };
#define TILE_EACH_ROWS(F) F(1) F(2) F(3) F(4)
#endif

/// How columns of B are packed: a few strips at a time if all rows of A stay packed meanwhile; all at once, because more rows
/// follow; or not, because they are.
typedef enum packing { PACK_STRIPS, PACK_ALL, PACKED } packing;

#define SP_TEMPLATE "compute/product_tile_typed.h"
#include "compute/each_real.h"

#define SP_TEMPLATE "compute/product_loops_typed.h"
#include "compute/each_real.h"

const sp_product_kernels SP_KERNELS(sp_product_kernels) = {
    .product_float = product_float,
    .product_double = product_double,
    .peak_float = peak_float,
    .peak_double = peak_double,
};
