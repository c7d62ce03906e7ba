// SPDX-License-Identifier: Apache-2.0
// Numbers are written and read in the C locale, whatever locale the program around the library has chosen.
#ifndef SP_BASE_LOCALE_H
#define SP_BASE_LOCALE_H

#include <locale.h>

/// Give the calling thread the C locale; returns the one it had.
locale_t sp_locale_enter(void);
void sp_locale_leave(locale_t *before);

/// At the beginning of a public function: the C locale until it returns.
#define SP_C_LOCALE __attribute__((cleanup(sp_locale_leave))) locale_t sp_locale_before = sp_locale_enter()

#endif
