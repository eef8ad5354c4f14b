/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3263 as tables: what a zone holds, what is asked of it, and what it comes to; and servers
 * that mean ill. */
#include "base/buffer.h"
#include "resolve/lookup.h"
#include "runner/test.h"

#include <stdlib.h>
#include <string.h>

#define OWNED_ANSWER __attribute__((cleanup(answer_free))) struct resolve_answer

static void answer_free(struct resolve_answer **a)
{
	free(*a);
	*a = NULL;
}

/* One record: an owner, and what it says. */
struct entry {
	const char *owner;
	uint16_t type, priority, weight, port;
	const char *text, *service;
	uint32_t ttl_s;
};

#define A_OF(owner, address)                                                                       \
	{                                                                                          \
		owner, RESOLVE_A, 0, 0, 0, address, NULL, 300                                      \
	}
#define AAAA_OF(owner, address)                                                                    \
	{                                                                                          \
		owner, RESOLVE_AAAA, 0, 0, 0, address, NULL, 300                                   \
	}
#define ALIAS(owner, name)                                                                         \
	{                                                                                          \
		owner, RESOLVE_CNAME, 0, 0, 0, name, NULL, 300                                     \
	}
#define SRV_OF(owner, p, w, o, n)                                                                  \
	{                                                                                          \
		owner, RESOLVE_SRV, p, w, o, n, NULL, 300                                          \
	}
#define NAPTR_OF(owner, o, p, s, n)                                                                \
	{                                                                                          \
		owner, RESOLVE_NAPTR, o, p, 0, n, s, 300                                           \
	}

enum { MAX_ENTRIES = 12 };

static void put(struct resolve_answer *a, const struct entry *e)
{
	struct resolve_record *r = &a->records[a->count++];

	memset(r, 0, sizeof(*r));
	r->type = e->type;
	r->ttl_s = e->ttl_s;
	r->priority = e->priority;
	r->weight = e->weight;
	r->port = e->port;
	(void)VIEW_COPY(view_of(e->owner), r->owner);
	if (e->type == RESOLVE_A || e->type == RESOLVE_AAAA)
		(void)!addr_parse(view_of(e->text), &r->address);
	else
		(void)VIEW_COPY(view_of(e->text), r->name);
	if (e->service)
		(void)VIEW_COPY(view_of(e->service), r->service);
	(void)VIEW_COPY(VIEW("s"), r->flags);
}

/* What an honest server says: the aliases of the name, and the records at their end. */
static void serve(const struct entry *zone, const struct resolve_question *q,
                  struct resolve_answer *a)
{
	const char *name = q->name;

	a->count = 0;
	a->negative_s = 60;
	for (unsigned i = 0; i < MAX_ENTRIES && zone[i].owner && a->count < 4; i++) {
		if (zone[i].type != RESOLVE_CNAME || strcmp(zone[i].owner, name) != 0)
			continue;
		put(a, &zone[i]);
		name = zone[i].text;
		i = UINT32_MAX;
	}
	for (unsigned i = 0; i < MAX_ENTRIES && zone[i].owner; i++)
		if (zone[i].type == q->type && strcmp(zone[i].owner, name) == 0)
			put(a, &zone[i]);
	a->result = a->count ? RESOLVE_ANSWERED : RESOLVE_NOTHING;
}

static void write_question(struct buffer *b, const struct resolve_question *q)
{
	buffer_text(b, b->len ? " " : "");
	buffer_text(b, q->type == RESOLVE_A      ? "A:"
	               : q->type == RESOLVE_AAAA ? "AAAA:"
	               : q->type == RESOLVE_SRV  ? "SRV:"
	                                         : "NAPTR:");
	buffer_text(b, q->name);
}

static void write_outcome(struct buffer *b, const struct resolve_outcome *o)
{
	char text[ADDR_TEXT_MAX];

	if (o->result != RESOLVE_ANSWERED)
		buffer_text(b, o->result == RESOLVE_NOTHING ? "nothing" : "failed");
	for (unsigned i = 0; i < o->count; i++) {
		buffer_text(b, i ? " " : "");
		buffer_text(b, flow_transport_word((enum transport_kind)o->targets[i].transport));
		buffer_char(b, ':');
		buffer_text(b, addr_text(&o->targets[i].to, text));
		buffer_char(b, '/');
		buffer_decimal(b, o->targets[i].priority);
		buffer_char(b, '/');
		buffer_decimal(b, o->targets[i].weight);
	}
}

