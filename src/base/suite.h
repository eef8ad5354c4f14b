/* SPDX-License-Identifier: Apache-2.0 */
/* The suites of SRTP, of which offers, orders and the relay all speak: their
 * names in SDP (RFC 4568 6.2, RFC 6188 4, RFC 7714 14.2) and the sizes of their keys. */
#ifndef BASE_SUITE_H
#define BASE_SUITE_H

#include "base/view.h"

enum suite {
	SUITE_NONE, /* no protection */
#define SUITE(row, name, key, salt, tag, rtcp_tag) SUITE_##row,
#include "base/suite.def"
#undef SUITE
	SUITE_COUNT
};

enum { SUITE_MAX_KEY = 32, SUITE_MAX_SALT = 14, SUITE_MAX_TAG = 16 };
/* A master key and its salt, one behind the other. */
enum { SUITE_MAX_SECRET = SUITE_MAX_KEY + SUITE_MAX_SALT };

struct suite_sizes {
	const char *name;
	uint8_t key, salt, tag, rtcp_tag;
};

/* Of any suite; SUITE_NONE and what is none have no name and no sizes. */
const struct suite_sizes *suite_sizes(unsigned suite);
/* Names are compared as they are written; SUITE_NONE where there is none of that name. */
enum suite suite_find(struct view name);
static inline size_t suite_secret_size(unsigned suite)
{
	return (size_t)suite_sizes(suite)->key + suite_sizes(suite)->salt;
}
static inline bool suite_is_aead(unsigned suite)
{
	return suite == SUITE_GCM_128 || suite == SUITE_GCM_256;
}

#endif
