/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers out of bytes whose presence is proved already: the hot path proves a whole
 * header once, where a cursor would prove each field. */
#ifndef CAPTURE_LOAD_PRIV_H
#define CAPTURE_LOAD_PRIV_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum capture_order { CAPTURE_LITTLE, CAPTURE_BIG };

/* In network order. */
static inline uint16_t load16(const void *at)
{
	uint16_t number;

	memcpy(&number, at, sizeof(number));
	return be16toh(number);
}

static inline uint32_t load32(const void *at)
{
	uint32_t number;

	memcpy(&number, at, sizeof(number));
	return be32toh(number);
}

static inline uint16_t load16_as(enum capture_order order, const void *at)
{
	uint16_t number = load16(at);

	return order == CAPTURE_BIG ? number : __builtin_bswap16(number);
}

static inline uint32_t load32_as(enum capture_order order, const void *at)
{
	uint32_t number = load32(at);

	return order == CAPTURE_BIG ? number : __builtin_bswap32(number);
}

static inline uint64_t load64_as(enum capture_order order, const void *at)
{
	uint64_t number;

	memcpy(&number, at, sizeof(number));
	return order == CAPTURE_BIG ? be64toh(number) : le64toh(number);
}

#endif