static struct resolve_wish wish_for(const char *host)
{
	struct resolve_wish w = {
		.families = { [TRANSPORT_UDP] = RESOLVE_V4, [TRANSPORT_TCP] = RESOLVE_V4 }
	};

	(void)VIEW_COPY(view_of(host), w.host);
	return w;
}

static const struct sentence {
	const char *name;
	struct entry zone[MAX_ENTRIES];
	uint16_t port;
	uint8_t written; /* 1 + transport; 0: none */
	uint8_t udp, tcp;
	const char *asked, *found;
} sentences[] = {
	{ "NAPTR names the service, SRV the hosts",
	  { NAPTR_OF("x.example", 10, 1, "sip+d2t", "_sip._tcp.x.example"),
	    NAPTR_OF("x.example", 5, 1, "sip+d2u", "_sip._udp.y.example"),
	    SRV_OF("_sip._udp.y.example", 2, 7, 5070, "b.example"),
	    SRV_OF("_sip._udp.y.example", 1, 9, 5060, "a.example"), A_OF("a.example", "192.0.2.1"),
	    A_OF("b.example", "192.0.2.2") },
	  0,
	  0,
	  RESOLVE_V4,
	  RESOLVE_V4,
	  "NAPTR:x.example SRV:_sip._udp.y.example A:a.example A:b.example",
	  "udp:192.0.2.1:5060/1/9 udp:192.0.2.2:5070/2/7" },
	{ "of NAPTR only what we speak on that side counts",
	  { NAPTR_OF("x.example", 1, 1, "sips+d2t", "_sips._tcp.x.example"),
	    NAPTR_OF("x.example", 2, 1, "sip+d2u", "_sip._udp.x.example"),
	    NAPTR_OF("x.example", 3, 1, "sip+d2t", "_sip._tcp.x.example"),
	    SRV_OF("_sip._tcp.x.example", 0, 0, 5060, "a.example"),
	    A_OF("a.example", "192.0.2.1") },
	  0,
	  0,
	  0,
	  RESOLVE_V4,
	  "NAPTR:x.example SRV:_sip._tcp.x.example A:a.example",
	  "tcp:192.0.2.1:5060/0/0" },
	{ "a service of NAPTR without hosts gives way to the next",
	  { NAPTR_OF("x.example", 1, 1, "sip+d2u", "_sip._udp.x.example"),
	    NAPTR_OF("x.example", 1, 2, "sip+d2t", "_sip._tcp.x.example"),
	    SRV_OF("_sip._tcp.x.example", 0, 0, 5060, "a.example"),
	    A_OF("a.example", "192.0.2.1") },
	  0,
	  0,
	  RESOLVE_V4,
	  RESOLVE_V4,
	  "NAPTR:x.example SRV:_sip._udp.x.example SRV:_sip._tcp.x.example A:a.example",
	  "tcp:192.0.2.1:5060/0/0" },
	{ "without NAPTR both services are asked for",
	  { SRV_OF("_sip._tcp.x.example", 0, 0, 5060, "a.example"),
	    A_OF("a.example", "192.0.2.1") },
	  0,
	  0,
	  RESOLVE_V4,
	  RESOLVE_V4,
	  "NAPTR:x.example SRV:_sip._udp.x.example SRV:_sip._tcp.x.example A:a.example",
	  "tcp:192.0.2.1:5060/0/0" },
	{ "without any of them the name's own addresses count",
	  { A_OF("x.example", "192.0.2.1"), A_OF("x.example", "192.0.2.2") },
	  0,
	  0,
	  RESOLVE_V4,
	  0,
	  "NAPTR:x.example SRV:_sip._udp.x.example A:x.example",
	  "udp:192.0.2.1:5060/0/0 udp:192.0.2.2:5060/0/0" },
	{ "a written transport needs no NAPTR",
	  { NAPTR_OF("x.example", 5, 1, "sip+d2u", "_sip._udp.x.example"),
	    SRV_OF("_sip._tcp.x.example", 0, 0, 5060, "a.example"),
	    A_OF("a.example", "192.0.2.1") },
	  0,
	  1 + TRANSPORT_TCP,
	  RESOLVE_V4,
	  RESOLVE_V4,
	  "SRV:_sip._tcp.x.example A:a.example",
	  "tcp:192.0.2.1:5060/0/0" },
	{ "a written port needs no SRV either",
	  { SRV_OF("_sip._udp.x.example", 0, 0, 5060, "a.example"),
	    A_OF("x.example", "192.0.2.9") },
	  5080,
	  0,
	  RESOLVE_V4,
	  RESOLVE_V4,
	  "A:x.example",
	  "udp:192.0.2.9:5080/0/0" },
	{ "both families are asked where we have both",
	  { A_OF("x.example", "192.0.2.1"), AAAA_OF("x.example", "2001:db8::1") },
	  5060,
	  0,
	  RESOLVE_V4 | RESOLVE_V6,
	  0,
	  "A:x.example AAAA:x.example",
	  "udp:192.0.2.1:5060/0/0 udp:[2001:db8::1]:5060/0/0" },
	{ "IPv6 alone is asked where we have nothing else",
	  { A_OF("x.example", "192.0.2.1"), AAAA_OF("x.example", "2001:db8::1") },
	  5060,
	  0,
	  RESOLVE_V6,
	  0,
	  "AAAA:x.example",
	  "udp:[2001:db8::1]:5060/0/0" },
	{ "aliases are followed within an answer",
	  { ALIAS("x.example", "y.example"), ALIAS("y.example", "z.example"),
	    A_OF("z.example", "192.0.2.1") },
	  5060,
	  0,
	  RESOLVE_V4,
	  0,
	  "A:x.example",
	  "udp:192.0.2.1:5060/0/0" },
	{ "a circle of aliases is a failure",
	  { ALIAS("x.example", "y.example"), ALIAS("y.example", "x.example") },
	  5060,
	  0,
	  RESOLVE_V4,
	  0,
	  "A:x.example",
	  "failed" },
	{ "SRV to the root says that there is no service",
	  { SRV_OF("_sip._udp.x.example", 0, 0, 5060, "") },
	  0,
	  1 + TRANSPORT_UDP,
	  RESOLVE_V4,
	  0,
	  "SRV:_sip._udp.x.example A:x.example",
	  "nothing" },
	{ "port 0, nowhere and multicast are no targets",
	  { SRV_OF("_sip._udp.x.example", 0, 0, 0, "a.example"),
	    SRV_OF("_sip._udp.x.example", 0, 0, 5060, "b.example"), A_OF("a.example", "192.0.2.1"),
	    A_OF("b.example", "0.0.0.0"), A_OF("b.example", "224.0.0.9"),
	    A_OF("b.example", "255.255.255.255") },
	  0,
	  1 + TRANSPORT_UDP,
	  RESOLVE_V4,
	  0,
	  "SRV:_sip._udp.x.example A:b.example",
	  "nothing" },
	{ "TLS that was written is asked for as TLS alone, and its port is another",
	  { SRV_OF("_sips._tcp.x.example", 1, 0, 5071, "a.example"),
	    SRV_OF("_sip._tcp.x.example", 0, 0, 5060, "b.example"),
	    A_OF("a.example", "192.0.2.1") },
	  0,
	  1 + TRANSPORT_TLS,
	  RESOLVE_V4,
	  0,
	  "SRV:_sips._tcp.x.example A:a.example",
	  "tls:192.0.2.1:5071/1/0" },
	{ "TLS without SRV is at the name itself",
	  { A_OF("x.example", "192.0.2.1") },
	  0,
	  1 + TRANSPORT_TLS,
	  RESOLVE_V4,
	  0,
	  "SRV:_sips._tcp.x.example A:x.example",
	  "tls:192.0.2.1:5061/0/0" },
	{ "two records for one place are one target",
	  { SRV_OF("_sip._udp.x.example", 1, 0, 5060, "a.example"),
	    SRV_OF("_sip._udp.x.example", 2, 0, 5060, "b.example"), A_OF("a.example", "192.0.2.1"),
	    A_OF("b.example", "192.0.2.1") },
	  0,
	  1 + TRANSPORT_UDP,
	  RESOLVE_V4,
	  0,
	  "SRV:_sip._udp.x.example A:a.example A:b.example",
	  "udp:192.0.2.1:5060/1/0" },
};

