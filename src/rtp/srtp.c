/* SPDX-License-Identifier: Apache-2.0 */
/* SRTP: header, index, window, then the cipher; and the book of senders. */
#include "rtp/srtp_priv.h"

#include "base/secret.h"
#include "rtp/srtp_key.h"

enum { HEADER_SIZE = 12, SOURCE_SIZE = 4, EXTENSION_SIZE = 4, VERSION = 2, EXTENSION_BIT = 0x10 };

enum err rtp_srtp_start(struct srtp *s, struct srtp_engine *e, unsigned suite,
                        const uint8_t *secret, const struct srtp_setup *setup)
{
	unsigned window = setup->window != 0 ? setup->window : SRTP_USUAL_WINDOW;
	uint64_t max = setup->max_packets != 0 ? setup->max_packets : SRTP_MAX_PACKETS;
	struct srtp_session keys;
	void *context = s->context;
	enum err err;

	s->context = NULL;
	rtp_srtp_stop(s);
	if (suite_secret_size(suite) == 0 || window % 64 != 0 || window < SRTP_MIN_WINDOW ||
	    window > SRTP_MAX_WINDOW) {
		rtp_cipher_forget(&context);
		return ERR_UNSUPPORTED;
	}
	rtp_key_derive(e, suite, secret, false, &keys);
	rtp_cipher_take(&s->rtp, suite, &keys);
	err = rtp_cipher_key(e, suite, keys.key, &context);
	rtp_key_derive(e, suite, secret, true, &keys);
	rtp_cipher_take(&s->rtcp, suite, &keys);
	memcpy(s->rtcp_key, keys.key, sizeof(s->rtcp_key));
	secret_wipe(&keys, sizeof(keys));
	s->engine = e;
	s->context = context;
	s->marks = setup->marks;
	s->window = (uint16_t)window;
	s->max_packets = max;
	s->max_rtcp_packets = max < SRTCP_MAX_PACKETS ? (uint32_t)max : SRTCP_MAX_PACKETS;
	if (err != ERR_NONE)
		rtp_srtp_stop(s);
	return err;
}

void rtp_srtp_stop(struct srtp *s)
{
	rtp_cipher_forget(&s->context);
	secret_wipe(s, sizeof(*s));
}

struct srtp_place rtp_srtp_find(struct srtp *s, uint32_t ssrc)
{
	for (size_t i = 0; i < SRTP_RECENT_SOURCES; i++)
		if (s->recent[i].used != 0 && s->recent[i].ssrc == ssrc)
			return (struct srtp_place){ &s->recent[i], &s->marks[s->recent[i].mark] };
	for (size_t i = 0; i < SRTP_MAX_SOURCES; i++)
		if ((s->marks[i].rtp != 0 || s->marks[i].rtcp != 0) && s->marks[i].ssrc == ssrc)
			return (struct srtp_place){ NULL, &s->marks[i] };
	return (struct srtp_place){ NULL, NULL };
}

static struct srtp_mark *free_mark(const struct srtp *s)
{
	for (size_t i = 0; i < SRTP_MAX_SOURCES; i++)
		if (s->marks[i].rtp == 0 && s->marks[i].rtcp == 0)
			return &s->marks[i];
	return NULL;
}

bool rtp_srtp_has_room(const struct srtp *s) { return free_mark(s) != NULL; }

static struct srtp_window *window_of(struct srtp *s, const struct srtp_recent *recent)
{
	return &s->windows[recent - s->recent];
}

static struct srtp_recent *quietest(struct srtp *s)
{
	struct srtp_recent *best = &s->recent[0];

	for (size_t i = 1; i < SRTP_RECENT_SOURCES; i++)
		if (s->recent[i].used < best->used)
			best = &s->recent[i];
	return best;
}

void rtp_srtp_settle(struct srtp *s, uint32_t ssrc, struct srtp_place *place)
{
	s->count++;
	if (!place->mark) {
		place->mark = free_mark(s);
		place->mark->ssrc = ssrc;
	}
	if (!place->recent) {
		place->recent = quietest(s);
		place->recent->ssrc = ssrc;
		place->recent->mark = (uint8_t)(place->mark - s->marks);
		/* Of what came under a mark before we know but the highest. */
		place->recent->rtcp_window = place->mark->rtcp != 0 ? UINT64_MAX : 0;
		if (place->mark->rtp != 0)
			rtp_window_fill(window_of(s, place->recent));
		else
			rtp_window_clear(window_of(s, place->recent));
	}
	place->recent->used = s->count;
}

struct packet {
	struct srtp_place place;
	uint64_t index;
	uint32_t ssrc;
	size_t header; /* bytes that stay clear */
};

/* What stays clear: the header with its sources and extension. */
static enum err measure(const char *at, size_t len, size_t *ret)
{
	size_t header = HEADER_SIZE;

	if (len < HEADER_SIZE)
		return ERR_SHORT;
	if ((uint8_t)at[0] >> 6 != VERSION)
		return ERR_SYNTAX;
	header += (size_t)SOURCE_SIZE * ((uint8_t)at[0] & 0x0f);
	if (at[0] & EXTENSION_BIT) {
		if (len < header + EXTENSION_SIZE)
			return ERR_SHORT;
		header += EXTENSION_SIZE + (rtp_srtp_word(at + header) & 0xffff) * SOURCE_SIZE;
	}
	if (len < header)
		return ERR_SHORT;
	*ret = header;
	return ERR_NONE;
}

