/* SPDX-License-Identifier: Apache-2.0 */
/* SRTCP (RFC 3711 3.4, RFC 7714 9): it carries its index. Packets are few, so
 * the cipher is borrowed for each. */
#include "rtp/srtp_priv.h"

#include "base/secret.h"

/* Clear are the first two words, the last of which is the SSRC. */
enum { CLEAR_SIZE = 8, WORD_SIZE = 4, VERSION = 2 };
#define ENCRYPTED_BIT UINT32_C(0x80000000)

static enum err check_head(const char *packet, size_t len)
{
	if (len < CLEAR_SIZE)
		return ERR_SHORT;
	return (uint8_t)packet[0] >> 6 == VERSION ? ERR_NONE : ERR_SYNTAX;
}

static struct srtp_sealed sealed_of(char *packet, size_t len, const char *word)
{
	return (struct srtp_sealed){ packet + CLEAR_SIZE,
		                     len - CLEAR_SIZE,
		                     { view_bytes(packet, CLEAR_SIZE),
		                       view_bytes(word, WORD_SIZE) } };
}

/* The index goes before the tag (RFC 3711 3.4), or behind it (RFC 7714 9). */
enum err rtp_srtcp_protect(struct srtp *s, char *packet, size_t room, size_t *len)
{
	size_t tag_len = suite_sizes(s->rtcp.suite)->rtcp_tag;
	bool is_aead = suite_is_aead(s->rtcp.suite);
	char *word = packet + *len + (is_aead ? tag_len : 0);
	uint8_t iv[SRTP_IV_SIZE], tag[SRTP_AUTH_KEY];
	enum err err = check_head(packet, *len);
	struct srtp_place place;
	struct srtp_sealed sealed;
	uint32_t ssrc, index;
	void *context;

	if (err != ERR_NONE)
		return err;
	if (room < *len || room - *len < tag_len + WORD_SIZE)
		return ERR_LIMIT;
	ssrc = rtp_srtp_word(packet + 4);
	place = rtp_srtp_find(s, ssrc);
	index = place.mark ? place.mark->rtcp : 0;
	if (index >= s->max_rtcp_packets)
		return ERR_LIMIT;
	if (!place.mark && !rtp_srtp_has_room(s))
		return ERR_FULL;
	context = rtp_cipher_borrow(s->engine, s->rtcp.suite, s->rtcp_key);
	rtp_cipher_iv(&s->rtcp, ssrc, index, iv);
	rtp_srtp_put_word(word, ENCRYPTED_BIT | index);
	sealed = sealed_of(packet, *len, word);
	if (is_aead) {
		rtp_cipher_seal(context, iv, &sealed, tag);
	} else {
		rtp_cipher_stream(context, iv, sealed.text, sealed.len);
		rtp_cipher_tag(&s->rtcp, view_bytes(packet, *len + WORD_SIZE), VIEW_EMPTY, tag);
	}
	memcpy(packet + *len + (is_aead ? 0 : WORD_SIZE), tag, tag_len);
	*len += tag_len + WORD_SIZE;
	rtp_srtp_settle(s, ssrc, &place);
	place.mark->rtcp = index + 1;
	return ERR_NONE;
}

/* Whether an index may come; `highest` is the highest that did, plus 1. */
static bool is_fresh(const struct srtp_place *place, uint32_t index)
{
	uint32_t behind;

	if (!place->mark || index >= place->mark->rtcp)
		return true;
	behind = place->mark->rtcp - 1 - index;
	return place->recent && behind < SRTP_RTCP_WINDOW &&
	       !(place->recent->rtcp_window & UINT64_C(1) << behind);
}

static void note(struct srtp_place *place, uint32_t index)
{
	struct srtp_recent *recent = place->recent;
	uint32_t ahead;

	if (index < place->mark->rtcp) {
		recent->rtcp_window |= UINT64_C(1) << (place->mark->rtcp - 1 - index);
		return;
	}
	ahead = index + 1 - place->mark->rtcp;
	recent->rtcp_window = ahead < SRTP_RTCP_WINDOW ? recent->rtcp_window << ahead | 1 : 1;
	place->mark->rtcp = index + 1;
}

static bool open_packet(struct srtp *s, char *packet, size_t len, uint32_t index)
{
	bool is_aead = suite_is_aead(s->rtcp.suite);
	size_t tag_len = suite_sizes(s->rtcp.suite)->rtcp_tag;
	const char *word = packet + len + (is_aead ? tag_len : 0);
	const char *tag = packet + len + (is_aead ? 0 : WORD_SIZE);
	struct srtp_sealed sealed = sealed_of(packet, len, word);
	uint8_t iv[SRTP_IV_SIZE], expected[SRTP_AUTH_KEY];
	void *context;

	if (!is_aead) {
		rtp_cipher_tag(&s->rtcp, view_bytes(packet, len + WORD_SIZE), VIEW_EMPTY, expected);
		if (!secret_equal(tag, expected, tag_len))
			return false;
	}
	context = rtp_cipher_borrow(s->engine, s->rtcp.suite, s->rtcp_key);
	rtp_cipher_iv(&s->rtcp, rtp_srtp_word(packet + 4), index, iv);
	if (is_aead)
		return rtp_cipher_open(context, iv, &sealed, (const uint8_t *)tag);
	rtp_cipher_stream(context, iv, sealed.text, sealed.len);
	return true;
}

enum err rtp_srtcp_unprotect(struct srtp *s, char *packet, size_t *len)
{
	size_t tag_len = suite_sizes(s->rtcp.suite)->rtcp_tag, trailer = tag_len + WORD_SIZE;
	size_t clear_len = *len - trailer;
	struct srtp_place place;
	uint32_t ssrc, word;
	enum err err = ERR_SHORT;

	if (*len >= trailer)
		err = check_head(packet, clear_len);
	if (err != ERR_NONE)
		return err;
	word = rtp_srtp_word(packet + clear_len + (suite_is_aead(s->rtcp.suite) ? tag_len : 0));
	ssrc = rtp_srtp_word(packet + 4);
	place = rtp_srtp_find(s, ssrc);
	/* It was agreed that SRTCP is encrypted: what says that it is not, is nobody's. */
	if (!(word & ENCRYPTED_BIT))
		return ERR_DENIED;
	word &= ~ENCRYPTED_BIT;
	if (!is_fresh(&place, word))
		return ERR_STALE;
	if (word >= s->max_rtcp_packets)
		return ERR_LIMIT;
	if (!place.mark && !rtp_srtp_has_room(s))
		return ERR_FULL;
	if (!open_packet(s, packet, clear_len, word))
		return ERR_DENIED;
	rtp_srtp_settle(s, ssrc, &place);
	note(&place, word);
	*len = clear_len;
	return ERR_NONE;
}
