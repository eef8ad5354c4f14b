/* SPDX-License-Identifier: Apache-2.0 */
/* REGISTER as a client, and what was learnt of each carrier's challenges. */
#include "border/trunk.h"

#include "base/object.h"
#include "border/challenge.h"
#include "border/common.h"
#include "border/digest.h"
#include "border/path.h"
#include "sip/auth.h"
#include "sip/build.h"
#include "sip/contact.h"
#include "sip/number.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIRST_US = 50 * MILLISECOND_US,
	RETRY_S = 30,
	RETRY_MOST_S = 600,
	LEAST_S = 30,
	PATIENCE_S = 64 /* longer than the transaction */
};
enum { MAX_TRIES = 2 }; /* logins in a row: the second for a nonce that went stale */

struct trunk {
	struct border *border;
	const struct border_credentials *with; /* NULL: none */
	struct timer timer;
	uint64_t serial; /* of Call-ID and From tag */
	uint32_t cseq, nonce_count, asked_s;
	uint64_t until_us;            /* registered */
	char route[PATH_SIZE];        /* Service-Route of then; empty: none */
	char row[CHALLENGE_ROW_SIZE]; /* the challenge that is answered; empty: none yet */
	char nonce[128];              /* of it */
	uint16_t status;              /* 401 or 407 */
	uint16_t refusal;             /* the last one to REGISTER; 0: none */
	uint8_t tries, failures;
};

struct trunks {
	struct trunk rows[MAX_PEERS];
};

static struct trunk *trunk_of(const struct border *b, uint16_t row)
{
	return row < b->settings.peer_count && b->trunks->rows[row].with ? &b->trunks->rows[row]
	                                                                 : NULL;
}

bool trunk_is(const struct border *b, uint16_t row) { return trunk_of(b, row) != NULL; }

static const struct border_peer *peer_of(const struct trunk *t)
{
	return &t->border->settings.peers[t - t->border->trunks->rows];
}

/* ---- challenges ---- */

static bool is_realm(const struct trunk *t, struct view realm)
{
	const char *wanted = t->with->realm[0] ? t->with->realm : peer_of(t)->domain;

	return !*wanted || view_equal(realm, view_of(wanted));
}

static bool take_row(struct trunk *t, const char *row, uint16_t status)
{
	struct sip_digest digest;

	if (sip_auth_parse(view_of(row), SIP_AUTH_CHALLENGE, &digest) != ERR_NONE ||
	    sip_digest_algorithm(&digest) == SIP_ALGORITHM_OTHER ||
	    !is_realm(t, digest.values[SIP_DIGEST_REALM]))
		return false;
	(void)VIEW_COPY(view_of(row), t->row);
	(void)VIEW_COPY(view_first(digest.values[SIP_DIGEST_NONCE], sizeof(t->nonce) - 1),
	                t->nonce);
	t->status = status;
	t->nonce_count = 0;
	return true;
}

bool trunk_learn(struct border *b, uint16_t row, const struct sip_msg *response)
{
	struct trunk *t = trunk_of(b, row);
	struct challenge c;

	if (!t || challenge_read(response, &c) != ERR_NONE)
		return false;
	for (unsigned i = 0; i < c.count; i++) {
		if (take_row(t, c.rows[i], c.status))
			return true;
	}
	return false;
}

static void authorize(struct trunk *t, struct view method, struct view uri, struct buffer *out)
{
	struct digest_login login = {
		.row = view_of(t->row),
		.user = view_of(t->with->user),
		.password = view_of(t->with->password),
		.method = method,
		.uri = uri,
		.nonce_count = t->nonce_count + 1,
		.status = t->status,
	};
	size_t begun = out->len;

	if (!t->row[0] || digest_write(t->border, &login, out) != ERR_NONE) {
		out->len = begun;
		return;
	}
	t->nonce_count++;
}

void trunk_authorize(struct border *b, uint16_t row, struct view method, struct view uri,
                     struct buffer *out)
{
	struct trunk *t = trunk_of(b, row);

	if (t)
		authorize(t, method, uri, out);
}

void trunk_write_route(const struct border *b, uint16_t row, struct buffer *out)
{
	const struct trunk *t = trunk_of(b, row);
	char route[PATH_SIZE] = "";

	if (!t)
		return;
	if (!common_is_asked_elsewhere(b))
		path_write(out, SIP_HEADER_ROUTE, t->until_us > b->now.us ? t->route : "");
	else if (common_route(b, row, route))
		path_write(out, SIP_HEADER_ROUTE, route);
}

