/* SPDX-License-Identifier: Apache-2.0 */
/* Names of asks and roles. */
#include "event/ask.h"

const char *ask_kind_name(enum ask_kind kind)
{
	static const char *const names[ASK_KIND_COUNT] = {
#define ASK(name, from, to) [ASK_##name] = #name,
#include "event/ask.def"
#undef ASK
	};

	return (size_t)kind < ASK_KIND_COUNT ? names[kind] : "?";
}

const char *role_name(enum role role)
{
	static const char *const names[ROLE_COUNT] = {
		[ROLE_PARENT] = "parent",
		[ROLE_SIGNAL] = "signal",
		[ROLE_MEDIA] = "media",
		[ROLE_JUDGE] = "judge",
		[ROLE_STORE] = "store",
		[ROLE_WEB] = "web",
		[ROLE_KERNEL] = "kernel",
		[ROLE_OBSERVE] = "observe",
		[ROLE_OUTREACH] = "outreach",
		[ROLE_KEYS] = "keys",
		"media-2",
		"media-3",
		"media-4",
		"media-5",
		"media-6",
		"media-7",
		"media-8",
		"signal-2",
		"signal-3",
		"signal-4",
		"signal-5",
		"signal-6",
		"signal-7",
		"signal-8",
	};

	return (size_t)role < ROLE_COUNT ? names[role] : "?";
}
