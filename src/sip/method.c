/* SPDX-License-Identifier: Apache-2.0 */
/* Methods by number: first letter and length tell which one a text may be. */
#include "sip/method.h"

enum { LETTERS = 32, MAX_METHOD_NAME = 15 };

static const struct view names[SIP_METHOD_COUNT] = {
#define METHOD(name, first) [SIP_METHOD_##name] = { #name, sizeof(#name) - 1 },
#include "sip/method.def"
#undef METHOD
};

/* A place that two methods want is told by the test of the table. */
static const uint8_t by_shape[LETTERS][MAX_METHOD_NAME + 1] = {
#define METHOD(name, first) [(first) % LETTERS][sizeof(#name) - 1] = SIP_METHOD_##name,
#include "sip/method.def"
#undef METHOD
};

#define METHOD(name, first)                                                                        \
	_Static_assert(sizeof(#name) > 2 && sizeof(#name) - 1 <= MAX_METHOD_NAME,                  \
	               "name has its place, and is compared by words");
#include "sip/method.def"
#undef METHOD

/* Words overlap, so that none reaches beyond either name. */
static bool is_same(const char *a, const char *b, size_t len)
{
	if (len >= 8)
		return memcmp(a, b, 8) == 0 && memcmp(a + len - 8, b + len - 8, 8) == 0;
	if (len >= 4)
		return memcmp(a, b, 4) == 0 && memcmp(a + len - 4, b + len - 4, 4) == 0;
	return memcmp(a, b, 2) == 0 && a[len - 1] == b[len - 1];
}

enum sip_method sip_method_of(struct view text)
{
	enum sip_method m;

	if (text.len == 0 || text.len > MAX_METHOD_NAME)
		return SIP_METHOD_OTHER;
	m = by_shape[(unsigned char)text.at[0] % LETTERS][text.len];
	if (m == SIP_METHOD_OTHER || !is_same(text.at, names[m].at, text.len))
		return SIP_METHOD_OTHER;
	return m;
}

struct view sip_method_name(enum sip_method m) { return names[m]; }
