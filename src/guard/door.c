/* SPDX-License-Identifier: Apache-2.0 */
/* What costs least comes first: a blocked source is dropped after one or two
 * look-ups, before a byte of what it sent is read. */
#include "guard/door.h"

#include "guard/lines.h"
#include "guard/recent.h"

#include <stdlib.h>

enum { TELL_HITS_S = 60, SHORT_KEEPALIVE = 4, MAX_METHOD = 64, MAX_FIRST_LINE = 2048 };

enum { DOOR_EACH = 3 };

/* Blocked sources that keep coming, three to a line of the cache. */
struct door_line {
	uint32_t tags[DOOR_EACH];
	uint32_t hits[DOOR_EACH];   /* not told yet */
	uint32_t told_s[DOOR_EACH]; /* 1 + seconds; 0: never */
	uint32_t unused;
	struct guard_bucket challenges[DOOR_EACH];
};

_Static_assert(sizeof(struct door_line) == GUARD_LINE, "one line of the cache");

/* Whom a verdict dropped last, while nothing else came. */
struct door_last {
	struct flow flow;
	uint64_t now_us, changes; /* of the table */
	uint32_t *hits;           /* in its line; NULL: nobody */
};

struct guard_door {
	const struct verdict_table *verdicts;
	struct hash_key key;
	struct guard_lines sources;
	struct door_last last;
};

enum err guard_door_new(const struct verdict_table *verdicts, uint32_t max_sources,
                        const struct hash_key *key, struct guard_door **ret)
{
	struct guard_door *d = calloc(1, sizeof(*d));
	enum err err;

	if (!d)
		return ERR_NO_MEMORY;
	d->verdicts = verdicts;
	d->key = *key;
	err = guard_lines_init(&d->sources, max_sources, DOOR_EACH);
	if (err == ERR_NONE)
		*ret = d;
	else
		free(d);
	return err;
}

void guard_door_free(struct guard_door **d)
{
	if (!*d)
		return;
	guard_lines_clear(&(*d)->sources);
	free(*d);
	*d = NULL;
}

static bool is_blank_line(char c) { return c == '\r' || c == '\n'; }

/* What follows a method or a version in a start line of SIP and of HTTP alike. */
static bool is_token_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && view_find(VIEW("-.!%*_+`'~"), c, 0) < 10);
}

static bool is_stun(struct view bytes)
{
	/* RFC 8489 5: two zero bits, then the magic cookie at its place. */
	return bytes.len >= 20 && (bytes.at[0] & 0xc0) == 0 &&
	       view_equal(view_first(view_after(bytes, 4), 4), VIEW("\x21\x12\xa4\x42"));
}

static bool is_all_zero(struct view bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.at[i] != '\0')
			return false;
	}
	return true;
}

static enum guard_bytes text_of(struct view text)
{
	struct view line = view_first(text, view_find(view_first(text, MAX_FIRST_LINE), '\n', 0));
	size_t len = 0;

	if (view_contains(line, VIEW(" HTTP/")) || view_starts(line, VIEW("HTTP/")))
		return BYTES_HTTP;
	if (view_starts_nocase(line, VIEW("SIP/")))
		return BYTES_SIP;
	while (len < line.len && is_token_byte(line.at[len]))
		len++;
	if (len == 0 || len > MAX_METHOD || len == line.len || line.at[len] != ' ')
		return BYTES_GARBAGE;
	return BYTES_SIP;
}

enum guard_bytes guard_bytes_of(struct view bytes)
{
	size_t lead = 0;

	if (bytes.len > MAX_DATAGRAM)
		return BYTES_TOO_LONG;
	/* Phones keep their NAT open with CRLF, zero bytes or a few letters of their maker. */
	if (bytes.len <= SHORT_KEEPALIVE || is_all_zero(view_first(bytes, 2 * SHORT_KEEPALIVE)))
		return bytes.len <= 2 * SHORT_KEEPALIVE ? BYTES_KEEPALIVE : BYTES_GARBAGE;
	if (is_stun(bytes))
		return BYTES_STUN;
	if (bytes.at[0] == 0x16 && bytes.at[1] == 0x03)
		return BYTES_TLS;
	while (lead < bytes.len && lead < MAX_FIRST_LINE && is_blank_line(bytes.at[lead]))
		lead++;
	return lead == bytes.len ? BYTES_KEEPALIVE : text_of(view_after(bytes, lead));
}

const char *guard_bytes_name(enum guard_bytes bytes)
{
	static const char *const names[] = {
		[BYTES_SIP] = "sip",           [BYTES_KEEPALIVE] = "keepalive",
		[BYTES_STUN] = "stun",         [BYTES_HTTP] = "http",
		[BYTES_TLS] = "tls",           [BYTES_GARBAGE] = "garbage",
		[BYTES_TOO_LONG] = "too-long",
	};

	return (size_t)bytes < sizeof(names) / sizeof(names[0]) ? names[bytes] : "?";
}

/* Where a source stands in its line. Of a full one, whoever was told longest ago makes room. */
static uint32_t place_in(struct door_line *line, uint64_t hash)
{
	uint32_t tag = guard_line_tag(hash), at = 0;

	for (uint32_t i = 0; i < DOOR_EACH; i++) {
		if (line->tags[i] == tag)
			return i;
		if (line->told_s[i] < line->told_s[at])
			at = i;
	}
	line->tags[at] = tag;
	line->hits[at] = line->told_s[at] = 0;
	line->challenges[at] = (struct guard_bucket){ 0 };
	return at;
}