/* ---- REGISTER ---- */

static void write_uri(struct buffer *out, const struct trunk *t, bool has_user)
{
	buffer_text(out, "sip:");
	if (has_user) {
		sip_escape_user(out, view_of(t->with->user));
		buffer_char(out, '@');
	}
	party_write_domain(out, peer_of(t));
}

static void write_names(struct trunk *t, struct request *r)
{
	char user_text[BORDER_DOMAIN_SIZE + 256], call_id_text[UA_NAME_LEN], tag_text[UA_NAME_LEN];
	struct buffer user = BUFFER_ON(user_text), call_id = BUFFER_ON(call_id_text);
	struct buffer tag = BUFFER_ON(tag_text);
	struct border *b = t->border;
	struct addr ours = party_our_address(b, &r->to);

	write_uri(&user, t, true);
	ua_name_write(&call_id, &b->namer, UA_NAME_CALL_ID, t->serial);
	ua_name_write(&tag, &b->namer, UA_NAME_TAG, t->serial);
	sip_build_number(&r->out, SIP_HEADER_MAX_FORWARDS, 70);
	sip_build_name_addr(&r->out, SIP_HEADER_FROM, VIEW_EMPTY, buffer_view(&user),
	                    buffer_view(&tag));
	sip_build_name_addr(&r->out, SIP_HEADER_TO, VIEW_EMPTY, buffer_view(&user), VIEW_EMPTY);
	sip_build_header(&r->out, SIP_HEADER_CALL_ID, buffer_view(&call_id));
	sip_build_cseq(&r->out, ++t->cseq, VIEW("REGISTER"));
	user = BUFFER_ON(user_text);
	buffer_text(&user, "sip:");
	sip_escape_user(&user, view_of(t->with->user));
	buffer_char(&user, '@');
	addr_write_port(&user, &ours);
	party_write_transport(&user, &r->to);
	sip_build_name_addr(&r->out, SIP_HEADER_CONTACT, VIEW_EMPTY, buffer_view(&user),
	                    VIEW_EMPTY);
}

static void again_in(struct trunk *t, uint32_t seconds)
{
	struct border *b = t->border;

	wheel_set(&b->wheel, &t->timer, b->now.us + (uint64_t)seconds * SECOND_US);
}

static void try_later(struct trunk *t)
{
	uint32_t wait_s = (uint32_t)RETRY_S << (t->failures < 5 ? t->failures : 5);

	if (t->failures < UINT8_MAX)
		t->failures++;
	t->tries = 0;
	again_in(t, wait_s < RETRY_MOST_S ? wait_s : RETRY_MOST_S);
}

static void ask(struct trunk *t)
{
	struct border *b = t->border;
	uint16_t row = (uint16_t)(t - b->trunks->rows);
	char uri_text[BORDER_DOMAIN_SIZE + 8];
	struct buffer uri = BUFFER_ON(uri_text);
	struct pool_handle object = { .index = row }, client;
	struct request r;
	struct flow to;

	again_in(t, PATIENCE_S);
	if (party_flow_to(b, peer_of(t), &to) != ERR_NONE)
		return;
	write_uri(&uri, t, false);
	r = request_begin(b, &to, VIEW("REGISTER"), buffer_view(&uri));
	write_names(t, &r);
	authorize(t, VIEW("REGISTER"), buffer_view(&uri), &r.out);
	sip_build_number(&r.out, SIP_HEADER_EXPIRES, t->asked_s);
	sip_build_body(&r.out, VIEW_EMPTY);
	if (request_send(b, &r, PURPOSE_TRUNK, object, &client) != ERR_NONE)
		try_later(t);
}

static void fire(struct timer *timer, uint64_t now_us)
{
	(void)now_us;
	ask(HOLDER(timer, struct trunk, timer));
}

/* What it granted to our Contact: RFC 3261 10.2.4. */
static uint32_t granted_s(const struct trunk *t, const struct sip_msg *msg)
{
	struct sip_contact contacts[MAX_SIP_CONTACTS];
	size_t count = 0;
	uint32_t seconds = t->asked_s;
	struct sip_uri uri;

	(void)sip_number_of(msg, SIP_HEADER_EXPIRES, UINT32_MAX, &seconds);
	if (sip_contacts_read(msg, contacts, MAX_SIP_CONTACTS, &count) != ERR_NONE)
		return seconds;
	for (size_t i = 0; i < count; i++) {
		uri = contacts[i].address.uri;
		if (!contacts[i].is_star && contacts[i].has_expires &&
		    view_equal(uri.user, view_of(t->with->user)))
			return contacts[i].expires_s;
	}
	return seconds;
}

