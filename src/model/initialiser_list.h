// SPDX-License-Identifier: Apache-2.0
// The initialisers: one line for each sp_initialiser_NAME, in the order of the help.
SP_INITIALISER(glorot_uniform)
SP_INITIALISER(glorot_normal)
SP_INITIALISER(he_uniform)
SP_INITIALISER(he_normal)
SP_INITIALISER(orthogonal)
SP_INITIALISER(uniform)
SP_INITIALISER(normal)
SP_INITIALISER(constant)
SP_INITIALISER(zeros)
SP_INITIALISER(ones)
