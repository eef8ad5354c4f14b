/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the kinds of records. */
#include "event/record.h"

const char *record_kind_name(enum record_kind kind)
{
	static const char *const names[RECORD_KIND_COUNT] = {
		[RECORD_CALL] = "call",     [RECORD_INCIDENT] = "incident",
		[RECORD_SAMPLE] = "sample", [RECORD_BLOCK] = "block",
		[RECORD_AUDIT] = "audit",
	};

	return (size_t)kind < RECORD_KIND_COUNT ? names[kind] : "?";
}
