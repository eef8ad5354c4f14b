/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that the check leaves in the message are those that a parser reads. */
#include <string.h>

#include "message.h"
#include "runner/test.h"
#include "sip/check.h"
#include "sip/parts.h"

#define LOGIN "Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"sip:x\",response=\"0\""

enum { ALL = SIP_PART_URI | SIP_PART_FROM | SIP_PART_TO | SIP_PART_VIA };

static const struct {
	const char *name, *text;
	unsigned known; /* behind the check */
} cases[] = {
	{ "a usual request", GOOD "\r\n", ALL },
	{ "a response has no Request-URI", "SIP/2.0 200 OK\r\n" CORE SEQ "\r\n",
	  ALL & ~SIP_PART_URI },
	{ "two Via in two rows: the topmost",
	  LINE VIA "Via: SIP/2.0/TCP h;branch=z9hG4bKb\r\n" FROM TO ID SEQ HOPS "\r\n", ALL },
	{ "two Via in one row",
	  LINE "Via: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/TCP b;branch=z9hG4bK2\r\n" FROM TO ID
	          SEQ HOPS "\r\n",
	  ALL & ~SIP_PART_VIA },
	{ "a Via of no grammar", LINE "Via: SIP/2.0 UDP a\r\n" FROM TO ID SEQ HOPS "\r\n",
	  ALL & ~SIP_PART_VIA },
	{ "a From of no grammar", LINE VIA "From: <sip:a@b\r\n" TO ID SEQ HOPS "\r\n",
	  ALL & ~SIP_PART_FROM },
	{ "a To with two tags", LINE VIA FROM "To: <sip:a@b>;tag=1;tag=2\r\n" ID SEQ HOPS "\r\n",
	  ALL & ~SIP_PART_TO },
	{ "a Request-URI of no grammar", "OPTIONS sip:a@b@c SIP/2.0\r\n" CORE SEQ HOPS "\r\n",
	  ALL & ~SIP_PART_URI },
	{ "a Contact", GOOD "Contact: <sip:a@b>;expires=60;q=0.5\r\n\r\n", ALL | SIP_PART_CONTACT },
	{ "all Contacts", GOOD "Contact: *\r\n\r\n", ALL | SIP_PART_CONTACT },
	{ "an empty Contact", GOOD "Contact: \r\n\r\n", ALL },
	{ "two Contacts in a row", GOOD "Contact: <sip:a@b>, <sip:c@d>\r\n\r\n", ALL },
	{ "two rows of Contact", GOOD "Contact: <sip:a@b>\r\nm: <sip:c@d>\r\n\r\n", ALL },
	{ "a Contact of no grammar", GOOD "Contact: <sip:a@b\r\n\r\n", ALL },
	{ "a Contact with a quoted comma", GOOD "Contact: \"a, b\" <sip:a@b>\r\n\r\n", ALL },
	{ "credentials", GOOD "Authorization: " LOGIN "\r\n\r\n", ALL | SIP_PART_DIGEST },
	{ "credentials twice",
	  GOOD "Proxy-Authorization: " LOGIN "\r\nProxy-Authorization: " LOGIN "\r\n\r\n",
	  ALL | SIP_PART_DIGEST },
	{ "credentials of both kinds, the first of no grammar",
	  GOOD "Proxy-Authorization: " LOGIN "\r\nAuthorization: Digest\r\n\r\n", ALL },
	{ "a challenge",
	  "SIP/2.0 401 No\r\n" CORE SEQ "WWW-Authenticate: Digest realm=\"r\",nonce=\"n\"\r\n\r\n",
	  (ALL & ~SIP_PART_URI) | SIP_PART_DIGEST },
	{ "a challenge of another kind",
	  "SIP/2.0 407 No\r\n" CORE SEQ "Proxy-Authenticate: Basic realm=\"r\"\r\n\r\n",
	  ALL & ~SIP_PART_URI },
};

enum { PARTS = 7 };

/* What the accessors say of it, as errors and texts. */
struct said {
	enum err err[PARTS];
	struct view text[PARTS];
};

static bool is_digest_row(enum sip_header_id id)
{
	return id == SIP_HEADER_AUTHORIZATION || id == SIP_HEADER_PROXY_AUTHORIZATION ||
	       id == SIP_HEADER_WWW_AUTHENTICATE || id == SIP_HEADER_PROXY_AUTHENTICATE;
}

/* Of the last header with a digest. */
static struct view nonce_of(const struct sip_msg *m)
{
	struct view nonce = VIEW_EMPTY;

	for (size_t i = 0; i < m->count; i++) {
		struct sip_digest spare;
		const struct sip_digest *d;

		if (!is_digest_row((enum sip_header_id)m->headers[i].id))
			continue;
		d = sip_parts_digest_at(m, &m->headers[i], &spare);
		nonce = d ? d->values[SIP_DIGEST_NONCE] : VIEW("none");
	}
	return nonce;
}

static struct said ask(const struct sip_msg *m)
{
	struct sip_name_addr from = { .tag = VIEW_EMPTY }, to = { .tag = VIEW_EMPTY };
	struct sip_uri uri = { .text = VIEW_EMPTY };
	struct sip_via via = { .branch = VIEW_EMPTY };
	struct sip_contact contacts[2] = { { .is_star = false } };
	size_t count = 0;
	struct said said = {
		.err = { sip_parts_uri(m, &uri), sip_parts_address(m, SIP_HEADER_FROM, &from),
		         sip_parts_address(m, SIP_HEADER_TO, &to), sip_parts_via(m, &via) }
	};

	said.text[0] = uri.text;
	said.text[1] = from.tag;
	said.text[2] = to.uri.text;
	said.text[3] = via.branch;
	said.err[4] = sip_contacts_read(m, contacts, 2, &count);
	if (count > 0) {
		said.text[4] = contacts[0].address.uri.text;
		said.err[5] = count == 1 && contacts[0].is_star ? ERR_EXISTS : ERR_NONE;
		said.text[5] = count > 1 ? contacts[1].address.uri.text : VIEW_EMPTY;
	}
	said.text[6] = nonce_of(m);
	return said;
}

TEST(parts_same, "what the check leaves in the message is what a parser reads there")
{
	static struct sip_msg msg;
	char bytes[1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].text);
		struct said before, after;

		memcpy(bytes, cases[i].text, len);
		CHECK_CASE(sip_msg_parse(bytes, len, &sip_limits_default, &msg) == ERR_NONE,
		           cases[i].name);
		CHECK_CASE(msg.parts.known == 0, cases[i].name);
		before = ask(&msg);
		(void)!sip_check(&msg);
		CHECK_CASE(msg.parts.known == cases[i].known, cases[i].name);
		after = ask(&msg);
		for (size_t k = 0; k < PARTS; k++) {
			CHECK_CASE(before.err[k] == after.err[k], cases[i].name);
			CHECK_CASE(view_equal(before.text[k], after.text[k]), cases[i].name);
		}
	}
	return ERR_NONE;
}
