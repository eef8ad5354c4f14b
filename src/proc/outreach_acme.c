/* SPDX-License-Identifier: Apache-2.0 */
/* One run at a time, one thing under way at a time. */
#include "proc/outreach_acme_priv.h"

#include "acme/https.h"
#include "os/clock.h"
#include "os/random.h"
#include "os/socket.h"
#include "proc/acme.h"
#include "proc/outreach_door.h"
#include "proc/outreach_trust.h"

enum {
	LATE_US = 150 * SECOND_US, /* a hook has 120 */
	SOON_US = 100 * MILLISECOND_US,
	SETTLE_US = 20 * SECOND_US, /* until what was had is in force */
	LOOK_US = 3600ULL * SECOND_US,
	HOUR_S = 3600,
	BODY_MAX = 16 << 10,
};

enum doing {
	DOING_NOTHING,
	DOING_ABOUT,
	DOING_NAME,
	DOING_SIGNATURE,
	DOING_HTTPS,
	DOING_REQUEST,
	DOING_OPEN,
	DOING_RECORD,
	DOING_CHAIN,
};

static struct {
	struct child *child;
	struct dns_asker *asker;
	struct acme_https *https; /* NULL: nothing can be had */
	uint32_t count;
	struct entry entries[MAX_CERTIFICATES], before[MAX_CERTIFICATES];
	struct entry *active; /* NULL: none */
	bool is_running;      /* its run; else only what is there is asked about */
	struct acme_run run;
	enum doing doing;
	uint32_t asked_id;
	uint16_t asked_kind;        /* enum ask_kind of it */
	uint64_t late_us, pause_us; /* pause_us: nothing is begun before */
	bool is_second;             /* AAAA, after A came to nothing */
	char at[ADDR_TEXT_MAX];
	char input[BODY_MAX], body[BODY_MAX];
	size_t input_len, chain_len, chain_at;
	char chain[ACME_CHAIN_MAX];
} a;

static struct ask question;

/* ---- beginning ---- */

static void https_answered(void *context, const struct acme_response *response);

void outreach_acme_begin(struct child *c, struct dns_asker *asker)
{
	struct conf_blob blob = child_settings(c);
	size_t count;
	const struct acme_options *list = conf_blob_get(&blob, &acme_block, &count);
	enum err err;

	a.child = c;
	a.asker = asker;
	if (!list || count == 0)
		return;
	for (size_t i = 0; i < count && i < MAX_ACME; i++)
		trust_authority(c, &list[i]);
	err = acme_https_new(
		&(struct acme_https_ports){ .loop = child_loop(c), .answered = https_answered },
		&a.https);
	if (err != ERR_NONE)
		log_write(LEVEL_ERROR, "acme", "no certificate can be had: %s",
		          err == ERR_NOT_FOUND ? "libcurl.so.4 is not installed" : err_text(err));
}

static void drop_run(void)
{
	if (a.https)
		acme_https_cancel(a.https);
	door_shut();
	a.active = NULL;
	a.is_running = false;
	a.doing = DOING_NOTHING;
}

void outreach_acme_settings(const struct conf_blob *blob, struct now now)
{
	size_t count, own_count;
	const struct acme_options *list = conf_blob_get(blob, &acme_block, &count);
	const struct transport_certificate *own =
		conf_blob_get(blob, &transport_certificate_block, &own_count);
	uint32_t before_count = a.count;

	drop_run();
	memcpy(a.before, a.entries, sizeof(a.before));
	a.count = 0;
	for (size_t i = 0; own && list && i < own_count && a.count < MAX_CERTIFICATES; i++) {
		struct entry *e = &a.entries[a.count];
		struct acme_wish wish;

		if (!acme_wish_of(&own[i], list, count, &wish))
			continue;
		*e = (struct entry){ .wish = wish, .due_us = now.us };
		for (uint32_t k = 0; k < before_count; k++)
			if (memcmp(&a.before[k].wish, &wish, sizeof(wish)) == 0)
				*e = a.before[k];
		e->options = list[own[i].acme];
		a.count++;
	}
}

/* ---- one thing under way ---- */