TEST(lookup_sentences,
     "each sentence of RFC 3263 4.1 and 4.2 asks what it says and finds what it says")
{
	OWNED_ANSWER *a = malloc(sizeof(*a));

	if (!a)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		const struct sentence *s = &sentences[i];
		struct resolve_wish wish = wish_for("x.example");
		char asked_text[512], found_text[512];
		struct buffer asked = BUFFER_ON(asked_text), found = BUFFER_ON(found_text);
		struct resolve_lookup l;
		struct resolve_question q;
		struct resolve_outcome o;

		wish.port = s->port;
		wish.is_transport_written = s->written > 0;
		wish.transport = (uint8_t)(s->written ? s->written - 1 : 0);
		wish.families[TRANSPORT_UDP] = s->udp;
		wish.families[TRANSPORT_TCP] = s->tcp;
		if (s->written == 1 + TRANSPORT_TLS)
			wish.families[TRANSPORT_TLS] = RESOLVE_V4;
		resolve_begin(&l, &wish);
		while (resolve_next(&l, &q)) {
			write_question(&asked, &q);
			serve(s->zone, &q, a);
			resolve_take(&l, a);
		}
		resolve_finish(&l, &o);
		write_outcome(&found, &o);
		CHECK_CASE(view_equal(buffer_view(&asked), view_of(s->asked)), s->name);
		CHECK_CASE(view_equal(buffer_view(&found), view_of(s->found)), s->name);
	}
	return ERR_NONE;
}

