/* SPDX-License-Identifier: Apache-2.0 */
/* Our parser on the mix. "index": headers named and delimited, CSeq, Call-ID,
 * Max-Forwards and Content-Length read. "full": the grammar of every header
 * that we use, URIs and credentials too. "with SDP": the session description
 * as well. All with the copy of the message that a receive buffer would have
 * been.
 *
 *     bench-parse [MIX]          measures
 *     bench-parse --once KIND    parses each message once: index, full, sdp, or load, nothing; for
 *                                programs that count instructions
 *     bench-parse --write MIX    writes the mix, for parsers elsewhere */
#include <stdio.h>
#include <string.h>

#include "mix.h"
#include "sdp/session.h"
#include "sip/check.h"

static struct sip_msg msg;
static struct sdp_session session;
static char bytes[65536];

static int parse_index(const char *text, size_t len)
{
	memcpy(bytes, text, len);
	return sip_msg_parse(bytes, len, &sip_limits_default, &msg) != ERR_NONE;
}

static int parse_full(const char *text, size_t len)
{
	return parse_index(text, len) || sip_check(&msg) != ERR_NONE;
}

static int parse_with_sdp(const char *text, size_t len)
{
	return parse_full(text, len) ||
	       (msg.body.len > 0 && sdp_parse(msg.body, &session) != SDP_FINE);
}

static const struct {
	const char *name;
	mix_parse parse;
} kinds[] = {
	{ "load", NULL },
	{ "index", parse_index },
	{ "full", parse_full },
	{ "sdp", parse_with_sdp },
};

static int parse_once(const struct mix *mix, const char *name)
{
	unsigned rejected = 0;

	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
		if (strcmp(kinds[kind].name, name) != 0)
			continue;
		for (size_t i = 0; kinds[kind].parse && i < mix->count; i++)
			rejected += kinds[kind].parse(mix->texts[i], mix->lens[i]) != 0;
		printf("%s: rejected %u of %zu\n", name, rejected, mix->count);
		return 0;
	}
	fprintf(stderr, "bench-parse: --once knows load, index, full and sdp, not %s\n", name);
	return 2;
}

int main(int count, char **arguments)
{
	static struct mix mix;

	if (count == 3 && strcmp(arguments[1], "--once") == 0) {
		mix_load(&mix, NULL);
		return parse_once(&mix, arguments[2]);
	}
	if (count == 3 && strcmp(arguments[1], "--write") == 0) {
		mix_load(&mix, NULL);
		mix_save(&mix, arguments[2]);
		return 0;
	}
	mix_load(&mix, count > 1 ? arguments[1] : NULL);
	mix_measure(&mix, "ringfence index", parse_index);
	mix_measure(&mix, "ringfence full", parse_full);
	mix_measure(&mix, "ringfence full with SDP", parse_with_sdp);
	return 0;
}
