// SPDX-License-Identifier: Apache-2.0
// Shared by the test programs: cmocka, and a check of a status that prints its message.
#ifndef SP_TESTS_CHECK_H
#define SP_TESTS_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shardprop/status.h"

#define assert_ok(call)                                                       \
  do {                                                                        \
    sp_status check_status = (call);                                          \
    if (check_status != SP_OK) fail_msg("%s: %s", #call, sp_error_message()); \
  } while (0)

/// The call fails with `code`, and its message holds `part`.
#define assert_fails(call, code, part)                                                                       \
  do {                                                                                                       \
    sp_status check_status = (call);                                                                         \
    if (check_status != (code)) fail_msg("%s: status %d: %s", #call, (int)check_status, sp_error_message()); \
    if (!strstr(sp_error_message(), (part))) fail_msg("message is: %s", sp_error_message());                 \
  } while (0)

#define assert_near(a, b, tolerance)                                                                         \
  do {                                                                                                       \
    double check_a = (double)(a), check_b = (double)(b);                                                     \
    if (!(fabs(check_a - check_b) <= (tolerance))) {                                                         \
      fail_msg("%s = %.17g, %s = %.17g, more than %g apart", #a, check_a, #b, check_b, (double)(tolerance)); \
    }                                                                                                        \
  } while (0)

#endif
