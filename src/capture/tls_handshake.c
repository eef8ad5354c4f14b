/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake, as far as keys depend on it: both hellos, the key exchange, tickets.
 * What each side said is kept apart, since the two directions of a capture need not
 * be in step; the order of RFC 5246 7.3 puts them together again. */
#include "base/cursor.h"
#include "base/secret.h"
#include "capture/tls_priv.h"

enum {
	MESSAGE_CLIENT_HELLO = 1,
	MESSAGE_SERVER_HELLO = 2,
	MESSAGE_NEW_SESSION_TICKET = 4,
	MESSAGE_SERVER_HELLO_DONE = 14,
	MESSAGE_CLIENT_KEY_EXCHANGE = 16,
	MESSAGE_KEY_UPDATE = 24,
};
enum {
	EXTENSION_ENCRYPT_THEN_MAC = 22,
	EXTENSION_EXTENDED_MASTER_SECRET = 23,
	EXTENSION_SESSION_TICKET = 35,
	EXTENSION_SUPPORTED_VERSIONS = 43,
};
enum { MESSAGE_HEADER = 4 };

static struct tls_name digest_of(struct view bytes)
{
	struct tls_name name = { .len = HASH_SHA256_SIZE };
	uint8_t digest[HASH_MAX_SIZE];

	if (bytes.len == 0)
		return (struct tls_name){ .len = 0 };
	(void)hash_digest(HASH_SHA256, &bytes, 1, digest);
	memcpy(name.bytes, digest, sizeof(name.bytes));
	return name;
}

static struct view view_of_name(const struct tls_name *n) { return view_bytes(n->bytes, n->len); }

/* One of the extensions; false at their end. */
static bool next_extension(struct cursor *in, uint16_t *ret_type, struct view *ret)
{
	if (cursor_is_at_end(in))
		return false;
	*ret_type = cursor_u16(in);
	*ret = cursor_take(in, cursor_u16(in));
	return in->err == ERR_NONE;
}

/* What both hellos begin with: version, random, session ID. */
static void take_head(struct cursor *in, uint16_t *ret_version, uint8_t random[32],
                      struct view *ret_session)
{
	struct view bytes;

	*ret_version = cursor_u16(in);
	bytes = cursor_take(in, 32);
	*ret_session = cursor_take(in, cursor_byte(in));
	if (in->err == ERR_NONE && ret_session->len > 32)
		cursor_fail(in, ERR_SYNTAX);
	if (in->err == ERR_NONE)
		memcpy(random, bytes.at, 32);
}

static struct cursor extensions_of(struct cursor *in)
{
	if (cursor_is_at_end(in))
		return cursor_on(VIEW_EMPTY);
	return cursor_on(cursor_take(in, cursor_u16(in)));
}

/* A handshake begins, perhaps within another's protection: what was agreed is void.
 * Not so at first: the capture may show the server's answer before the question. */
static void begin(struct capture_tls *t, uint8_t side)
{
	bool is_first = !t->has_client;

	t->client = side;
	t->has_client = true;
	if (is_first)
		return;
	t->has_server_hello = t->has_server_done = t->has_key_exchange = false;
	t->has_master = t->is_extended = false;
	t->offered_ticket.len = t->ticket.len = t->session.len = 0;
	for (int i = 0; i < 2; i++)
		capture_pile_drop(&t->side[i].said, 0, t->side[i].said.len);
}

static enum err take_client_hello(struct capture_tls *t, uint8_t side, struct view body)
{
	struct cursor in = cursor_on(body), extensions;
	uint16_t version, type;
	struct view session, value;

	begin(t, side);
	take_head(&in, &version, t->terms.client_random, &session);
	(void)cursor_take(&in, cursor_u16(&in));  /* suites */
	(void)cursor_take(&in, cursor_byte(&in)); /* compressions */
	extensions = extensions_of(&in);
	while (next_extension(&extensions, &type, &value))
		if (type == EXTENSION_SESSION_TICKET)
			t->offered_ticket = digest_of(value);
	return in.err;
}

static enum err take_server_hello(struct capture_tls *t, struct view body)
{
	struct cursor in = cursor_on(body), extensions;
	struct capture_tls_terms terms = t->terms;
	uint16_t type, number;
	uint8_t compression;
	struct view session, value;

