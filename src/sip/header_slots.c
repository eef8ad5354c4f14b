/* SPDX-License-Identifier: Apache-2.0 */
/* Runs at build time: searches a factor by which no two header names fall
 * into one slot, and prints it with the table of slots, and the names as they
 * may begin a line, as C. */
#include "sip/header_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands before a name counts where it is short. */
static const char *const lines[] = {
	"\r\n",
#define HEADER(id, name, compact, times) "\r\n" name ":",
#include "sip/header.def"
#undef HEADER
};

enum { NAMES = sizeof(lines) / sizeof(lines[0]), MAX_TRIES = 10000000 };

static int fill(uint32_t factor, unsigned char slots[HEADER_SLOTS])
{
	memset(slots, 0, HEADER_SLOTS);
	for (unsigned i = 1; i < NAMES; i++) {
		size_t len = strlen(lines[i]) - 3;
		uint32_t slot = header_slot(lines[i] + 2, lines[i] + len - 2, len, factor);

		if (slots[slot])
			return 0;
		slots[slot] = (unsigned char)i;
	}
	return 1;
}

/* One that does not fit with its colon is empty, and equals nothing. */
static void print_start(const char *name)
{
	size_t len = strlen(name) <= GLANCE ? strlen(name) : 0;

	printf(" \\\n\t{ {");
	for (size_t i = 0; i < GLANCE; i++)
		printf(" %d,", i < len ? name[i] | 0x20 : 0);
	printf(" }, 0x%x },", len > 0 ? (1U << len) - 1 : 0xffff);
}

int main(void)
{
	unsigned char slots[HEADER_SLOTS];
	uint32_t factor = 0x9e3779b1;
	int tries = 0;

	while (!fill(factor, slots)) {
		factor = factor * 1664525 + 1013904223;
		if (++tries > MAX_TRIES) {
			fprintf(stderr, "no factor found: header_slot() needs another letter\n");
			return EXIT_FAILURE;
		}
	}
	printf("/* Made at build time from sip/header.def. */\n");
	printf("#define HEADER_FACTOR UINT32_C(0x%08x)\n", factor);
	printf("#define HEADER_SLOT_ROWS {");
	for (unsigned i = 0; i < HEADER_SLOTS; i++)
		printf("%s%u,", i % 24 == 0 ? " \\\n\t" : " ", slots[i]);
	printf(" \\\n}\n");
	printf("#define HEADER_START_ROWS {");
	for (unsigned i = 0; i < NAMES; i++)
		print_start(lines[i] + 2);
	printf(" \\\n}\n");
	return EXIT_SUCCESS;
}
