// SPDX-License-Identifier: Apache-2.0
// Numbers of the functions of double (compute/functions.h): coefficients by tests/tools/fit_functions.py.
#ifndef SP_COMPUTE_FUNCTIONS_DOUBLE_H
#define SP_COMPUTE_FUNCTIONS_DOUBLE_H

static const double sp_log2_e_double = 0x1.71547652b82fep+0;
// log 2 and what rounding it left; and in two parts of which the first has 42 bits: its product with an exponent is exact.
static const double sp_ln2_double = 0x1.62e42fefa39efp-1, sp_ln2_rest_double = 0x1.abc9e3b39803fp-56;
static const double sp_ln2_short_double = 0x1.62e42fefa38p-1, sp_ln2_short_rest_double = 0x1.ef35793c7673p-45;
// e^x is infinite above the one, and 0 below the other.
static const double sp_exp_most_double = 710, sp_exp_least_double = -746;
// 1 - erf x is less than half a unit in the last place of 1 from here on.
static const double sp_erf_end_double = 6;

// (e^r - 1 - r) / r^2; error 2^-57.4
static const double sp_exp_terms_double[] = {
    0x1.000000000000ap-1,  0x1.55555555555p-3,    0x1.55555555505e8p-5,  0x1.1111111125a8ap-7,  0x1.6c16c1847b5dbp-10,
    0x1.a01a012823571p-13, 0x1.a01999a6f1f81p-16, 0x1.71df50f2e20dep-19, 0x1.28ad952455a6fp-22, 0x1.acfd06715871ap-26};
// (2 atanh(s) - 2 s) / s^3, z = s^2; error 2^-55.9
static const double sp_log_terms_double[] = {0x1.555555555577dp-1, 0x1.99999998eec46p-2, 0x1.249249b3891a3p-2,
                                             0x1.c71c0080ebc35p-3, 0x1.747506eece2a8p-3, 0x1.385003a3a4858p-3,
                                             0x1.3ad42d000bf4p-3};
// (2 atanh(s) - 2 s - 2/3 s^3) / s^5, z = s^2; error 2^-68.0
static const double sp_pow_terms_double[] = {0x1.9999999999967p-2, 0x1.2492492498f17p-2, 0x1.c71c71bc4e9e4p-3,
                                             0x1.745d1bd1760dcp-3, 0x1.3b1296342bfbdp-3, 0x1.113a5688e9328p-3,
                                             0x1.dac9212a17182p-4, 0x1.0193ef50c2f2fp-3};
// (tanh x - x) / x^3, z = x^2; error 2^-56.5
static const double sp_tanh_terms_double[] = {
    -0x1.555555555554fp-2,  0x1.1111111110b21p-3,  -0x1.ba1ba1b9dd83ep-5,  0x1.664f48787370fp-6,
    -0x1.226e3458bb267p-7,  0x1.d6d3aed259ee1p-9,  -0x1.7da1da25c2dd3p-10, 0x1.354b48db48032p-11,
    -0x1.f4de8daf69cd1p-13, 0x1.939b554821429p-14, -0x1.3f4bcbf086e4bp-15, 0x1.df21ca9428cd7p-17,
    -0x1.3f4cfe795931fp-18, 0x1.5556e1017ed19p-20, -0x1.f4c96568d51b7p-23, 0x1.6eb6575ba4674p-26};
// erf(x) / x - 1, z = x^2; error 2^-56.0
static const double sp_erf_terms_double[] = {0x1.06eba8214db69p-3,   -0x1.812746b037a25p-2,  0x1.ce2f21a0458e2p-4,
                                             -0x1.b82ce313552f5p-6,  0x1.565bcd2c7986dp-8,   -0x1.c02db938a8b6ap-11,
                                             0x1.f9a3ba2478ad7p-14,  -0x1.f4dd04e206313p-17, 0x1.ba6a438e3dbcep-20,
                                             -0x1.639c9d889303cp-23, 0x1.136a3f1b80b97p-26,  -0x1.c6bd38f097a5cp-30,
                                             0x1.3ea7db186af87p-33};
// -log(1 - erf x); error 2^-57.0
static const double sp_erfc_terms_double[] = {0x1.0e27f9fe42c51p-21,  0x1.20dd1fc56ab98p+0,   0x1.45f627d453e72p-1,
                                              0x1.a4ac51a69ec21p-4,   -0x1.3722429884fdfp-6,  -0x1.aeafa43d60a75p-12,
                                              0x1.f64843fdfe999p-10,  -0x1.94162643eb5bbp-11, 0x1.1b57a9be312d7p-13,
                                              0x1.5387adaabec32p-16,  -0x1.7eb455f217b1p-16,  0x1.22b38e5cabdf9p-17,
                                              -0x1.1e87a5f2bf578p-19, 0x1.90a96582b2d7cp-22,  -0x1.8e96b3ca49006p-25,
                                              0x1.0e3a1883ec40bp-28,  -0x1.c1733a42bd0dep-33, 0x1.5a9e170d63c81p-38};
// (sin(2 pi t) / t - 2 pi) / t^2, z = t^2; error 2^-63.5
static const double sp_sin_terms_double[] = {-0x1.4abbce625be53p+5, 0x1.466bc6775ab7cp+6,  -0x1.32d2cce63af8p+6,
                                             0x1.5078349d9dcb1p+5,  -0x1.e3076ec85d623p+3, 0x1.e908d6ad39cf1p+1,
                                             -0x1.73d4646e3702bp-1};
// (cos(2 pi t) - 1) / t^2, z = t^2; error 2^-61.5
static const double sp_cos_terms_double[] = {-0x1.3bd3cc9be45dep+4, 0x1.03c1f081b5a52p+6,  -0x1.55d3c7e3bfe56p+6,
                                             0x1.e1f50675b1ffap+5,  -0x1.a6d1e238d529bp+4, 0x1.f9c4ada0340dap+2,
                                             -0x1.b034512311105p+0};

#endif
