/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are read by their stops: what nearly all write is, and everything alike. */
#include "alike.h"
#include "runner/test.h"
#include "sip/plain_priv.h"

static const char *const uris[] = {
	"sip:anna@example.com",
	"sip:+441632960123@pbx.example.com:5070;user=phone",
	"SIP:anna@192.0.2.1:5060;transport=udp;ob",
	"sip:203.0.113.255",
	"sip:example.com:65535;lr",
	"sip:3com.example.com",
	"sip:a;b?c=d@example.com;maddr=192.0.2.7;ttl=1",
	"sip:a.b_c-d@x-1.y_2.z3",
};

static const char *const addresses[] = {
	"<sip:anna@example.com>",
	"<sip:anna@example.com>;tag=1f.2-a~",
	"\"Anna B.\" <sip:anna@192.0.2.1:5062;transport=tcp>;tag=z9;x",
	"\"Ann\303\244 (home), <1>\"<sip:anna@example.com>;expires=3600;q=0.5",
	"Anna B. <sip:anna@example.com>;tag=17",
	"\"\" <sip:192.0.2.1;lr>",
	"Ann\303\244<sip:anna@example.com>",
};

static const char *const vias[] = {
	"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1.2;rport",
	"SIP/2.0/TCP a.example.com;branch=z9hG4bK77;received=192.0.2.4;rport=5061",
	"SIP/2.0/TLS 198.51.100.255:17;alias;branch=z9hG4bKx;maddr=192.0.2.4;ttl=255",
	"SIP/2.0/UDP example.com",
	"SIP/2.0/UDP example.com;RPORT;Branch=z9hG4bK1;received=[2001:db8::1]",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

TEST(plain_taken, "what nearly all write is read by its stops, as the careful readers do")
{
	struct sip_name_addr address;
	struct sip_uri uri;
	struct sip_via via;

	for (size_t i = 0; i < COUNT(uris); i++)
		CHECK(sip_uri_plain(view_of(uris[i]), &uri) && alike_uri(view_of(uris[i])));
	for (size_t i = 0; i < COUNT(addresses); i++)
		CHECK(sip_name_addr_plain(view_of(addresses[i]), &address) &&
		      alike_name_addr(view_of(addresses[i])));
	for (size_t i = 0; i < COUNT(vias); i++)
		CHECK(sip_via_plain(view_of(vias[i]), &via) && alike_via(view_of(vias[i])));
	return ERR_NONE;
}

/* All texts of a list cut everywhere, and with every byte in every place. */
static bool all_alike(const char *const *texts, size_t count, bool (*is_alike)(struct view text))
{
	static char bytes[MAX_STOPS_TEXT];
	bool are_alike = true;

	for (size_t i = 0; i < count; i++)
		for (size_t at = 0, len = strlen(texts[i]); at <= len; at++) {
			memcpy(bytes, texts[i], len);
			are_alike = are_alike && is_alike(view_bytes(bytes, at));
			for (unsigned byte = 0; at < len && byte < 256; byte++) {
				bytes[at] = (char)byte;
				are_alike = are_alike && is_alike(view_bytes(bytes, len));
			}
		}
	return are_alike;
}

TEST(plain_alike, "whatever stands in it, what is read by its stops is read as the careful do")
{
	CHECK(all_alike(uris, COUNT(uris), alike_uri));
	CHECK(all_alike(addresses, COUNT(addresses), alike_name_addr));
	CHECK(all_alike(vias, COUNT(vias), alike_via));
	return ERR_NONE;
}

/* 32 names, each told from all others by its length and first letter. */
#define MANY                                                                                       \
	"sip:h;a;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p;q;r;s;t;u;v;w;x;y;z"                                \
	";xx;yy;zz;yyy;zzz;yyyy"

TEST(plain_limits, "the longest text and the most parameters that are read by their stops")
{
	char bytes[MAX_STOPS_TEXT + 1];
	struct sip_uri uri;

	for (size_t len = 6; len <= sizeof(bytes); len++) {
		memset(bytes, 'x', sizeof(bytes));
		memcpy(bytes, "sip:a@", 6);
		CHECK(sip_uri_plain(view_bytes(bytes, len), &uri) ==
		      (len > 6 && len <= MAX_STOPS_TEXT));
		CHECK(alike_uri(view_bytes(bytes, len)));
	}
	CHECK(sip_uri_plain(VIEW(MANY), &uri) && alike_uri(VIEW(MANY)));
	CHECK(!sip_uri_plain(VIEW(MANY ";zzzz"), &uri));
	CHECK(!sip_uri_plain(VIEW("sip:h;lr;x=1;LR"), &uri));
	return ERR_NONE;
}