TEST(lookup_owner, "records of another owner or type than was asked for are not taken")
{
	const struct entry records[] = { A_OF("other.example", "192.0.2.66"),
		                         SRV_OF("x.example", 0, 0, 5060, "other.example"),
		                         AAAA_OF("x.example", "2001:db8::66") };
	OWNED_ANSWER *a = calloc(1, sizeof(*a));
	struct resolve_wish wish = wish_for("x.example");
	struct resolve_lookup l;
	struct resolve_outcome o;

	if (!a)
		return ERR_NO_MEMORY;
	for (unsigned i = 0; i < 3; i++)
		put(a, &records[i]);
	wish.port = 5060;
	resolve_begin(&l, &wish);
	resolve_take(&l, a);
	resolve_finish(&l, &o);
	CHECK(o.result == RESOLVE_NOTHING && o.count == 0);
	return ERR_NONE;
}

TEST(lookup_life, "the least TTL on the way counts; of nothing the negative one; of a failure none")
{
	OWNED_ANSWER *a = calloc(1, sizeof(*a));
	struct entry alias = ALIAS("x.example", "y.example"), own = A_OF("y.example", "192.0.2.1");
	struct resolve_wish wish = wish_for("x.example");
	struct resolve_lookup l;
	struct resolve_outcome o;

	if (!a)
		return ERR_NO_MEMORY;
	wish.port = 5060;
	alias.ttl_s = 20;
	own.ttl_s = 400;
	put(a, &alias);
	put(a, &own);
	resolve_begin(&l, &wish);
	resolve_take(&l, a);
	resolve_finish(&l, &o);
	CHECK(o.result == RESOLVE_ANSWERED && o.life_s == 20);
	a->result = RESOLVE_NOTHING;
	a->negative_s = 77;
	resolve_begin(&l, &wish);
	resolve_take(&l, a);
	resolve_finish(&l, &o);
	CHECK(o.result == RESOLVE_NOTHING && o.life_s == 77);
	a->result = RESOLVE_FAILED;
	resolve_begin(&l, &wish);
	resolve_take(&l, a);
	resolve_finish(&l, &o);
	CHECK(o.result == RESOLVE_FAILED && o.life_s == 0);
	return ERR_NONE;
}

TEST(lookup_failure,
     "what cannot be asked is not taken for absent: SRV that fails never gives way to the bare name")
{
	OWNED_ANSWER *a = calloc(1, sizeof(*a));
	struct resolve_wish wish = wish_for("x.example");
	struct resolve_lookup l;
	struct resolve_question q;
	struct resolve_outcome o;

	if (!a)
		return ERR_NO_MEMORY;
	resolve_begin(&l, &wish);
	a->result = RESOLVE_NOTHING;
	resolve_take(&l, a);
	a->result = RESOLVE_FAILED;
	resolve_take(&l, a);
	CHECK(!resolve_next(&l, &q));
	resolve_finish(&l, &o);
	CHECK(o.result == RESOLVE_FAILED);
	return ERR_NONE;
}