static void begin(enum doing what, struct now now)
{
	a.doing = what;
	a.late_us = now.us + LATE_US;
}

/* The body is there; who cannot take it now is asked in a moment. */
static void ask_of(enum doing what, enum ask_kind kind, size_t size, struct now now)
{
	enum err err;

	question.head = (struct ask_head){ .kind = (uint16_t)kind, .size = (uint32_t)size };
	a.asked_kind = (uint16_t)kind;
	err = child_ask(a.child, &question, &a.asked_id);
	if (err == ERR_NONE)
		begin(what, now);
	else
		a.pause_us = now.us + SOON_US;
}

static void ask_about(const struct entry *e, enum doing what, enum ask_kind kind, struct now now)
{
	question.body.acme_wish = e->wish;
	ask_of(what, kind, sizeof(e->wish), now);
}

/* ---- the authority's address ---- */

static bool find_host(const struct entry *e, struct acme_url *ret)
{
	struct addr literal;

	return acme_url_read(view_of(e->options.directory), ret) == ERR_NONE && !ret->is_v6 &&
	       addr_parse(view_of(ret->host), &literal) != ERR_NONE;
}

static void ask_name(const struct acme_url *url, struct now now)
{
	struct resolve_question q = { .type = a.is_second ? RESOLVE_AAAA : RESOLVE_A };

	(void)VIEW_COPY(view_of(url->host), q.name);
	begin(DOING_NAME, now);
	if (dns_ask(a.asker, &q, OUTREACH_ACME_QUESTION) == ERR_NONE)
		return;
	/* Too many are under way. */
	a.doing = DOING_NOTHING;
	a.pause_us = now.us + SOON_US;
}

void outreach_acme_resolved(const struct resolve_answer *answer)
{
	if (a.doing != DOING_NAME)
		return;
	a.doing = DOING_NOTHING;
	for (uint16_t i = 0; answer->result == RESOLVE_ANSWERED && i < answer->count; i++) {
		const struct resolve_record *r = &answer->records[i];
		struct buffer b = buffer_on(a.at, sizeof(a.at) - 1);

		if (r->type != RESOLVE_A && r->type != RESOLVE_AAAA)
			continue;
		if (r->type == RESOLVE_AAAA)
			buffer_char(&b, '[');
		addr_write(&b, &r->address);
		if (r->type == RESOLVE_AAAA)
			buffer_char(&b, ']');
		a.at[b.len] = 0;
		return;
	}
	if (a.is_second)
		acme_run_fail(&a.run, "no name server knows the authority's host");
	a.is_second = true;
}

/* ---- steps of a run ---- */

static void send_request(struct view body, struct now now)
{
	const struct acme_request *q = &a.run.request;
	const struct acme_https_call call = { .method = q->method,
		                              .url = q->url,
		                              .at = a.at[0] ? a.at : NULL,
		                              .body = body,
		                              .authority =
		                                      trust_of_authority(a.active->wish.account) };

	if (acme_https_send(a.https, &call) != ERR_NONE)
		acme_run_fail(&a.run, "the request cannot be sent");
	else
		begin(DOING_HTTPS, now);
}

static void want_request(struct now now)
{
	const struct acme_request *q = &a.run.request;
	const struct acme_protected head = { .key = q->has_key ? &a.run.key : NULL,
		                             .account = a.run.account,
		                             .nonce = a.run.nonce,
		                             .url = q->url };
	struct buffer b = BUFFER_ON(a.input);

	if (q->method != ACME_POST) {
		send_request(VIEW_EMPTY, now);
		return;
	}
	acme_jws_input(&b, &head, view_bytes(q->payload, q->len));
	a.input_len = b.len;
	if (b.err != ERR_NONE) {
		acme_run_fail(&a.run, "the request is too long");
		return;
	}
	memset(&question.body.acme_sign, 0, sizeof(question.body.acme_sign));
	(void)VIEW_COPY(view_of(a.active->wish.account), question.body.acme_sign.account);
	acme_digest(buffer_view(&b), question.body.acme_sign.digest);
	ask_of(DOING_SIGNATURE, ASK_ACME_SIGN, sizeof(question.body.acme_sign), now);
}

