// SPDX-License-Identifier: Apache-2.0
// Numbers of the functions of float (compute/functions.h): coefficients by tests/tools/fit_functions.py.
#ifndef SP_COMPUTE_FUNCTIONS_FLOAT_H
#define SP_COMPUTE_FUNCTIONS_FLOAT_H

static const float sp_log2_e_float = 0x1.715476p+0f;
// log 2 and what rounding it left; and in two parts of which the first has 15 bits: its product with an exponent is exact.
static const float sp_ln2_float = 0x1.62e43p-1f, sp_ln2_rest_float = -0x1.05c61p-29f;
static const float sp_ln2_short_float = 0x1.62e4p-1f, sp_ln2_short_rest_float = 0x1.7f7d1cp-20f;
// e^x is infinite above the one, and 0 below the other.
static const float sp_exp_most_float = 89, sp_exp_least_float = -104;
// 1 - erf x is less than half a unit in the last place of 1 from here on.
static const float sp_erf_end_float = 4;

// (e^r - 1 - r) / r^2; error 2^-28.1
static const float sp_exp_terms_float[] = {0x1.fffffcp-2f, 0x1.55548cp-3f, 0x1.5558bap-5f, 0x1.123d24p-7f,
                                           0x1.6a44f6p-10f};
// (2 atanh(s) - 2 s) / s^3, z = s^2; error 2^-28.4
static const float sp_log_terms_float[] = {0x1.5555b4p-1f, 0x1.992a98p-2f, 0x1.36eeaep-2f};
// (tanh x - x) / x^3, z = x^2; error 2^-30.9
static const float sp_tanh_terms_float[] = {-0x1.555552p-2f, 0x1.11103cp-3f, -0x1.b9f6dep-5f, 0x1.64c098p-6f,
                                            -0x1.18ddcep-7f, 0x1.8f9658p-9f, -0x1.aebf5p-11f, 0x1.e7e442p-14f};
// erf(x) / x - 1, z = x^2; error 2^-29.4
static const float sp_erf_terms_float[] = {0x1.06eba8p-3f, -0x1.81273ep-2f,  0x1.ce2ce6p-4f, -0x1.b7f71ap-6f,
                                           0x1.53f224p-8f, -0x1.a3515ep-11f, 0x1.4771fcp-14f};
// -log(1 - erf x); error 2^-29.8
static const float sp_erfc_terms_float[] = {0x1.667de4p-12f, 0x1.2088d2p+0f, 0x1.46bb3ep-1f,  0x1.a65108p-4f,
                                            -0x1.65c73cp-6f, 0x1.8252aap-9f, -0x1.86d05ep-13f};

#endif
