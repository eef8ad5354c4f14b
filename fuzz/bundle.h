/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles that were opened, written again. */
#ifndef FUZZ_BUNDLE_H
#define FUZZ_BUNDLE_H

#include "keys/bundle.h"

/* Whether its rows, put into another, are found there; true too where they are too long. */
bool bundle_is_kept(const struct keys_bundle *b);

#endif