/* Records in masses, and at random. */
static void fill_hostile(struct resolve_answer *a, const struct resolve_question *q, uint32_t *seed)
{
	a->result = RESOLVE_ANSWERED;
	a->count = 0;
	while (a->count < MAX_RESOLVE_RECORDS) {
		static const uint16_t types[] = { RESOLVE_A, RESOLVE_CNAME, RESOLVE_AAAA,
			                          RESOLVE_SRV, RESOLVE_NAPTR };
		struct resolve_record *r = &a->records[a->count++];
		struct buffer b = buffer_on(r->name, sizeof(r->name) - 1);

		*seed = *seed * 1664525u + 1013904223u;
		memset(r, 0, sizeof(*r));
		r->type = (*seed >> 9) % 3 ? q->type : types[(*seed >> 16) % 5];
		(void)VIEW_COPY(view_of(q->name), r->owner);
		buffer_text(&b, "h");
		buffer_decimal(&b, *seed % 97);
		buffer_text(&b, ".example");
		r->priority = (uint16_t)(*seed >> 5);
		r->weight = (uint16_t)(*seed >> 11);
		r->port = (uint16_t)(*seed >> 3);
		(void)VIEW_COPY(VIEW("s"), r->flags);
		(void)VIEW_COPY(*seed & 64 ? VIEW("sip+d2u") : VIEW("sip+d2t"), r->service);
		r->address = (struct addr){ .family = r->type == RESOLVE_AAAA ? 6 : 4 };
		if (r->address.family == 4)
			r->address.bytes[10] = r->address.bytes[11] = 0xff;
		memcpy(&r->address.bytes[12], seed, sizeof(*seed));
		if (r->type == RESOLVE_CNAME && *seed % 5)
			a->count--;
	}
}

TEST(lookup_bounds,
     "whatever answers come, the questions end and the targets stay within their bound")
{
	OWNED_ANSWER *a = calloc(1, sizeof(*a));
	struct resolve_wish wish = wish_for("x.example");
	uint32_t seed = 11;

	if (!a)
		return ERR_NO_MEMORY;
	wish.families[TRANSPORT_UDP] = RESOLVE_V4 | RESOLVE_V6;
	for (unsigned i = 0; i < 2000; i++) {
		struct resolve_lookup l;
		struct resolve_question q;
		struct resolve_outcome o;
		unsigned asked = 0;

		resolve_begin(&l, &wish);
		while (resolve_next(&l, &q)) {
			CHECK(++asked <= MAX_RESOLVE_QUESTIONS);
			fill_hostile(a, &q, &seed);
			if (seed % 7 == 0)
				a->result = RESOLVE_NOTHING;
			resolve_take(&l, a);
		}
		resolve_finish(&l, &o);
		CHECK(o.count <= MAX_RESOLVED_TARGETS);
		CHECK((o.count > 0) == (o.result == RESOLVE_ANSWERED));
		for (unsigned k = 1; k < o.count; k++)
			CHECK(o.targets[k - 1].priority <= o.targets[k].priority);
	}
	return ERR_NONE;
}

TEST(lookup_names, "what is no host name is not asked for")
{
	static const char *const good[] = { "a", "sip.example.com", "_sip._udp.example.com",
		                            "x-1.example", "1.example" };
	static const char *const bad[] = { "",    ".",        "a..b",      ".a",
		                           "a.",  "a b.com",  "a\\.b.com", "-a.com",
		                           "a/b", "\x80.com", "a.com\n" };
	char longest[RESOLVE_NAME_SIZE + 1];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_CASE(resolve_is_name(view_of(good[i])), good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_CASE(!resolve_is_name(view_of(bad[i])), bad[i]);
	memset(longest, 'a', sizeof(longest));
	CHECK(resolve_is_name(view_bytes(longest, 63)));
	CHECK(!resolve_is_name(view_bytes(longest, 64)));
	for (size_t i = 50; i < sizeof(longest); i += 51)
		longest[i] = '.';
	CHECK(!resolve_is_name(view_bytes(longest, RESOLVE_NAME_SIZE - 2)));
	CHECK(resolve_is_name(view_bytes(longest, 200)));
	return ERR_NONE;
}