/* One that cannot be read is none. */
static void take_route(struct trunk *t, const struct sip_msg *msg)
{
	uint16_t row = (uint16_t)(t - t->border->trunks->rows);

	t->route[0] = 0;
	if (msg && path_read(msg, SIP_HEADER_SERVICE_ROUTE, t->route) != ERR_NONE)
		t->route[0] = 0;
	common_tell_route(t->border, row, t->route, t->until_us);
}

static void take_success(struct trunk *t, const struct sip_msg *msg)
{
	uint32_t seconds = granted_s(t, msg);

	t->tries = t->failures = 0;
	t->refusal = 0;
	t->until_us = t->border->now.us + (uint64_t)seconds * SECOND_US;
	take_route(t, msg);
	if (seconds > t->asked_s)
		seconds = t->asked_s;
	/* With a fifth to spare, for what is lost on the way. */
	again_in(t, seconds > LEAST_S ? seconds - seconds / 5 : LEAST_S / 2);
}

void trunk_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                  enum ua_answer answer)
{
	uint16_t row = (uint16_t)event->user.object.index, status = in->msg->status;
	struct trunk *t = trunk_of(b, row);
	uint32_t least_s;

	if (!t || answer != UA_ANSWER_FINAL)
		return;
	if (status < 300) {
		take_success(t, in->msg);
		return;
	}
	t->refusal = status;
	if ((status == 401 || status == 407) && t->tries < MAX_TRIES &&
	    trunk_learn(b, row, in->msg)) {
		t->tries++;
		ask(t);
		return;
	}
	if (status == 423 && t->tries < MAX_TRIES &&
	    sip_number_of(in->msg, SIP_HEADER_MIN_EXPIRES, UINT32_MAX, &least_s) == ERR_NONE &&
	    least_s > t->asked_s) {
		t->asked_s = least_s;
		t->tries++;
		ask(t);
		return;
	}
	if (t->until_us < b->now.us)
		t->until_us = 0;
	take_route(t, NULL);
	try_later(t);
}

void trunk_notice(struct border *b, enum ua_notice notice, const struct ua_event *event)
{
	struct trunk *t = trunk_of(b, (uint16_t)event->user.object.index);

	if (t && notice == UA_TIMEOUT) {
		t->refusal = 408;
		try_later(t);
	}
}

/* ---- the table ---- */

static void begin(struct border *b)
{
	for (unsigned i = 0; i < b->settings.credentials_count; i++) {
		const struct border_credentials *with = &b->settings.credentials[i];
		struct trunk *t;

		if (with->peer >= b->settings.peer_count)
			continue;
		t = &b->trunks->rows[with->peer];
		t->border = b;
		t->with = with;
		t->asked_s = with->register_s;
		timer_init(&t->timer, fire);
		/* One of the workers registers for all. */
		if (!with->register_s || b->ports.owner != 0)
			continue;
		b->ports.random(b->ports.context, &t->serial, sizeof(t->serial));
		wheel_set(&b->wheel, &t->timer, b->now.us + FIRST_US);
	}
}

enum err trunks_new(struct border *b, struct trunks **ret)
{
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return ERR_NO_MEMORY;
	begin(b);
	return ERR_NONE;
}

void trunks_free(struct trunks **t)
{
	free(*t);
	*t = NULL;
}

void trunks_apply(struct border *b)
{
	for (unsigned i = 0; i < MAX_PEERS; i++) {
		if (b->trunks->rows[i].with)
			wheel_cancel(&b->wheel, &b->trunks->rows[i].timer);
	}
	memset(b->trunks, 0, sizeof(*b->trunks));
	begin(b);
}

void trunk_write(struct buffer *out, const struct border *b, uint16_t row)
{
	const struct trunk *t = trunk_of(b, row);

	if (!t || !t->with->register_s)
		return;
	object_text(out, "registered",
	            t->until_us > b->now.us ? VIEW("yes")
	            : t->refusal            ? VIEW("refused")
	                                    : VIEW("no"));
	if (t->refusal)
		object_number(out, "registration_refused_with", t->refusal);
}
