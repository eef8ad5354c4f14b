/* SPDX-License-Identifier: Apache-2.0 */
/* TLS opened with a key log or a private key; OpenSSL speaks, we listen. */
#include "base/buffer.h"
#include "capture/tls.h"
#include "runner/test.h"
#include "unit/capture/tls_talk.h"

static const struct hash_key key = { { 9 } };

struct heard {
	struct capture_keys *keys;
	struct capture_tls *tls;
	struct capture_skipped skipped;
	char text[2][512];
	size_t len[2];
};

static enum err on_plain(void *context, uint8_t side, struct view bytes)
{
	struct heard *h = context;
	struct buffer out = buffer_on(h->text[side] + h->len[side], 512 - h->len[side]);

	buffer_put(&out, bytes);
	h->len[side] += out.len;
	return ERR_NONE;
}

static enum err heard_init(struct heard *h)
{
	memset(h, 0, sizeof(*h));
	return capture_keys_new(&key, &h->keys);
}

static void heard_clear(struct heard *h)
{
	capture_tls_free(&h->tls);
	capture_keys_free(&h->keys);
}

enum order { IN_ORDER, BYTEWISE, SERVER_FIRST };

static enum err hear_piece(struct heard *h, const struct tls_talk *t, size_t number, size_t size)
{
	const struct capture_tls_sink sink = { h, on_plain };
	struct view bytes = view_bytes(t->bytes + t->piece[number].at, t->piece[number].len);
	enum err err = ERR_NONE;

	while (bytes.len > 0 && err == ERR_NONE) {
		struct view part = view_first(bytes, size ? size : bytes.len);

		err = capture_tls_take(h->tls, t->piece[number].side, part, &sink);
		bytes = view_after(bytes, part.len);
	}
	return err;
}

/* A connection from its beginning. */
static enum err hear(struct heard *h, const struct tls_talk *t, enum order order)
{
	enum err err;

	capture_tls_free(&h->tls);
	h->len[0] = h->len[1] = 0;
	err = capture_tls_new(h->keys, &h->skipped, &h->tls);
	for (int pass = order == SERVER_FIRST ? 1 : 0; pass >= 0; pass--)
		for (size_t i = 0; i < t->pieces && err == ERR_NONE; i++)
			if (order != SERVER_FIRST || t->piece[i].side == pass)
				err = hear_piece(h, t, i, order == BYTEWISE ? 7 : 0);
	return err;
}

static bool is_all_heard(const struct heard *h)
{
	return view_equal(view_bytes(h->text[0], h->len[0]), VIEW(TLS_TALK_ASKED TLS_TALK_ASKED)) &&
	       view_equal(view_bytes(h->text[1], h->len[1]), VIEW(TLS_TALK_TOLD TLS_TALK_TOLD)) &&
	       capture_skipped_total(&h->skipped) == 0;
}

