// SPDX-License-Identifier: Apache-2.0
// The locale of the calling thread.
#include "base/locale.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t c_locale;

static void make(void) { c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

locale_t sp_locale_enter(void) {
  pthread_once(&once, make);
  return uselocale(c_locale);
}

void sp_locale_leave(locale_t *before) { uselocale(*before); }
