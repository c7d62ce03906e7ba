#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compute the coefficients of src/compute/functions_*.h: polynomials of least largest error, by Remez' algorithm on a dense
grid. The coefficients are rounded to the type one after another, from the lowest power, and those above are fitted again.

usage: fit_functions.py [NAME ...]      needs mpmath
"""
import re
import sys
import textwrap

from mpmath import cos, erf, erfc, exp, floor, frexp, ldexp, log, lu_solve, matrix, mp, mpf, pi, sin, sqrt, tanh

mp.prec = 200


def rounded(x, bits):
    """Returns x rounded to so many significant bits."""
    m, e = frexp(x)
    return ldexp(floor(ldexp(m, bits) + mpf(1) / 2), e - bits)


def powers(x, first, terms):
    p = x**first
    for _ in range(terms):
        yield p
        p *= x


def remez(points, value, weight, first, terms):
    """Returns coefficients of x^first ... with the least largest weight * |error|, and that error."""
    n = len(points)
    rows = [list(powers(x, first, terms)) for x in points]
    chosen = sorted({round(n / 2 - n / 2 * float(cos(pi * i / terms)) * (1 - 1 / n)) for i in range(terms + 1)})
    chosen = [min(max(i, 0), n - 1) for i in chosen]
    for _ in range(40):
        a, b = matrix(terms + 1, terms + 1), matrix(terms + 1, 1)
        for r, i in enumerate(chosen):
            for c in range(terms):
                a[r, c] = rows[i][c]
            a[r, terms] = (-1) ** r / weight[i]
            b[r] = value[i]
        solution = lu_solve(a, b)
        c = [solution[j] for j in range(terms)]
        error = [(value[i] - sum(x * y for x, y in zip(c, rows[i]))) * weight[i] for i in range(n)]
        # the extremes of the error: the largest of each run of one sign, and of those the best that alternate
        extremes = []
        for i in range(n):
            if extremes and (error[i] > 0) == (error[extremes[-1]] > 0):
                if abs(error[i]) > abs(error[extremes[-1]]):
                    extremes[-1] = i
            else:
                extremes.append(i)
        while len(extremes) > terms + 1:
            if len(extremes) > terms + 2:  # an inner one takes a neighbour with it
                k = min(range(len(extremes) - 1), key=lambda j: max(abs(error[extremes[j]]), abs(error[extremes[j + 1]])))
                del extremes[k : k + 2]
            else:
                extremes.pop(0 if abs(error[extremes[0]]) < abs(error[extremes[-1]]) else -1)
        worst = max(abs(e) for e in error)
        if len(extremes) < terms + 1 or worst <= abs(solution[terms]) * mpf("1.001"):
            break
        chosen = extremes
    return c, worst


def fit(function, weight, low, high, terms, bits, grid=None):
    """Returns rounded coefficients, from x^0, and the largest weight(x) * |error|."""
    grid = grid or 24 * terms
    points = [low + (high - low) * (1 - cos(pi * (i + mpf(1) / 2) / grid)) / 2 for i in range(grid)]
    value = [function(x) for x in points]
    weights = [weight(x) for x in points]
    result = []
    for first in range(terms):
        c, _ = remez(points, value, weights, first, terms - first)
        result.append(rounded(c[0], bits))
        value = [v - result[-1] * x**first for v, x in zip(value, points)]
    return result, max(abs(v * w) for v, w in zip(value, weights))


def q_exp(r):
    return (exp(r) - 1 - r) / r**2


def r_log(z):
    s = sqrt(z)
    return (log((1 + s) / (1 - s)) - 2 * s) / s**3


def r_pow(z):
    s = sqrt(z)
    return ((log((1 + s) / (1 - s)) - 2 * s) / s**3 - mpf(2) / 3) / z


def q_tanh(z):
    x = sqrt(z)
    return (tanh(x) - x) / x**3


def q_erf(z):
    x = sqrt(z)
    return erf(x) / x - 1


def q_sin(z):
    t = sqrt(z)
    return (sin(2 * pi * t) / t - 2 * pi) / z


def q_cos(z):
    return (cos(2 * pi * sqrt(z)) - 1) / z


half = log(2) / 2 * mpf("1.001")
tiny = mpf(10) ** -8
one = mpf(1)
# name: function, weight, interval, number of coefficients of float and of double (0: not needed), and what is approximated
FITS = {
    "exp": (q_exp, lambda r: r**2 / exp(r), -half, half, 5, 10, "(e^r - 1 - r) / r^2"),
    "log": (r_log, lambda z: sqrt(z)**3 / log((1 + sqrt(z)) / (1 - sqrt(z))), tiny, mpf("0.0401"), 3, 7,
            "(2 atanh(s) - 2 s) / s^3, z = s^2"),
    "pow": (r_pow, lambda z: z * z, tiny, mpf("0.0401"), 0, 8, "(2 atanh(s) - 2 s - 2/3 s^3) / s^5, z = s^2"),
    "tanh": (q_tanh, lambda z: sqrt(z)**3 / tanh(sqrt(z)), tiny, one, 8, 16, "(tanh x - x) / x^3, z = x^2"),
    "erf": (q_erf, lambda z: sqrt(z) / erf(sqrt(z)), tiny, one, 7, 13, "erf(x) / x - 1, z = x^2"),
    "erfc_float": (lambda x: -log(erfc(x)), lambda x: erfc(x) / erf(x), one, mpf("4"), 7, 0, "-log(1 - erf x)"),
    "erfc_double": (lambda x: -log(erfc(x)), lambda x: erfc(x) / erf(x), one, mpf("6"), 0, 18, "-log(1 - erf x)"),
    "sin": (q_sin, lambda z: z * sqrt(z) / sin(2 * pi * sqrt(z)), tiny, mpf(1) / 64, 0, 7,
            "(sin(2 pi t) / t - 2 pi) / t^2, z = t^2"),
    "cos": (q_cos, lambda z: z / cos(2 * pi * sqrt(z)), tiny, mpf(1) / 64, 0, 7, "(cos(2 pi t) - 1) / t^2, z = t^2"),
}


def show(name):
    function, weight, low, high, single, double, about = FITS[name]
    for terms, bits in ((single, 24), (double, 53)):
        if terms == 0:
            continue
        c, error = fit(function, weight, mpf(low), mpf(high), terms, bits)
        numbers = [re.sub("0*p", "p", float(x).hex()) + ("f" if bits == 24 else "") for x in c]
        print(f"// {about}; error 2^{float(log(error, 2)):.1f}")
        text = f"static const {'float' if bits == 24 else 'double'} {name}[] = {{{', '.join(numbers)}}};"
        print("\n".join(textwrap.wrap(text, 118, subsequent_indent="    ")), flush=True)


if __name__ == "__main__":
    for name in sys.argv[1:] or FITS:
        show(name)
