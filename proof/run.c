/* SPDX-License-Identifier: Apache-2.0 */
/* Proves src/base/run.c as it is built where there is no SSSE3; the other way is held
 * against this one by tests/unit/base and the fuzzers. */
#include "contracts.h"

#include "base/run.c"