static void want_record(bool is_over, struct now now)
{
	struct acme_record *r = &question.body.acme_record;

	memset(r, 0, sizeof(*r));
	(void)VIEW_COPY(view_of(a.active->wish.account), r->account);
	(void)VIEW_COPY(view_of(a.run.proof.domain), r->domain);
	(void)VIEW_COPY(view_of(a.run.proof.value), r->value);
	r->is_over = is_over;
	ask_of(DOING_RECORD, ASK_ACME_RECORD, sizeof(*r), now);
}

static void want_chain(struct now now)
{
	struct acme_piece *piece = &question.body.acme_piece;
	size_t left = a.chain_len - a.chain_at;

	memset(piece, 0, sizeof(*piece));
	(void)VIEW_COPY(view_of(a.active->wish.certificate), piece->certificate);
	piece->at = (uint32_t)a.chain_at;
	piece->total = (uint32_t)a.chain_len;
	piece->len = (uint32_t)(left < ACME_PIECE_MAX ? left : ACME_PIECE_MAX);
	memcpy(piece->bytes, a.chain + a.chain_at, piece->len);
	ask_of(DOING_CHAIN, ASK_ACME_CHAIN, sizeof(*piece), now);
}

static void https_answered(void *context, const struct acme_response *response)
{
	(void)context;
	if (a.doing != DOING_HTTPS)
		return;
	a.doing = DOING_NOTHING;
	acme_run_response(&a.run, response, clock_now());
	if (a.run.step != ACME_STEP_INSTALL)
		return;
	a.chain_len = response->body.len;
	a.chain_at = 0;
	memcpy(a.chain, response->body.at, a.chain_len);
}

/* ---- ends ---- */

static void fail(struct entry *e, const char *why, uint32_t retry_after_s, struct now now)
{
	uint32_t again_s = acme_again_s(++e->failures, retry_after_s, random_below(UINT32_MAX));

	(void)VIEW_COPY(view_of(why), e->why);
	e->due_us = now.us + (uint64_t)again_s * SECOND_US;
	counters_add(child_counters(a.child), COUNT_certificates_not_had, 1);
	outreach_acme_say(e, again_s);
	drop_run();
}

static void succeed(struct entry *e, struct now now)
{
	log_write(LEVEL_NOTICE, "acme", "certificate %s was had from %s", e->wish.certificate,
	          e->wish.account);
	counters_add(child_counters(a.child), COUNT_certificates_obtained, 1);
	e->why[0] = 0;
	e->is_asked = false;
	e->had_us = now.wall_us;
	e->due_us = now.us + SETTLE_US;
	drop_run();
}

static void start_run(struct entry *e, const struct acme_about *about, const char *why)
{
	struct acme_key key;

	memcpy(key.x, about->x, sizeof(key.x));
	memcpy(key.y, about->y, sizeof(key.y));
	log_write(LEVEL_NOTICE, "acme", "certificate %s is asked for from %s: %s",
	          e->wish.certificate, e->wish.account, why);
	acme_run_begin(&a.run, &e->wish, &e->options, &key);
	a.is_running = true;
	a.is_second = false;
	a.at[0] = 0;
}

/* What `keys` says of the one that is there. */
static void learn(struct entry *e, const struct acme_about *about, struct now now)
{
	int64_t now_s = now.wall_us / SECOND_US;
	int64_t renewal_s = acme_renewal_s(about->from_s, about->ends_s);
	bool is_due = about->is_own || !about->is_whole || now_s >= renewal_s;
	uint64_t wait_us = LOOK_US;

	if (is_due && !e->is_asked && e->had_us > 0 && now.wall_us - e->had_us < (int64_t)LOOK_US) {
		/* An authority that is asked again and again gives nothing for a week. */
		fail(e, "what was had is not in force, or ends too soon", 0, now);
		return;
	}
	if (is_due || e->is_asked) {
		start_run(e, about,
		          e->is_asked        ? "somebody wants it renewed"
		          : about->is_own    ? "there is none yet"
		          : !about->is_whole ? "its names are others now"
		                             : "a third of its life is left");
		return;
	}
	e->failures = 0;
	e->why[0] = 0;
	if (e->ends_s != about->ends_s)
		outreach_acme_say_good(e, renewal_s);
	if ((renewal_s - now_s) < HOUR_S)
		wait_us = (uint64_t)(renewal_s - now_s) * SECOND_US;
	e->ends_s = about->ends_s;
	e->due_us = now.us + wait_us;
	drop_run();
}

