/* SPDX-License-Identifier: Apache-2.0 */
/* The keys' role: holds the private keys, and signs for the handshakes of signal and of web, which
 * have none. It hears nobody else, and sees of a handshake only the digest that is to be signed. */
#include "keys/server.h"

#include "base/date.h"
#include "keys/acme.h"
#include "keys/ending.h"
#include "os/clock.h"
#include "os/socket.h"
#include "proc/child.h"

/* Signatures before the loop has its turn again: RSA takes about a millisecond each. */
enum { SIGNATURES_A_TURN = 16, LOOK_US = 3600 * 1000000ULL };

struct holder {
	struct child *child;
	struct counters *counters;
	struct keys_server *server;
	struct asker {
		struct holder *holder;
		struct ring *answers;
		bool is_control;
	} askers[MAX_SIGNAL_WORKERS + 1]; /* workers of signal, then web */
	struct keys_endings endings;
	uint64_t look_us; /* when ends are looked at next */
};

static void drain(void *context, struct ring *ring, struct now now)
{
	const struct asker *asker = context;
	struct holder *h = asker->holder;
	uint32_t ready = ring_ready(ring);

	(void)now;
	for (uint32_t i = 0; i < ready && i < SIGNATURES_A_TURN; i++) {
		struct keys_request q;
		struct keys_answer a;
		enum err err = ring_peek(ring, 0, &q, sizeof(q), NULL);

		/* Given back first: a request that ends us does not come again. */
		ring_release(ring, 1);
		if (err != ERR_NONE)
			continue;
		(asker->is_control ? keys_server_sign_control : keys_server_sign)(h->server, &q,
		                                                                  &a);
		counters_add(h->counters,
		             a.result == ERR_NONE ? COUNT_keys_signed : COUNT_keys_refused, 1);
		/* Whoever reads no answer is too late anyhow. */
		(void)!ring_put(asker->answers, &a, sizeof(a), RING_KEPT);
	}
}

static void hear(struct holder *h, struct asker *asker, enum ring_name to_sign,
                 enum ring_name signed_name)
{
	asker->holder = h;
	asker->is_control = to_sign == RING_NAME_CONTROL_TO_SIGN;
	asker->answers = child_ring_writer(h->child, signed_name);
	(void)child_ring_reader(h->child, to_sign, drain, asker);
}

static void hear_all(struct holder *h)
{
	for (unsigned i = 0; i < child_facts(h->child)->owners; i++)
		hear(h, &h->askers[i], ring_of(RING_OF_TO_SIGN, i), ring_of(RING_OF_SIGNED, i));
	hear(h, &h->askers[MAX_SIGNAL_WORKERS], RING_NAME_CONTROL_TO_SIGN,
	     RING_NAME_CONTROL_SIGNED);
}

/* ---- files ---- */

static void tell_one(const struct keys_ending *one)
{
	static const char *const kinds[] = { [KEYS_CHAIN] = "certificate ",
		                             [KEYS_AUTHORITY] = "authority of peer ",
		                             [KEYS_REVOKED] = "revocations of peer ",
		                             [KEYS_PRIVATE] = "key ",
		                             [KEYS_STAPLE] = "staple of certificate ",
		                             [KEYS_CONTROL_CHAIN] = "certificate of ",
		                             [KEYS_CONTROL_AUTHORITY] = "authority of ",
		                             [KEYS_CONTROL_REVOKED] = "revocations of " };
	const char *kind = one->name[0] ? kinds[one->kind] : "authorities";
	char text[DATE_TEXT_MAX];
	struct buffer b = BUFFER_ON(text);

	date_write(&b, one->ends_s * SECOND_US);
	if (one->mark > 0)
		log_write(LEVEL_WARNING, "certificate", "%s%s ends within %d days (%.*s): renew it",
		          kind, one->name, one->mark, VIEW_ARG(buffer_view(&b)));
	else if (one->kind == KEYS_REVOKED || one->kind == KEYS_CONTROL_REVOKED)
		log_write(LEVEL_ERROR, "certificate",
		          "%s%s are too old (the next list was due %.*s): nobody whom that "
		          "authority signed is let in; fetch its new list",
		          kind, one->name, VIEW_ARG(buffer_view(&b)));
	else
		log_write(LEVEL_ERROR, "certificate", "%s%s has ended (%.*s): renew it", kind,
		          one->name, VIEW_ARG(buffer_view(&b)));
}

static void tell_endings(struct holder *h, struct now now)
{
	const struct keys_ending *one;

	while ((one = keys_endings_next(&h->endings, now.wall_us / SECOND_US)) != NULL) {
		counters_add(h->counters, COUNT_certificates_ending, 1);
		tell_one(one);
	}
}

/* The descriptor stays the caller's. */
static enum err take(struct holder *h, int fd, struct now now, struct buffer *words)
{
	struct keys_bundle bundle;
	struct shared_map map;
	enum err err = shared_map(fd, SHARED_READ, 1, &map);

	if (err != ERR_NONE)
		return err;
	err = keys_bundle_open(view_bytes(map.at, map.size), &bundle);
	if (err == ERR_NONE)
		err = keys_server_take(h->server, &bundle, &bundle, words);
	if (err == ERR_NONE) {
		keys_endings_read(&h->endings, &bundle);
		tell_endings(h, now);
	}
	shared_unmap(&map);
	return err;
}

/* ---- ACME ---- */

