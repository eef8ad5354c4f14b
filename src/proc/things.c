/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the things. */
#include "proc/things.h"

const char *ring_name_text(enum ring_name name)
{
	static const char *const names[RING_NAME_COUNT] = {
		"facts",          "orders",         "media events",   "signal records",
		"judge records",  "to sign",        "signed",         "control to sign",
		"control signed", "orders 2",       "orders 3",       "orders 4",
		"orders 5",       "orders 6",       "orders 7",       "orders 8",
		"media events 2", "media events 3", "media events 4", "media events 5",
		"media events 6", "media events 7", "media events 8",
	};

	return (unsigned)name < RING_NAME_COUNT ? names[name] : "?";
}
