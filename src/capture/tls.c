/* SPDX-License-Identifier: Apache-2.0 */
/* The record layer of both sides. Records wait where the keys hang on what the other
 * side has not said yet; each new piece lets both sides go on. */
#include "capture/tls.h"

#include <stdlib.h>

#include "base/secret.h"
#include "capture/tls_priv.h"

bool capture_tls_starts(struct view bytes)
{
	return bytes.len >= 3 && bytes.at[0] == TLS_HANDSHAKE && bytes.at[1] == 3 &&
	       (uint8_t)bytes.at[2] <= 4;
}

enum err capture_tls_new(struct capture_keys *keys, struct capture_skipped *skipped,
                         struct capture_tls **ret)
{
	struct capture_tls *t = calloc(1, sizeof(*t));

	if (!t)
		return ERR_NO_MEMORY;
	t->keys = keys;
	t->skipped = skipped;
	*ret = t;
	return ERR_NONE;
}

/* All but the struct itself: nothing more is read. */
static void give_up(struct capture_tls *t)
{
	for (int i = 0; i < 2; i++) {
		capture_pile_clear(&t->side[i].records);
		capture_pile_clear(&t->side[i].handshake);
		capture_pile_clear(&t->side[i].said);
		capture_tls_cipher_free(&t->side[i].cipher);
	}
	capture_pile_clear(&t->premaster);
	t->is_over = true;
}

void capture_tls_free(struct capture_tls **t)
{
	if (!*t)
		return;
	give_up(*t);
	secret_wipe(*t, sizeof(**t));
	free(*t);
	*t = NULL;
}

size_t capture_tls_size(const struct capture_tls *t)
{
	size_t size = sizeof(*t) + t->premaster.room;

	for (int i = 0; i < 2; i++)
		size += t->side[i].records.room + t->side[i].handshake.room + t->side[i].said.room;
	return size;
}

/* RFC 5246 7.1: from here on this side's records are under the new keys. */
static enum err change_cipher(struct capture_tls *t, uint8_t side)
{
	struct capture_tls_cipher *cipher;
	enum err err;

	if (t->has_server_hello && t->terms.version == TLS_1_3)
		return ERR_NONE; /* means nothing there (RFC 8446 5) */
	err = tls_handshake_master(t);
	if (err != ERR_NONE)
		return err;
	err = capture_tls_cipher_new(&t->terms, t->master, side == t->client, &cipher);
	if (err != ERR_NONE)
		return err;
	capture_tls_cipher_free(&t->side[side].cipher);
	t->side[side].cipher = cipher;
	t->side[side].is_sealed = true;
	return ERR_NONE;
}

static enum err cipher_1_3(struct capture_tls *t, uint8_t side)
{
	enum capture_secret_kind kind =
		side == t->client ? CAPTURE_SECRET_CLIENT : CAPTURE_SECRET_SERVER;
	struct view secret = capture_keys_secret(t->keys, kind, t->terms.client_random);
	enum err err;

	if (secret.len == 0)
		return ERR_NOT_FOUND;
	err = capture_tls_cipher_new_1_3(t->terms.suite, secret, &t->side[side].cipher);
	t->side[side].is_sealed = err == ERR_NONE;
	return err;
}

static enum err take_text(struct capture_tls *t, uint8_t side, const struct capture_tls_plain *p,
                          const struct capture_tls_sink *sink)
{
	struct view text = view_bytes(p->bytes, p->len);

	if (p->type == TLS_HANDSHAKE)
		return tls_handshake_take(t, side, text);
	if (p->type == TLS_APPLICATION_DATA && text.len > 0)
		return sink->plain(sink->context, side, text);
	return ERR_NONE;
}

static enum err open_record(struct capture_tls *t, uint8_t side, struct view record,
                            const struct capture_tls_sink *sink)
{
	struct tls_side *s = &t->side[side];
	struct capture_tls_plain plain;
	enum err err = capture_tls_cipher_open(s->cipher, record, &plain);

	/* The rest of the handshake is under keys that nobody gave us. */
	if (err == ERR_DENIED && t->terms.version == TLS_1_3 && !s->has_opened &&
	    s->skipped + record.len <= MAX_CAPTURE_TLS_SKIPPED) {
		s->skipped += record.len;
		return ERR_NONE;
	}
	if (err != ERR_NONE)
		return err;
	s->has_opened = true;
	err = take_text(t, side, &plain, sink);
	secret_wipe(&plain.bytes, plain.len);
	return err;
}

