/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the line ends and the stray control bytes of a header section line by line, where
 * something in it is odd (lines_priv.h: where nothing is): every control byte is an LF or
 * the CR before one, or to be noted. */
#ifndef SIP_SCAN_PRIV_H
#define SIP_SCAN_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sip/masks_priv.h"

enum { SCAN_BLOCK = MASKS_BLOCK };

struct scan {
	const char *bytes;
	size_t len;
	size_t block;     /* first byte of the block that the masks describe */
	uint64_t feeds;   /* its LF, those already passed cleared */
	uint64_t strays;  /* its control bytes that are neither LF nor followed by one */
	bool is_pending;  /* the last byte of the block before is a control byte, no LF */
	bool has_control; /* a control byte that no line may hold was passed */
	bool has_bare_cr; /* a CR without LF was passed */
	bool has_high;    /* a block was seen that holds bytes beyond ASCII */
};

static inline void scan_note_stray(struct scan *s, char byte)
{
	if (byte == '\r')
		s->has_bare_cr = true;
	else if (byte != '\t')
		s->has_control = true;
}

/* Looks at the strays of the block up to and with the byte at `last`. */
static inline void scan_settle(struct scan *s, size_t last)
{
	uint64_t strays = s->strays;

	s->strays = 0;
	while (strays != 0) {
		size_t at = s->block + (size_t)__builtin_ctzll(strays);

		if (at > last)
			return;
		scan_note_stray(s, s->bytes[at]);
		strays &= strays - 1;
	}
}

static inline void scan_load(struct scan *s)
{
	const char *at = s->bytes + s->block;
	size_t left = s->len - s->block;
	char last[SCAN_BLOCK];
	struct masks m;
	uint64_t high, controls;

	if (left < SCAN_BLOCK) {
		memset(last, ' ', sizeof(last));
		memcpy(last, at, left);
		at = last;
	}
	m = masks_usual(at);
	high = masks_high_usual(at);
	s->has_high |= high != 0;
	s->feeds = m.feeds;
	if (s->is_pending && (s->feeds & 1) == 0)
		scan_note_stray(s, s->bytes[s->block - 1]);
	controls = m.odd & ~m.feeds & ~high;
	s->is_pending = (controls >> (SCAN_BLOCK - 1)) != 0;
	s->strays = controls & ~(s->feeds >> 1) & ~(UINT64_C(1) << (SCAN_BLOCK - 1));
}

static inline struct scan scan_on(const char *bytes, size_t len)
{
	struct scan s = { .bytes = bytes, .len = len };

	if (len > 0)
		scan_load(&s);
	return s;
}

/* Place of the next LF, which is thereby passed; `len` at the end. */
static inline size_t scan_next(struct scan *s)
{
	size_t at;

	while (s->feeds == 0) {
		if (s->len - s->block <= SCAN_BLOCK) {
			scan_settle(s, s->len);
			/* Only a block that is full can end in one. */
			if (s->is_pending)
				scan_note_stray(s, s->bytes[s->len - 1]);
			s->is_pending = false;
			return s->len;
		}
		if (s->strays != 0)
			scan_settle(s, s->len);
		s->block += SCAN_BLOCK;
		scan_load(s);
	}
	at = s->block + (size_t)__builtin_ctzll(s->feeds);
	s->feeds &= s->feeds - 1;
	return at;
}

#endif
