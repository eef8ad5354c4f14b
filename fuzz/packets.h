/* SPDX-License-Identifier: Apache-2.0 */
/* A capture engine that hears packets: what is told is of a bounded length, from somebody and
 * writable, and all of it is counted. Aborts where not. */
#ifndef FUZZ_PACKETS_H
#define FUZZ_PACKETS_H

#include "capture/engine.h"

enum err packets_open(struct capture_engine **ret) MUST_USE;
/* Raw IP packets, 300 ms after each other: a byte of length, then the packet. */
void packets_take(struct capture_engine *e, struct view packets);

#endif