/* Before any cipher: where the packet stands, and whether one of that index may come. */
static enum err place_packet(struct srtp *s, const char *at, size_t len, struct packet *ret)
{
	struct packet p = { .header = 0 };
	enum err err = measure(at, len, &p.header);
	bool is_known, is_fresh = true;
	uint16_t sequence;

	if (err != ERR_NONE)
		return err;
	sequence = (uint16_t)rtp_srtp_word(at);
	p.ssrc = rtp_srtp_word(at + 8);
	p.place = rtp_srtp_find(s, p.ssrc);
	is_known = p.place.mark && p.place.mark->rtp != 0;
	p.index = is_known ? rtp_index_guess(p.place.mark->rtp - 1, sequence) : sequence;
	if (is_known && p.place.recent)
		is_fresh = rtp_window_allows(window_of(s, p.place.recent), s->window,
		                             p.place.mark->rtp - 1, p.index);
	else if (is_known)
		is_fresh = p.index >= p.place.mark->rtp;
	if (!is_fresh)
		return ERR_STALE;
	if (p.index >= s->max_packets)
		return ERR_LIMIT;
	if (!p.place.mark && !rtp_srtp_has_room(s))
		return ERR_FULL;
	*ret = p;
	return ERR_NONE;
}

static void note_packet(struct srtp *s, struct packet *p)
{
	uint64_t highest;

	rtp_srtp_settle(s, p->ssrc, &p->place);
	highest = p->place.mark->rtp != 0 ? p->place.mark->rtp - 1 : p->index;
	rtp_window_note(window_of(s, p->place.recent), s->window, highest, p->index);
	if (p->index >= p->place.mark->rtp)
		p->place.mark->rtp = p->index + 1;
}

/* The tag is over packet and rollover counter (RFC 3711 4.2). Where the tag stands that counter
 * would have to be put, and the hash wait for it: it is hashed by itself. */
static void tag_of(const struct srtp *s, const char *packet, size_t len, uint64_t index,
                   uint8_t ret[SRTP_AUTH_KEY])
{
	char counter[4];

	rtp_srtp_put_word(counter, (uint32_t)(index >> 16));
	rtp_cipher_tag(&s->rtp, view_bytes(packet, len), view_bytes(counter, sizeof(counter)), ret);
}

/* Byte by byte: of a length that is known no sooner memcpy reads words across those that the hash
 * has just left, and waits for them, a fifth of the whole packet's time. */
static void put_tag(char *at, const uint8_t *tag, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (char)tag[i];
}

enum err rtp_srtp_protect(struct srtp *s, char *packet, size_t room, size_t *len)
{
	size_t tag_len = suite_sizes(s->rtp.suite)->tag;
	uint8_t iv[SRTP_IV_SIZE], tag[SRTP_AUTH_KEY];
	struct packet p;
	enum err err = place_packet(s, packet, *len, &p);

	if (err != ERR_NONE)
		return err;
	if (room < *len || room - *len < tag_len)
		return ERR_LIMIT;
	rtp_cipher_iv(&s->rtp, p.ssrc, p.index, iv);
	if (suite_is_aead(s->rtp.suite)) {
		struct srtp_sealed sealed = { packet + p.header,
			                      *len - p.header,
			                      { view_bytes(packet, p.header) } };

		rtp_cipher_seal(s->context, iv, &sealed, tag);
	} else {
		rtp_cipher_stream(s->context, iv, packet + p.header, *len - p.header);
		tag_of(s, packet, *len, p.index, tag);
	}
	put_tag(packet + *len, tag, tag_len);
	*len += tag_len;
	note_packet(s, &p);
	return ERR_NONE;
}

static bool open_aead(struct srtp *s, const struct packet *p, char *packet, size_t len)
{
	struct srtp_sealed sealed = { packet + p->header,
		                      len - p->header,
		                      { view_bytes(packet, p->header) } };
	uint8_t iv[SRTP_IV_SIZE];

	rtp_cipher_iv(&s->rtp, p->ssrc, p->index, iv);
	return rtp_cipher_open(s->context, iv, &sealed, (const uint8_t *)packet + len);
}

static bool open_tagged(struct srtp *s, const struct packet *p, char *packet, size_t len)
{
	size_t tag_len = suite_sizes(s->rtp.suite)->tag;
	uint8_t iv[SRTP_IV_SIZE], expected[SRTP_AUTH_KEY];

	tag_of(s, packet, len, p->index, expected);
	if (!secret_equal(packet + len, expected, tag_len))
		return false;
	rtp_cipher_iv(&s->rtp, p->ssrc, p->index, iv);
	rtp_cipher_stream(s->context, iv, packet + p->header, len - p->header);
	return true;
}

enum err rtp_srtp_unprotect(struct srtp *s, char *packet, size_t *len)
{
	size_t tag_len = suite_sizes(s->rtp.suite)->tag, clear_len = *len - tag_len;
	struct packet p;
	enum err err = ERR_SHORT;

	if (*len >= tag_len)
		err = place_packet(s, packet, clear_len, &p);
	if (err != ERR_NONE)
		return err;
	if (!(suite_is_aead(s->rtp.suite) ? open_aead : open_tagged)(s, &p, packet, clear_len))
		return ERR_DENIED;
	note_packet(s, &p);
	*len = clear_len;
	return ERR_NONE;
}
