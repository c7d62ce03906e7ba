// SPDX-License-Identifier: Apache-2.0
// The functions of compute/functions.h that loops over arrays exist of (compute/function.h).
SP_FUNCTION(exp)
SP_FUNCTION(log)
SP_FUNCTION(log1p_unit)
SP_FUNCTION(tanh)
SP_FUNCTION(sigmoid)
SP_FUNCTION(softplus)
SP_FUNCTION(erf)