static const struct {
	const char *name;
	int version;
	const char *suite;
	unsigned options;
	bool has_private; /* the server's key; else the key log */
} cases[] = {
	{ "1.3 AES-128-GCM", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 0, false },
	{ "1.3 AES-256-GCM", TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", 0, false },
	{ "1.3 ChaCha20", TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", 0, false },
	{ "1.3 new keys", TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", TLS_TALK_KEY_UPDATE, false },
	{ "1.3 client certificate", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", TLS_TALK_CLIENT_KEY,
	  false },
	{ "1.2 GCM", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", 0, false },
	{ "1.2 GCM, SHA-384", TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", 0, false },
	{ "1.2 ChaCha20", TLS1_2_VERSION, "ECDHE-RSA-CHACHA20-POLY1305", 0, false },
	{ "1.2 CBC", TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA", 0, false },
	{ "1.2 CBC, MAC first", TLS1_2_VERSION, "ECDHE-RSA-AES256-SHA384", TLS_TALK_MAC_FIRST,
	  false },
	{ "1.2 CBC, SHA-256", TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA256", 0, false },
	{ "1.2 again", TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", TLS_TALK_RENEGOTIATE, false },
	{ "1.0 CBC", TLS1_VERSION, "ECDHE-RSA-AES128-SHA", TLS_TALK_MAC_FIRST, false },
	{ "1.2 private key", TLS1_2_VERSION, "AES256-GCM-SHA384", 0, true },
	{ "1.2 private key, old master secret", TLS1_2_VERSION, "AES128-SHA256",
	  TLS_TALK_NO_EXTENDED, true },
	{ "1.2 private key, client certificate", TLS1_2_VERSION, "AES128-GCM-SHA256",
	  TLS_TALK_CLIENT_KEY, true },
	{ "1.2 private key, again", TLS1_2_VERSION, "AES256-SHA", TLS_TALK_RENEGOTIATE, true },
	{ "1.1 private key", TLS1_1_VERSION, "AES128-SHA", 0, true },
	{ "1.1 private key, MAC first", TLS1_1_VERSION, "AES256-SHA", TLS_TALK_MAC_FIRST, true },
	{ "1.0 private key", TLS1_VERSION, "AES256-SHA", TLS_TALK_MAC_FIRST | TLS_TALK_NO_EXTENDED,
	  true },
	{ "1.0 private key, new master secret", TLS1_VERSION, "AES128-SHA", 0, true },
};

static enum err open_case(struct heard *h, const struct tls_talk *t, bool has_private,
                          bool is_twice)
{
	/* Two handshakes in one connection are told apart by their order alone. */
	enum order last = is_twice ? BYTEWISE : SERVER_FIRST;
	size_t count = 0;

	if (has_private)
		TRY(capture_keys_add_private(h->keys, tls_talk_private_key()));
	else
		TRY(capture_keys_add_log(h->keys, view_of(t->key_log), &count));
	CHECK(count > 0 || has_private);
	for (int order = IN_ORDER; order <= (int)last; order++) {
		TRY(hear(h, t, (enum order)order));
		CHECK(is_all_heard(h));
	}
	return ERR_NONE;
}

TEST(tls_opened, "opens each version and sort of cipher, whatever way the bytes come")
{
	static struct tls_talk t;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_done = tls_talk_run(&t, cases[i].version, cases[i].suite, cases[i].options);
		struct heard h;
		enum err err;

		tls_talk_clear(&t);
		CHECK_CASE(is_done, cases[i].name);
		TRY(heard_init(&h));
		err = open_case(&h, &t, cases[i].has_private,
		                (cases[i].options & TLS_TALK_RENEGOTIATE) != 0);
		heard_clear(&h);
		if (err == ERR_NO_MEMORY)
			return err;
		CHECK_CASE(err == ERR_NONE, cases[i].name);
	}
	return ERR_NONE;
}

static enum err resume(struct heard *h, struct tls_talk *t, unsigned options)
{
	TRY(capture_keys_add_private(h->keys, tls_talk_private_key()));
	for (int i = 0; i < 3; i++) {
		CHECK(tls_talk_run(t, TLS1_2_VERSION, "AES128-GCM-SHA256", options));
		CHECK(t->is_resumed == (i > 0));
		TRY(hear(h, t, IN_ORDER));
		CHECK(is_all_heard(h));
	}
	return ERR_NONE;
}

TEST(tls_resumed, "opens a resumed session whose first handshake it heard")
{
	static struct tls_talk t;
	static const unsigned options[] = { 0, TLS_TALK_NO_TICKET, TLS_TALK_NO_EXTENDED };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		struct heard h;
		enum err err;

		TRY(heard_init(&h));
		err = resume(&h, &t, options[i]);
		tls_talk_clear(&t);
		heard_clear(&h);
		TRY(err);
	}
	return ERR_NONE;
}

/* Runs a connection that cannot be read (to its end), and the reason is counted. */
static enum err hear_closed(struct heard *h, const struct tls_talk *t, enum capture_skip why)
{
	uint64_t before = h->skipped.counts[why];
	enum err err = hear(h, t, IN_ORDER);

	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(err == ERR_CLOSED && h->skipped.counts[why] == before + 1);
	return ERR_NONE;
}

static enum err refuse(struct heard *h, struct tls_talk *t)
{
	const struct capture_tls_sink sink = { h, on_plain };

	/* No key at all; the key of another connection. */
	CHECK(tls_talk_run(t, TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256", 0));
	TRY(hear_closed(h, t, CAPTURE_SKIP_TLS_NO_KEY));
	CHECK(capture_tls_take(h->tls, 0, VIEW("x"), &sink) == ERR_CLOSED);
	TRY(capture_keys_add_log(h->keys, view_of(t->key_log), NULL));
	tls_talk_clear(t);
	CHECK(tls_talk_run(t, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 0));
	TRY(hear_closed(h, t, CAPTURE_SKIP_TLS_NO_KEY));
	/* A private key opens no ephemeral exchange. */
	TRY(capture_keys_add_private(h->keys, tls_talk_private_key()));
	tls_talk_clear(t);
	CHECK(tls_talk_run(t, TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA", 0));
	TRY(hear_closed(h, t, CAPTURE_SKIP_TLS_NO_KEY));
	/* A suite that is not ours. */
	tls_talk_clear(t);
	CHECK(tls_talk_run(t, TLS1_2_VERSION, "ECDHE-RSA-CAMELLIA128-SHA256", 0));
	TRY(hear_closed(h, t, CAPTURE_SKIP_TLS_CIPHER));
	CHECK(h->len[0] == 0 && h->len[1] == 0);
	return ERR_NONE;
}

TEST(tls_refused, "says why a connection stays closed")
{
	static struct tls_talk t;
	struct heard h;
	enum err err;

	TRY(heard_init(&h));
	err = refuse(&h, &t);
	tls_talk_clear(&t);
	heard_clear(&h);
	return err;
}

static enum err forge(struct heard *h, struct tls_talk *t)
{
	static const char *const suites[] = { "AES128-GCM-SHA256", "AES128-SHA" };

	TRY(capture_keys_add_private(h->keys, tls_talk_private_key()));
	for (size_t i = 0; i < 2; i++) {
		tls_talk_clear(t);
		CHECK(tls_talk_run(t, TLS1_2_VERSION, suites[i], 0));
		/* The last record but the farewell is an answer: one bit of it. */
		t->bytes[t->piece[t->pieces - 1].at + t->piece[t->pieces - 1].len - 1] ^= 1;
		TRY(hear_closed(h, t, CAPTURE_SKIP_TLS_BROKEN));
		CHECK(h->len[1] == sizeof(TLS_TALK_TOLD) - 1);
	}
	return ERR_NONE;
}

TEST(tls_forged, "gives up at a record that does not authenticate")
{
	static struct tls_talk t;
	struct heard h;
	enum err err;

	TRY(heard_init(&h));
	err = forge(&h, &t);
	tls_talk_clear(&t);
	heard_clear(&h);
	return err;
}

static enum err stall(struct heard *h)
{
	const struct capture_tls_sink sink = { h, on_plain };
	static const char record[] = "\x17\x03\x03\x40\x00"; /* 16 KiB of early data */
	static char bytes[16384];
	enum err err = capture_tls_new(h->keys, &h->skipped, &h->tls);

	for (int i = 0; i < 16 && err == ERR_NONE; i++) {
		err = capture_tls_take(h->tls, 0, view_bytes(record, 5), &sink);
		if (err == ERR_NONE)
			err = capture_tls_take(h->tls, 0, view_bytes(bytes, sizeof(bytes)), &sink);
		CHECK(capture_tls_size(h->tls) < 8 * MAX_CAPTURE_TLS_WAITING);
	}
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(err == ERR_CLOSED && h->skipped.counts[CAPTURE_SKIP_TLS_BROKEN] == 1);
	return ERR_NONE;
}

TEST(tls_stalled, "holds no more than it may of a side that waits for the other")
{
	struct heard h;
	enum err err;

	TRY(heard_init(&h));
	err = stall(&h);
	heard_clear(&h);
	return err;
}

static struct capture_keys *look_keys;

static void look_at(struct view bytes)
{
	struct heard h = { .keys = look_keys };
	const struct capture_tls_sink sink = { &h, on_plain };

	(void)capture_tls_starts(bytes);
	if (capture_tls_new(h.keys, &h.skipped, &h.tls) == ERR_NONE)
		(void)!capture_tls_take(h.tls, 0, bytes, &sink);
	capture_tls_free(&h.tls);
}

TEST(tls_truncated, "reads no byte beyond any truncation")
{
	static struct tls_talk t;
	bool is_done;

	look_keys = NULL;
	TRY(capture_keys_new(&key, &look_keys));
	is_done = tls_talk_run(&t, TLS1_2_VERSION, "AES128-SHA", 0);
	for (size_t i = 0; i < 2 && is_done; i++)
		test_truncations(view_bytes(t.bytes + t.piece[i].at, t.piece[i].len), look_at);
	tls_talk_clear(&t);
	capture_keys_free(&look_keys);
	CHECK(is_done);
	return ERR_NONE;
}