	terms.is_mac_last = false;
	take_head(&in, &terms.version, terms.server_random, &session);
	number = cursor_u16(&in);
	compression = cursor_byte(&in);
	extensions = extensions_of(&in);
	while (next_extension(&extensions, &type, &value)) {
		if (type == EXTENSION_ENCRYPT_THEN_MAC)
			terms.is_mac_last = true;
		else if (type == EXTENSION_EXTENDED_MASTER_SECRET)
			t->is_extended = true;
		else if (type == EXTENSION_SUPPORTED_VERSIONS && value.len == 2)
			terms.version =
				(uint16_t)((uint8_t)value.at[0] << 8 | (uint8_t)value.at[1]);
	}
	if (in.err != ERR_NONE)
		return in.err;
	terms.suite = capture_tls_suite_of(number);
	if (!terms.suite || compression != 0 || terms.version < TLS_1_0 ||
	    terms.version > TLS_1_3 ||
	    capture_tls_suite_is_1_3(terms.suite) != (terms.version == TLS_1_3))
		return ERR_UNSUPPORTED;
	t->terms = terms;
	t->has_server_hello = true;
	t->session.len = (uint8_t)session.len;
	if (session.len > 0)
		memcpy(t->session.bytes, session.at, session.len);
	return ERR_NONE;
}

static enum err take_key_exchange(struct capture_tls *t, struct view body)
{
	struct cursor in = cursor_on(body);
	struct view encrypted = cursor_take(&in, cursor_u16(&in));

	t->has_key_exchange = true;
	capture_pile_drop(&t->premaster, 0, t->premaster.len);
	return in.err == ERR_NONE ? capture_pile_add(&t->premaster, encrypted) : ERR_NONE;
}

static void take_ticket(struct capture_tls *t, struct view body)
{
	struct cursor in = cursor_on(body);
	struct view ticket;

	(void)cursor_u32(&in); /* lifetime */
	ticket = cursor_take(&in, cursor_u16(&in));
	if (in.err == ERR_NONE)
		t->ticket = digest_of(ticket);
}

static enum err take_message_1_3(struct capture_tls *t, uint8_t side, uint8_t type)
{
	if (type != MESSAGE_KEY_UPDATE || !t->side[side].cipher)
		return ERR_NONE;
	return capture_tls_cipher_update(t->side[side].cipher);
}

/* Only where a private key may come to need it: the rest opens without. */
static enum err note_said(struct capture_tls *t, uint8_t side, struct view message)
{
	struct capture_pile *said = &t->side[side].said;
	bool is_client = t->has_client && side == t->client;

	if (!capture_keys_have_private(t->keys) || t->has_master ||
	    (is_client ? t->has_key_exchange : t->has_server_done))
		return ERR_NONE;
	if (said->len + message.len > MAX_CAPTURE_TLS_HANDSHAKE)
		return ERR_LIMIT;
	return capture_pile_add(said, message);
}

static enum err take_message(struct capture_tls *t, uint8_t side, struct view message)
{
	uint8_t type = (uint8_t)message.at[0];
	struct view body = view_after(message, MESSAGE_HEADER);
	enum err err = ERR_NONE;

	if (t->side[side].is_sealed && t->terms.version == TLS_1_3)
		return take_message_1_3(t, side, type);
	if (type == MESSAGE_CLIENT_HELLO)
		err = take_client_hello(t, side, body);
	if (err == ERR_NONE && type != 0) /* HelloRequest is none of it (RFC 5246 7.4.1.1) */
		err = note_said(t, side, message);
	if (err != ERR_NONE)
		return err;
	switch (type) {
	case MESSAGE_SERVER_HELLO:
		return take_server_hello(t, body);
	case MESSAGE_SERVER_HELLO_DONE:
		t->has_server_done = true;
		return ERR_NONE;
	case MESSAGE_CLIENT_KEY_EXCHANGE:
		return take_key_exchange(t, body);
	case MESSAGE_NEW_SESSION_TICKET:
		take_ticket(t, body);
		return ERR_NONE;
	default:
		return ERR_NONE;
	}
}

enum err tls_handshake_take(struct capture_tls *t, uint8_t side, struct view text)
{
	struct capture_pile *pile = &t->side[side].handshake;
	enum err err;
	size_t at = 0;

