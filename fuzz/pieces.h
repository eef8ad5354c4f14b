/* SPDX-License-Identifier: Apache-2.0 */
/* TLS that is heard in pieces. */
#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H

#include "capture/tls.h"

/* Each is a byte of side and length, and the bytes; an empty one of side 1 begins another
 * connection. Aborts where more comes out than went in, or more is held than may be. */
void pieces_take(struct capture_keys *keys, struct view pieces);

#endif
