/* SPDX-License-Identifier: Apache-2.0 */
/* Lines found as the index finds them, and four bytes of each. */
#include "sip/outline.h"

#include "sip/lines_priv.h"

enum { BEGINNING = 4 };

static const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);

static uint64_t added(uint64_t hash, const char *line)
{
	uint32_t word;

	memcpy(&word, line, sizeof(word));
	hash = (hash ^ word) * odd;
	return hash ^ hash >> 32;
}

uint64_t sip_outline(struct view bytes)
{
	struct sip_lines lines __attribute__((uninitialized)); /* filled before it is read */
	uint64_t hash;

	if (!sip_lines_find(bytes.at, bytes.len, &lines))
		return 0;
	hash = added(lines.count, bytes.at);
	/* The last two end the last header and the head: a header has BEGINNING bytes or, with
	 * the end of the head behind it, so many can be read. */
	for (uint32_t i = 0; i + 2 < lines.count; i++)
		hash = added(hash, bytes.at + lines.feeds[i] + 1);
	return hash | 1;
}