/* Hits are told at the first and then once a minute: a flood must not become a
 * flood of facts. */
static uint32_t hits_to_tell(struct door_line *line, uint32_t at, uint64_t now_us)
{
	uint32_t hits = line->hits[at], now_s = (uint32_t)(now_us / SECOND_US) + 1;

	if (line->told_s[at] != 0 && now_since(now_s, line->told_s[at]) < TELL_HITS_S)
		return 0;
	line->told_s[at] = now_s;
	line->hits[at] = 0;
	return hits;
}

static void meet_blocked(struct guard_door *d, const struct guard_knock *knock,
                         const struct guard_rate *challenges, struct now now,
                         struct guard_welcome *ret)
{
	uint64_t changes = verdict_table_changes(d->verdicts);
	struct addr address = addr_source(&knock->flow->remote);
	struct guard_spot spot = guard_spot_of(&d->key, &address, 0);
	struct door_line *line = guard_line_at(&d->sources, spot.hash);
	uint32_t at = place_in(line, spot.hash);

	if (knock->standing == STANDING_STRANGER && knock->host_has_known &&
	    guard_bucket_take(&line->challenges[at], challenges, now.us)) {
		ret->answer = DOOR_CHALLENGE;
		return;
	}
	line->hits[at]++;
	/* A phone beside it gives it challenges, which run out: it is looked at each time. */
	if (!knock->host_has_known)
		d->last = (struct door_last){ .flow = *knock->flow,
			                      .now_us = now.us,
			                      .changes = changes,
			                      .hits = &line->hits[at] };
	ret->hits = hits_to_tell(line, at, now.us);
	ret->answer = DOOR_DROP;
	ret->counter = COUNT_dropped_verdict;
}

/* Whether a verdict drops it; says on the way whether it stands as suspect. A
 * peer's address is on the never-block list, which the judge keeps. */
static bool is_blocked(const struct guard_door *d, const struct guard_knock *knock, uint64_t now_us,
                       struct guard_welcome *ret)
{
	enum mode mode = verdict_table_mode(d->verdicts);
	struct verdict v __attribute__((uninitialized)); /* filled before it is read */

	if (knock->standing == STANDING_PEER)
		return false;
	if (verdict_table_get(d->verdicts, &knock->flow->remote, now_us, &v) &&
	    verdict_acts(&v, mode)) {
		ret->block = v.block;
		return true;
	}
	if (knock->standing == STANDING_KNOWN ||
	    !verdict_table_find(d->verdicts, &knock->flow->remote, now_us, &v))
		return false;
	if (verdict_acts(&v, mode)) {
		ret->block = v.block;
		return true;
	}
	ret->is_suspect = v.state == VERDICT_SUSPECT && mode == MODE_BLOCK;
	return false;
}

bool guard_door_blocks(const struct guard_door *d, const struct guard_knock *knock, uint64_t now_us)
{
	struct guard_welcome unused = { .answer = DOOR_PASS };

	return is_blocked(d, knock, now_us, &unused);
}

static void meet_bytes(struct guard_welcome *ret)
{
	static const struct {
		enum counter counter;
		bool is_non_sip;
	} ways[] = {
		[BYTES_KEEPALIVE] = { COUNT_dropped_keepalive, false },
		[BYTES_STUN] = { COUNT_dropped_keepalive, false },
		[BYTES_HTTP] = { COUNT_dropped_not_sip, true },
		[BYTES_TLS] = { COUNT_dropped_not_sip, true },
		[BYTES_GARBAGE] = { COUNT_dropped_not_sip, true },
		[BYTES_TOO_LONG] = { COUNT_dropped_size, false },
	};

	if (ret->bytes == BYTES_SIP)
		return;
	if (ret->answer == DOOR_PASS || ret->answer == DOOR_CHALLENGE) {
		ret->answer = DOOR_DROP;
		ret->counter = ways[ret->bytes].counter;
		ret->is_non_sip = ways[ret->bytes].is_non_sip;
	}
}

struct guard_welcome guard_door_meet(struct guard_door *d, const struct guard_knock *knock,
                                     const struct guard_rate *blocked_challenges, struct now now)
{
	struct guard_welcome welcome = { .answer = DOOR_PASS };

	d->last.hits = NULL;
	if (is_blocked(d, knock, now.us, &welcome))
		meet_blocked(d, knock, blocked_challenges, now, &welcome);
	if (welcome.answer == DOOR_DROP)
		return welcome;
	welcome.bytes = guard_bytes_of(knock->bytes);
	meet_bytes(&welcome);
	return welcome;
}

bool guard_door_again(struct guard_door *d, const struct flow *flow, uint64_t now_us)
{
	const struct door_last *l = &d->last;

	if (!l->hits || l->now_us != now_us || l->flow.listener != flow->listener ||
	    !flow_equal(&l->flow, flow) || l->changes != verdict_table_changes(d->verdicts))
		return false;
	(*l->hits)++;
	return true;
}
