/* SPDX-License-Identifier: Apache-2.0 */
/* Option tags, one row each. */
#include "border/extensions.h"

#include "sip/build.h"
#include "sip/tokens.h"
#include "sip/values.h"

/* RFC 3262, 4028, 3891, 4488, 4538, 7044, 3323, 4916; and behind those that pass: 5626, 3327. */
static const struct view tags_known[] = {
	{ "100rel", 6 },   { "timer", 5 },    { "replaces", 8 }, { "norefersub", 10 },
	{ "tdialog", 7 },  { "histinfo", 8 }, { "privacy", 7 },  { "from-change", 11 },
	{ "outbound", 8 }, { "path", 4 },
};
enum { PASSING = 8, KNOWN = sizeof(tags_known) / sizeof(tags_known[0]) };

size_t extensions_unknown(const struct sip_msg *msg, enum sip_header_id id,
                          enum extensions_sender sender, struct buffer *b)
{
	unsigned known = sender == EXTENSIONS_OF_PHONE ? KNOWN : PASSING;

	/* We are the proxy that Proxy-Require asks: nothing is done for it on the way. */
	return sip_tokens_unknown(msg, id, tags_known, id == SIP_HEADER_REQUIRE ? known : 0, b);
}

static void copy(struct buffer *b, const struct sip_msg *msg, enum sip_header_id id)
{
	char text[160] __attribute__((uninitialized)); /* no more is read than was written */
	struct buffer tags = BUFFER_ON(text);
	uint32_t set = sip_tokens_among(msg, id, tags_known, PASSING);

	for (unsigned i = 0; i < PASSING; i++) {
		/* The first row is 100rel. */
		if ((i == 0 && !msg->is_request) || (set >> i & 1) == 0)
			continue;
		if (tags.len > 0)
			buffer_text(&tags, ", ");
		buffer_put(&tags, tags_known[i]);
	}
	if (tags.len > 0)
		sip_build_header(b, id, buffer_view(&tags));
}

void extensions_copy(struct buffer *b, const struct sip_msg *msg)
{
	copy(b, msg, SIP_HEADER_SUPPORTED);
	copy(b, msg, SIP_HEADER_REQUIRE);
}

bool extensions_offers(const struct sip_msg *msg, struct view tag)
{
	return sip_tokens_have(msg, SIP_HEADER_SUPPORTED, tag) ||
	       sip_tokens_have(msg, SIP_HEADER_REQUIRE, tag);
}
