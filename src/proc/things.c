/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the things. */
#include "proc/things.h"

const char *ring_name_text(enum ring_name name)
{
	static const char *const names[] = {
		"facts",   "orders", "media events",    "signal records", "judge records",
		"to sign", "signed", "control to sign", "control signed"
	};

	return (unsigned)name < RING_NAME_COUNT ? names[name] : "?";
}
