/* SPDX-License-Identifier: Apache-2.0 */
/* Plain values without their zeros: a map of the words that are not zero, then
 * these words. A struct of texts in arrays takes hardly more than its texts, whatever
 * fields it has. Both sides are the same program: byte order and layout are its own. */
#ifndef BORDER_PACKED_H
#define BORDER_PACKED_H

#include "base/err.h"
#include "base/view.h"

/* Bytes that a value of that size (a multiple of 8) takes at most. */
#define PACKED_MAX(size) (((size) / 8 + 63) / 64 * 8 + (size))

/* Writes at most PACKED_MAX(size) bytes, both aligned to 8; how many. */
size_t packed_write(const void *value, size_t size, void *ret);
/* The same without what this processor has besides; for tests. */
size_t packed_write_plain(const void *value, size_t size, void *ret);
/* ERR_SYNTAX: not what packed_write made of a value of that size; the value is then of no use. */
enum err packed_read(struct view packed, void *value, size_t size) MUST_USE;

#endif
