// Arithmetic of one precision, on one thread: oneDNN for float32, plain C as its reference and for float64.
#ifndef SP_COMPUTE_COMPUTE_H
#define SP_COMPUTE_COMPUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dtype.h"
#include "shardprop/status.h"

/// An engine with its cache of prepared operations.
typedef struct sp_compute sp_compute;

/// What everything is computed with.
typedef struct sp_arithmetic {
  sp_dtype precision;  ///< SP_FLOAT32 or SP_FLOAT64
  bool bfloat16;       ///< products round their factors to bfloat16 and add up in float32; precision: SP_FLOAT32
  bool reference;      ///< plain C instead of oneDNN (always so for SP_FLOAT64)
} sp_arithmetic;

/// With oneDNN it also limits the calling thread's OpenMP team to one thread: parallelism is the ranks'.
/// Errors: SP_ERR_CONFIG for another precision, and for bfloat16 on a CPU without it; SP_ERR_MEMORY, SP_ERR_LIBRARY.
sp_status sp_compute_create(sp_arithmetic arithmetic, sp_compute **out);
void sp_compute_free(sp_compute *compute);
sp_dtype sp_compute_precision(const sp_compute *compute);

/// "oneDNN 2.6.3, avx512_core_bf16, glibc 2.36": what the bits depend on.
const char *sp_compute_version(char buffer[128]);

/// An element-wise function that a matrix product can apply to its result.
typedef enum sp_activation { SP_IDENTITY, SP_RELU, SP_TANH, SP_SIGMOID } sp_activation;

/// C (m, n) = f(A (m, k) B (k, n) + bias (n)), row-major. A transposed factor lies in memory as (k, m) or (n, k).
/// m, n and k may be 0: no k leaves f(bias), or f(0) without one.
typedef struct sp_product_shape {
  int64_t m, n, k;
  bool a_transposed, b_transposed, bias;
  bool panels_of_rows;  ///< what sp_product_run_panel makes at a time: rows of C, not columns
  sp_activation activation;
} sp_product_shape;
typedef struct sp_product sp_product;

/// A prepared product, made once for each shape and owned by the engine. The same shape gives the same bits always.
/// In bfloat16 both factors are rounded to it, to nearest and even; what is not a number stays that, what is too large
/// becomes infinite. Products of factors, their sums, bias and C are float32.
/// Running one allocates no array. Should oneDNN fail, C is filled with NaN: what is not finite stops a run.
/// Errors: SP_ERR_MEMORY, SP_ERR_LIBRARY.
sp_status sp_compute_product(sp_compute *compute, const sp_product_shape *shape, const sp_product **out);
void sp_product_run(const sp_product *product, const void *a, const void *b, const void *bias, void *c);

/// A product that takes longer than a few milliseconds is made in panels, so that something else can be done in between.
/// How many there are is a function of the shape alone, at least 1. Panel i begins at row or column
/// sp_product_panel_begin of C. Made in any order, all panels together are what sp_product_run makes.
int64_t sp_product_panels(const sp_product *product);
int64_t sp_product_panel_begin(const sp_product *product, int64_t panel);
/// Make one panel of C from all of A, B, bias. Pointers are to the whole matrices.
void sp_product_run_panel(const sp_product *product, int64_t panel, const void *a, const void *b, const void *bias,
                          void *c);

// --- element-wise and row-wise operations, in place where they can ------------------------------------------------

/// y = f(y), n values.
void sp_activate(const sp_compute *compute, sp_activation activation, int64_t n, void *y);
/// dx = dy f'(x), from y = f(x) alone; dx may be dy.
void sp_activate_backward(const sp_compute *compute, sp_activation activation, int64_t n, const void *y,
                          const void *dy, void *dx);
/// out (n) = sum of the rows of x (rows, n), in order.
void sp_column_sums(sp_dtype precision, int64_t rows, int64_t n, const void *x, void *out);
/// Each row of x (rows, n) becomes its softmax (the largest is subtracted first).
void sp_softmax(sp_dtype precision, int64_t rows, int64_t n, void *x);
/// The powers e^(x - m) that the softmaxes of x (rows, n) consist of; in largest (rows) the m, the largest of each row, and
/// in sum (rows) the rows' sums of powers, in float64 and in order. powers (rows, n) may be x, or NULL when nobody wants
/// them. n: at least 1.
void sp_softmax_powers(sp_dtype precision, int64_t rows, int64_t n, const void *x, void *powers, double *largest,
                       double *sum);
enum { SP_SOFTMAX_ROWS = 64 };  ///< that are worth doing together
/// dx = y (dy - sum(y dy)), row by row; dx may be dy.
void sp_softmax_backward(sp_dtype precision, int64_t rows, int64_t n, const void *y, const void *dy, void *dx);
/// into += from.
void sp_add(sp_dtype precision, int64_t n, void *into, const void *from);
/// Are all n values finite?
bool sp_all_finite(sp_dtype precision, int64_t n, const void *x);
/// The sum of the squares, in float64 and in an order that depends on n alone. NaN or infinite where a value is.
double sp_sum_squares(sp_dtype precision, int64_t n, const void *x);
/// out = a + b, or a when b is NULL, in one pass. out may be a, or b. Are all n results finite?
bool sp_sum(sp_dtype precision, int64_t n, const void *a, const void *b, void *out);

#endif