/* ---- turns ---- */

static void pick(struct now now)
{
	for (uint32_t i = 0; i < a.count && !a.active; i++)
		if (now.us >= a.entries[i].due_us)
			a.active = &a.entries[i];
}

static void step(struct now now)
{
	struct acme_url url;
	struct entry *e = a.active;
	enum acme_want want;

	if (!a.is_running) {
		ask_about(e, DOING_ABOUT, ASK_ACME_ABOUT, now);
		return;
	}
	want = acme_run_want(&a.run, now);
	if (want == ACME_WANT_REQUEST && !a.at[0] && find_host(e, &url))
		ask_name(&url, now);
	else if (want == ACME_WANT_REQUEST)
		want_request(now);
	else if (want == ACME_WANT_CSR)
		ask_about(e, DOING_REQUEST, ASK_ACME_REQUEST, now);
	else if (want == ACME_WANT_PROVE && e->options.proof == ACME_BY_HTTP)
		ask_about(e, DOING_OPEN, ASK_ACME_OPEN, now);
	else if (want == ACME_WANT_PROVE)
		want_record(false, now);
	else if (want == ACME_WANT_UNPROVE && e->options.proof == ACME_BY_DNS)
		want_record(true, now);
	else if (want == ACME_WANT_INSTALL)
		want_chain(now);
	else if (want == ACME_DONE)
		succeed(e, now);
	else if (want == ACME_FAILED)
		fail(e, a.run.why, a.run.retry_after_s, now);
	if (want == ACME_WANT_UNPROVE && e->options.proof == ACME_BY_HTTP) {
		door_shut();
		acme_run_went(&a.run, ERR_NONE, "");
	}
}

void outreach_acme_advance(struct now now)
{
	if (!a.https)
		return;
	acme_https_advance(a.https, now);
	door_advance(now);
	if (a.doing != DOING_NOTHING && now.us >= a.late_us) {
		acme_https_cancel(a.https);
		a.doing = DOING_NOTHING;
		if (a.is_running)
			acme_run_fail(&a.run, "nothing came of a step in time");
	}
	pick(now);
	if (a.active && a.doing == DOING_NOTHING && now.us >= a.pause_us)
		step(now);
}

uint64_t outreach_acme_wait_us(struct now now)
{
	uint64_t least = UINT64_MAX, us;

	if (!a.https)
		return least;
	if (!a.active) {
		for (uint32_t i = 0; i < a.count; i++) {
			us = now_since(a.entries[i].due_us, now.us);
			least = us < least ? us : least;
		}
		return least;
	}
	if (a.doing == DOING_NOTHING) {
		least = now_since(a.pause_us, now.us);
		us = a.is_running ? now_since(a.run.due_us, now.us) : 0;
		return us > least ? us : least;
	}
	least = now_since(a.late_us, now.us);
	us = acme_https_wait_us(a.https, now);
	least = us < least ? us : least;
	us = door_wait_us(now);
	return us < least ? us : least;
}

/* ---- what others say ---- */

static const char *words_of(enum err err, enum doing what)
{
	if (what == DOING_OPEN)
		return "the door for its question cannot be opened";
	if (what == DOING_RECORD)
		return "the hook did not write the record";
	if (what == DOING_CHAIN)
		return err == ERR_IO ? "its file cannot be written"
		                     : "what came is not for our key and names, or not good now";
	return err == ERR_NOT_FOUND ? "there is no key for it" : "keys does not sign";
}

static void open_door(struct now now)
{
	int fd = child_take_descriptor();
	enum err err = fd < 0 ? ERR_SHORT
	                      : door_open(child_loop(a.child), fd, view_of(a.run.proof.token),
	                                  view_of(a.run.proof.authorization));

	(void)now;
	acme_run_went(&a.run, err, words_of(err, DOING_OPEN));
}

