// SPDX-License-Identifier: Apache-2.0
// Numbers are written and read in the C locale, independent of the locale of the program that uses the library.
#ifndef SP_BASE_LOCALE_H
#define SP_BASE_LOCALE_H

#include <locale.h>

/// Set the locale of the calling thread to the C locale. Returns the previous one.
locale_t sp_locale_enter(void);
void sp_locale_leave(locale_t *before);

/// Use the C locale until the enclosing public function returns.
#define SP_C_LOCALE __attribute__((cleanup(sp_locale_leave), unused)) locale_t sp_locale_before = sp_locale_enter()

#endif