static enum err judge(struct holder *h, const struct acme_wish *wish, struct now now,
                      struct buffer *words)
{
	int fd = child_take_descriptor();
	struct keys_bundle bundle;
	struct shared_map map;
	struct view chain;
	enum err err = fd < 0 ? ERR_SHORT : shared_map(fd, SHARED_READ, 1, &map);

	socket_close(&fd);
	if (err != ERR_NONE)
		return err;
	err = keys_bundle_open(view_bytes(map.at, map.size), &bundle);
	if (err == ERR_NONE &&
	    !keys_bundle_find(&bundle, KEYS_CHAIN, view_of(wish->certificate), &chain))
		err = ERR_NOT_FOUND;
	if (err == ERR_NONE)
		err = keys_acme_fits(h->server, wish, chain, now.wall_us / SECOND_US, words);
	shared_unmap(&map);
	return err;
}

static bool is_whole(const struct acme_wish *wish)
{
	for (unsigned i = 0; i < MAX_ACME_NAMES; i++)
		if (!memchr(wish->names[i], 0, sizeof(wish->names[i])))
			return false;
	return wish->name_count <= MAX_ACME_NAMES &&
	       memchr(wish->certificate, 0, sizeof(wish->certificate)) &&
	       memchr(wish->account, 0, sizeof(wish->account));
}

static enum err serve(struct holder *h, const struct ask *question, struct now now,
                      struct ask *answer)
{
	const struct acme_wish *wish = &question->body.acme_wish;
	struct buffer der = buffer_on(answer->body.bytes, sizeof(answer->body.bytes));
	char text[128];
	struct buffer words = BUFFER_ON(text);
	enum err err;

	if (question->head.kind == ASK_ACME_SIGN) {
		answer->head.size = sizeof(answer->body.acme_signature);
		return question->head.size != sizeof(question->body.acme_sign)
		             ? ERR_SYNTAX
		             : keys_acme_sign(h->server, &question->body.acme_sign,
		                              &answer->body.acme_signature);
	}
	if (question->head.size != sizeof(*wish) || !is_whole(wish))
		return ERR_SYNTAX;
	if (question->head.kind == ASK_ACME_ABOUT) {
		answer->head.size = sizeof(answer->body.acme_about);
		return keys_acme_about(h->server, wish, &answer->body.acme_about);
	}
	if (question->head.kind == ASK_ACME_REQUEST) {
		err = keys_acme_request(h->server, wish, &der);
		answer->head.size = (uint32_t)der.len;
		return err;
	}
	err = judge(h, wish, now, &words);
	if (words.len > 0)
		log_write(LEVEL_WARNING, "acme", "certificate %s: %.*s", wish->certificate,
		          VIEW_ARG(buffer_view(&words)));
	return err;
}

static bool is_acme(uint16_t kind)
{
	return kind == ASK_ACME_ABOUT || kind == ASK_ACME_SIGN || kind == ASK_ACME_REQUEST ||
	       kind == ASK_ACME_FITS;
}

static void asked_acme(struct holder *h, const struct ask *question, struct now now)
{
	static struct ask answer;
	struct ask_head head = question->head;

	answer.head = (struct ask_head){ .is_last = 1 };
	answer.head.result = (uint8_t)serve(h, question, now, &answer);
	if (answer.head.result != ERR_NONE)
		answer.head.size = 0;
	child_answer(h->child, &head, &answer);
}

static void asked(void *context, const struct ask *question, struct now now)
{
	static struct ask answer;
	struct holder *h = context;
	char text[256];
	struct buffer words = BUFFER_ON(text);
	int fd;
	enum err err;

	if (is_acme(question->head.kind)) {
		asked_acme(h, question, now);
		return;
	}
	fd = child_take_descriptor();
	err = question->head.kind != ASK_MATERIAL_KEYS ? ERR_UNSUPPORTED
	    : fd < 0                                   ? ERR_SHORT
	                                               : take(h, fd, now, &words);

	socket_close(&fd);
	counters_add(h->counters,
	             err == ERR_NONE ? COUNT_certificates_reread : COUNT_certificates_kept, 1);
	if (words.len > 0)
		log_write(LEVEL_ERROR, "keys", "%.*s", VIEW_ARG(buffer_view(&words)));
	answer.head = (struct ask_head){ .result = (uint8_t)err, .is_last = 1 };
	child_answer(h->child, &question->head, &answer);
}

/* ---- time ---- */

static uint64_t wait_us(void *context, struct now now)
{
	const struct holder *h = context;

	return now_since(h->look_us, now.us);
}

static void advance(void *context, struct now now)
{
	struct holder *h = context;

	if (now.us < h->look_us)
		return;
	h->look_us = now.us + LOOK_US;
	tell_endings(h, now);
}

int main(void)
{
	static struct holder h;
	struct child_hooks hooks = {
		.context = &h, .asked = asked, .wait_us = wait_us, .advance = advance
	};
	char text[256];
	struct buffer words = BUFFER_ON(text);
	int fd;
	enum err err;

	h.child = child_begin(ROLE_KEYS);
	h.counters = child_counters(h.child);
	err = keys_server_new(&h.server);
	hear_all(&h);
	fd = child_descriptor(h.child, THING_KEYS, 0);
	if (err == ERR_NONE && fd >= 0)
		err = take(&h, fd, clock_now(), &words);
	if (words.len > 0)
		child_refuse("keys", buffer_view(&words));
	if (err != ERR_NONE)
		child_fail("keys", err);
	child_enter(h.child);
	return child_run(h.child, &hooks);
}