static void signed_by_keys(const struct acme_signature *s, struct now now)
{
	struct buffer b = BUFFER_ON(a.body);

	acme_jws_body(&b, view_bytes(a.input, a.input_len), s->bytes);
	if (b.err != ERR_NONE)
		acme_run_fail(&a.run, "the request is too long");
	else
		send_request(buffer_view(&b), now);
}

static void take(enum doing was, const struct ask *row, struct now now)
{
	switch (was) {
	case DOING_ABOUT:
		learn(a.active, &row->body.acme_about, now);
		break;
	case DOING_SIGNATURE:
		signed_by_keys(&row->body.acme_signature, now);
		break;
	case DOING_REQUEST:
		acme_run_request_made(&a.run, view_bytes(row->body.bytes, row->head.size));
		break;
	case DOING_OPEN:
		open_door(now);
		break;
	case DOING_RECORD:
		acme_run_went(&a.run, ERR_NONE, "");
		break;
	case DOING_CHAIN:
		a.chain_at += a.chain_len - a.chain_at < ACME_PIECE_MAX ? a.chain_len - a.chain_at
		                                                        : ACME_PIECE_MAX;
		if (a.chain_at == a.chain_len)
			acme_run_went(&a.run, ERR_NONE, "");
		break;
	default:
		break;
	}
}

void outreach_acme_answered(const struct ask *row, struct now now)
{
	enum doing was = a.doing;
	enum err err = (enum err)row->head.result;

	if (!a.active || was == DOING_NOTHING || was == DOING_HTTPS || was == DOING_NAME ||
	    row->head.id != a.asked_id || row->head.kind != a.asked_kind || !row->head.is_last)
		return;
	a.doing = DOING_NOTHING;
	/* `keys` is away for some milliseconds: it is asked again. */
	if ((err == ERR_CLOSED || err == ERR_AGAIN) &&
	    (was == DOING_ABOUT || was == DOING_SIGNATURE || was == DOING_REQUEST))
		a.pause_us = now.us + SECOND_US;
	else if (err == ERR_NONE)
		take(was, row, now);
	else if (was == DOING_ABOUT)
		fail(a.active, words_of(err, was), 0, now);
	else if (was == DOING_RECORD)
		acme_run_went(&a.run, err, words_of(err, was));
	else
		acme_run_fail(&a.run, words_of(err, was));
}

/* ---- what somebody wants to know ---- */

static void answer_list(const struct ask_head *head, struct now now)
{
	static struct ask row;

	for (uint32_t i = 0; i < a.count; i++) {
		const struct entry *e = &a.entries[i];
		bool is_asked = a.active == e && a.is_running;
		size_t len =
			outreach_acme_json(e, is_asked, now, row.body.text, sizeof(row.body.text));

		row.head = (struct ask_head){ .size = (uint32_t)len };
		if (len > 0)
			child_answer(a.child, head, &row);
	}
	row.head = (struct ask_head){ .is_last = 1 };
	child_answer(a.child, head, &row);
}

static enum err renew(struct view name, struct now now)
{
	for (uint32_t i = 0; i < a.count; i++) {
		struct entry *e = &a.entries[i];

		if (!view_equal(view_of(e->wish.certificate), name))
			continue;
		if (!a.https)
			return ERR_UNSUPPORTED;
		e->is_asked = true;
		if (a.active != e)
			e->due_us = now.us;
		return ERR_NONE;
	}
	return ERR_NOT_FOUND;
}

void outreach_acme_asked(const struct ask *asked, struct now now)
{
	static struct ask answer;
	struct ask_head head = asked->head;
	enum err err;

	if (head.kind == ASK_ACME_LIST) {
		answer_list(&head, now);
		return;
	}
	err = head.kind == ASK_ACME_RENEW && head.size <= sizeof(asked->body.text)
	            ? renew(view_bytes(asked->body.text, head.size), now)
	            : ERR_UNSUPPORTED;
	answer.head = (struct ask_head){ .result = (uint8_t)err, .is_last = 1 };
	child_answer(a.child, &head, &answer);
}
