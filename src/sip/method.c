/* SPDX-License-Identifier: Apache-2.0 */
/* Methods by number: few enough to compare one after the other. */
#include "sip/method.h"

static const struct view names[SIP_METHOD_COUNT] = {
#define METHOD(name) [SIP_METHOD_##name] = { #name, sizeof(#name) - 1 },
#include "sip/method.def"
#undef METHOD
};

enum sip_method sip_method_of(struct view text)
{
	/* The first letter mostly tells: no call for the others. */
	if (text.len == 0)
		return SIP_METHOD_OTHER;
	for (enum sip_method m = SIP_METHOD_OTHER + 1; m < SIP_METHOD_COUNT; m++)
		if (text.len == names[m].len && text.at[0] == names[m].at[0] &&
		    memcmp(text.at, names[m].at, text.len) == 0)
			return m;
	return SIP_METHOD_OTHER;
}

struct view sip_method_name(enum sip_method m) { return names[m]; }
