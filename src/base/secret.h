/* SPDX-License-Identifier: Apache-2.0 */
/* What must not leak: wiping that the compiler keeps, and comparison whose
 * time does not depend on the content. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/view.h"

void secret_wipe(void *at, size_t len);
bool secret_equal(const void *a, const void *b, size_t len);

#endif
