// Update rules on arrays of the caller's: in one process, or with the state shared out over a communicator.
// Public. Includes MPI, shardprop/export.h and shardprop/status.h.
#ifndef SHARDPROP_OPTIMIZER_H
#define SHARDPROP_OPTIMIZER_H

#include <mpi.h>
#include <stdint.h>

#include "shardprop/export.h"
#include "shardprop/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_optimizer sp_optimizer;

typedef enum sp_real { SP_REAL32, SP_REAL64 } sp_real;  ///< float, double

/// Make an optimizer for vectors of n values.
///
///   rule  YAML as under `optimizer:` of a configuration, "rmsprop" or "rmsprop: {lr: 0.001, momentum: 0.9}"
///         (`shardprop help optimizer`)
///   comm  whose ranks share the state out in whole blocks of 4,096 values: of k values of state for each parameter a rank
///         of R holds about k n / R. MPI_COMM_NULL: all of it here; MPI need not be initialised then
///
/// Shapes:     n >= 0 values, the same on all ranks.
/// Collective: yes, over comm.  Ownership: copies rule; comm is duplicated; the caller frees *optimizer.
/// Errors:     the same on all ranks: SP_ERR_CONFIG naming line and option; SP_ERR_USAGE for n < 0; SP_ERR_MEMORY;
///             *optimizer is untouched.
SP_API sp_status sp_optimizer_create(MPI_Comm comm, const char *rule, sp_real real, int64_t n, sp_optimizer **optimizer);

/// Apply one step of the rule to the whole vector, in place. Every rank updates its share and gets those of the others.
/// Formulas and their sources: those of the rule.
///
///   gradient  of the value to be made smaller, as it is to be applied: already summed, or averaged, over the ranks. A rank
///             reads its own share of it only
///
/// Shapes:     parameters, gradient: (n) in the precision, disjoint. Parameters are the same on all ranks.
/// Collective: yes.  Ownership: borrows both, allocates nothing.
/// Same bits:  element-wise, so the result is the same on every number of ranks.
/// Errors:     the same on all ranks: SP_ERR_NONFINITE when the gradient is not finite: nothing was changed then.
SP_API sp_status sp_optimizer_step(sp_optimizer *optimizer, void *parameters, const void *gradient);

/// Steps done.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_optimizer_steps(const sp_optimizer *optimizer);

/// Bytes of state that this rank holds.
///
/// Collective: no.  Errors: none.
SP_API int64_t sp_optimizer_state_bytes(const sp_optimizer *optimizer);

/// Free it. NULL is fine on all ranks.
///
/// Collective: yes.  Errors: none.
SP_API void sp_optimizer_free(sp_optimizer *optimizer);

#ifdef __cplusplus
}
#endif
#endif