static enum err take_record(struct capture_tls *t, uint8_t side, struct view record,
                            const struct capture_tls_sink *sink)
{
	uint8_t type = (uint8_t)record.at[0];
	struct view body = view_after(record, TLS_RECORD_HEADER);
	enum err err = ERR_NONE;

	if (type == TLS_CHANGE_CIPHER_SPEC)
		return change_cipher(t, side);
	if (type == TLS_APPLICATION_DATA && !t->side[side].is_sealed) {
		if (!t->has_client || !t->has_server_hello)
			return ERR_AGAIN; /* early data, or the other direction came late */
		if (t->terms.version != TLS_1_3)
			return ERR_SYNTAX;
		err = cipher_1_3(t, side);
	}
	if (err != ERR_NONE)
		return err;
	if (t->side[side].is_sealed)
		return open_record(t, side, record, sink);
	return type == TLS_HANDSHAKE ? tls_handshake_take(t, side, body) : ERR_NONE;
}

/* Whole records, in order; ERR_AGAIN: what follows waits for the other side. */
static enum err go_on(struct capture_tls *t, uint8_t side, const struct capture_tls_sink *sink)
{
	struct capture_pile *pile = &t->side[side].records;
	enum err err = ERR_NONE;
	size_t at = 0;

	while (err == ERR_NONE && pile->len - at >= TLS_RECORD_HEADER) {
		struct view rest = view_bytes(pile->at + at, pile->len - at);
		size_t len = (size_t)((uint8_t)rest.at[3] << 8 | (uint8_t)rest.at[4]);

		if ((uint8_t)rest.at[0] < TLS_CHANGE_CIPHER_SPEC ||
		    (uint8_t)rest.at[0] > TLS_APPLICATION_DATA + 1 || rest.at[1] != 3 ||
		    len > MAX_TLS_RECORD)
			return ERR_SYNTAX;
		if (rest.len < TLS_RECORD_HEADER + len)
			break;
		err = take_record(t, side, view_first(rest, TLS_RECORD_HEADER + len), sink);
		if (err != ERR_AGAIN)
			at += TLS_RECORD_HEADER + len;
	}
	capture_pile_drop(pile, 0, at);
	return err == ERR_AGAIN ? ERR_NONE : err;
}

static enum err count(struct capture_tls *t, enum err err)
{
	enum capture_skip why = CAPTURE_SKIP_TLS_BROKEN;

	if (err == ERR_NONE)
		return err;
	if (err == ERR_NOT_FOUND)
		why = CAPTURE_SKIP_TLS_NO_KEY;
	if (err == ERR_UNSUPPORTED)
		why = CAPTURE_SKIP_TLS_CIPHER;
	give_up(t);
	if (err == ERR_NO_MEMORY || err == ERR_CLOSED) /* the latter was the sink's wish */
		return err;
	t->skipped->counts[why]++;
	return ERR_CLOSED;
}

enum err capture_tls_take(struct capture_tls *t, uint8_t side, struct view bytes,
                          const struct capture_tls_sink *sink)
{
	enum err err = ERR_NONE;

	if (t->is_over)
		return ERR_CLOSED;
	while (bytes.len > 0 && err == ERR_NONE) {
		struct view part = view_first(bytes, MAX_CAPTURE_TLS_WAITING);

		bytes = view_after(bytes, part.len);
		if (t->side[side].records.len > MAX_CAPTURE_TLS_WAITING)
			return count(t, ERR_LIMIT);
		err = capture_pile_add(&t->side[side].records, part);
		for (uint8_t i = 0; i < 2 && err == ERR_NONE; i++)
			err = go_on(t, i ? !side : side, sink);
	}
	return count(t, err);
}