	if (pile->len + text.len > MAX_CAPTURE_TLS_HANDSHAKE)
		return ERR_LIMIT;
	err = capture_pile_add(pile, text);
	while (err == ERR_NONE) {
		struct cursor in = cursor_on(view_after(capture_pile_view(pile), at));
		size_t len;

		(void)cursor_byte(&in);
		len = (size_t)cursor_byte(&in) << 16;
		len |= cursor_u16(&in);
		(void)cursor_take(&in, len);
		if (in.err != ERR_NONE)
			break;
		err = take_message(t, side, view_bytes(pile->at + at, MESSAGE_HEADER + len));
		at += MESSAGE_HEADER + len;
	}
	capture_pile_drop(pile, 0, at);
	return err;
}

/* ClientHello, all of the server's, then what the client said up to its key exchange. */
static enum err session_so_far(const struct capture_tls *t, struct capture_pile *ret)
{
	struct view client = capture_pile_view(&t->side[t->client].said);
	struct cursor in = cursor_on(client);
	struct view hello;
	size_t len;
	enum err err;

	(void)cursor_byte(&in);
	len = (size_t)cursor_byte(&in) << 16;
	len |= cursor_u16(&in);
	hello = view_first(client, MESSAGE_HEADER + len);
	err = capture_pile_add(ret, hello);
	if (err == ERR_NONE)
		err = capture_pile_add(ret, capture_pile_view(&t->side[!t->client].said));
	if (err == ERR_NONE)
		err = capture_pile_add(ret, view_after(client, hello.len));
	return err;
}

static enum err open_premaster(struct capture_tls *t, struct view session)
{
	struct view encrypted = capture_pile_view(&t->premaster);
	uint8_t premaster[MAX_CAPTURE_SECRET];
	uint16_t version = 0;

	for (size_t i = 0; i < MAX_CAPTURE_PRIVATE_KEYS; i++) {
		if (!capture_keys_open(t->keys, i, encrypted, premaster))
			continue;
		/* A wrong key gives rubbish instead of an error: the client's version
		 * stands in front of what is true (RFC 5246 7.4.7.1). */
		version = (uint16_t)(premaster[0] << 8 | premaster[1]);
		if (version < 0x0300 || version > TLS_1_2)
			continue;
		capture_tls_master(&t->terms, view_bytes(premaster, sizeof(premaster)), session,
		                   t->master);
		t->has_master = true;
		break;
	}
	secret_wipe(premaster, sizeof(premaster));
	return t->has_master ? ERR_NONE : ERR_NOT_FOUND;
}

static enum err from_private_key(struct capture_tls *t)
{
	struct capture_pile session = { 0 };
	enum err err = ERR_NONE;

	if (!capture_tls_suite_is_rsa(t->terms.suite) || !capture_keys_have_private(t->keys))
		return ERR_NOT_FOUND;
	if (!t->has_key_exchange || !t->has_server_done)
		return ERR_AGAIN;
	if (t->is_extended)
		err = session_so_far(t, &session);
	if (err == ERR_NONE)
		err = open_premaster(t, capture_pile_view(&session));
	capture_pile_clear(&session);
	return err;
}

/* So that connections to come may resume it. */
static enum err note_session(struct capture_tls *t)
{
	enum err err = ERR_NONE;

	if (t->ticket.len > 0)
		err = capture_keys_session_note(t->keys, view_of_name(&t->ticket), t->master);
	if (err == ERR_NONE && t->session.len > 0)
		err = capture_keys_session_note(t->keys, view_of_name(&t->session), t->master);
	return err;
}

enum err tls_handshake_master(struct capture_tls *t)
{
	bool is_resumed = !t->has_server_done && !t->has_key_exchange;
	struct view logged;
	enum err err = ERR_NONE;

	if (!t->has_client || !t->has_server_hello)
		return ERR_AGAIN;
	if (t->has_master)
		return note_session(t);
	logged = capture_keys_secret(t->keys, CAPTURE_SECRET_MASTER, t->terms.client_random);
	if (logged.len == TLS_MASTER_SIZE)
		memcpy(t->master, logged.at, TLS_MASTER_SIZE);
	else if (!is_resumed)
		err = from_private_key(t);
	else if (!capture_keys_session_find(t->keys, view_of_name(&t->offered_ticket), t->master) &&
	         !capture_keys_session_find(t->keys, view_of_name(&t->session), t->master))
		err = ERR_NOT_FOUND;
	if (err != ERR_NONE)
		return err;
	t->has_master = true;
	capture_pile_clear(&t->side[0].said);
	capture_pile_clear(&t->side[1].said);
	return note_session(t);
}
