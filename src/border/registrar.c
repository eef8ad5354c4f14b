/* SPDX-License-Identifier: Apache-2.0 */
/* REGISTER inward: who asks, what for, and whether the PBX may hear it. */
#include "border/login_priv.h"

#include "base/list.h"
#include "border/headers.h"
#include "border/home.h"
#include "border/identity.h"
#include "border/peers.h"
#include "border/probe.h"
#include "border/refresh.h"
#include "border/sample.h"
#include "border/stay.h"
#include "sip/build.h"

#include <stdlib.h>
#include <string.h>

enum { CREDENTIAL_LINES_MAX = MAX_CHALLENGE_ROWS * (CHALLENGE_ROW_SIZE + 256) };

static void fire(struct timer *timer, uint64_t now_us);

enum err registrar_new(struct border *b, struct registrar **ret)
{
	struct registrar *r = calloc(1, sizeof(*r));
	uint32_t count = MAX_LOGINS_IN_HAND;
	enum err err;

	if (!r)
		return ERR_NO_MEMORY;
	r->border = b;
	/* Each login in hand holds a transaction. */
	if (count > b->settings.max_transactions)
		count = b->settings.max_transactions;
	err = pool_new(sizeof(struct login), count, &r->logins);
	if (err != ERR_NONE) {
		registrar_free(&r);
		return err;
	}
	*ret = r;
	return ERR_NONE;
}

void registrar_free(struct registrar **r)
{
	if (!*r)
		return;
	pool_free(&(*r)->logins);
	free(*r);
	*r = NULL;
}

/* ---- the settings are new ---- */

void registrar_apply(struct border *b)
{
	uint16_t rows[MAX_PEERS];
	struct registration *r;
	uint32_t place = 0;
	struct login *l;

	for (uint16_t row = 0; row < MAX_PEERS; row++)
		rows[row] = peers_row_now(b, &b->before, row);
	while ((r = pool_next(b->registrations.pool, &place))) {
		if (r->facts.peer < MAX_PEERS && rows[r->facts.peer] < b->settings.peer_count &&
		    (!r->facts.pbx || rows[r->facts.pbx - 1] < b->settings.peer_count))
			registration_move_peer(&b->registrations, r, rows[r->facts.peer],
			                       r->facts.pbx ? rows[r->facts.pbx - 1] + 1U : 0);
		else
			registration_end(&b->registrations, &r);
	}
	place = 0;
	while ((l = pool_next(b->registrar->logins, &place))) {
		l->wish.facts.peer = rows[l->wish.facts.peer];
		/* The phone repeats what nobody answers, and the new PBX hears it. */
		if (l->wish.home >= home_count(b) ||
		    home_row(b, l->wish.home) != l->wish.facts.peer)
			login_drop(b, l);
	}
}

/* ---- towards the PBX ---- */

static void write_names(struct border *b, const struct inbound *in, uint16_t home,
                        struct request *r)
{
	struct addr source = addr_source(&in->flow->remote);
	struct view host = view_bytes(source.bytes, sizeof(source.bytes));
	struct view call[] = { in->msg->call_id, host };
	char call_id_text[NAMES_HASH_LEN], tag_text[NAMES_HASH_LEN];
	struct buffer call_id = BUFFER_ON(call_id_text), tag = BUFFER_ON(tag_text);
	struct view from[] = { in->msg->call_id, sip_msg_value(in->msg, SIP_HEADER_FROM), host };

	names_write(&call_id, &b->ports.keys[KEY_NAMES], NAMES_CALL_ID, call, 2);
	names_write(&tag, &b->ports.keys[KEY_NAMES], NAMES_FROM_TAG, from, 3);
	struct identity_reader reader = { .peer = home_peer(b, home) };
	struct identity caller = { SIP_HEADER_FROM, sip_msg_value(in->msg, SIP_HEADER_FROM),
		                   buffer_view(&tag) };
	struct identity account = { SIP_HEADER_TO, sip_msg_value(in->msg, SIP_HEADER_TO),
		                    VIEW_EMPTY };

	identity_write(b, &r->out, &caller, &reader);
	identity_write(b, &r->out, &account, &reader);
	sip_build_header(&r->out, SIP_HEADER_CALL_ID, buffer_view(&call_id));
	sip_build_cseq(&r->out, in->msg->cseq.number, VIEW("REGISTER"));
}

static void copy_headers(struct border *b, const struct inbound *in, const struct border_peer *pbx,
                         struct buffer *out)
{
	struct headers_ends ends = party_ends(b, NULL, pbx);

	ends.is_stranger = in->standing == STANDING_STRANGER;
	headers_copy(out, in->msg, &ends, b->removed);
}

static enum err forward(struct border *b, const struct inbound *in, struct login *l,
                        struct view credentials)
{
	const struct border_peer *pbx = home_peer(b, l->wish.home);
	char uri_text[BORDER_DOMAIN_SIZE + 8];
	struct buffer uri = BUFFER_ON(uri_text);
	struct pool_handle client;
	struct request r;
	struct flow to;
	enum err err = party_flow_to(b, pbx, &to);

	if (err != ERR_NONE)
		return err;
	buffer_text(&uri, "sip:");
	home_write_domain(&uri, b, l->wish.home);
	r = request_forward(b, in, &to, buffer_view(&uri));
	write_names(b, in, l->wish.home, &r);
	login_wish_write(b, &l->wish, &r);
	copy_headers(b, in, pbx, &r.out);
	request_source(&r, pbx, in->flow);
	buffer_put(&r.out, credentials);
	sip_build_body(&r.out, VIEW_EMPTY);
	return request_send(b, &r, PURPOSE_REGISTER, pool_handle_of(b->registrar->logins, l),
	                    &client);
}

/* ---- deciding ---- */

struct guard_login login_key(const struct login *l)
{
	return (struct guard_login){
		.source = l->wish.facts.flow.remote,
		.account = view_of(l->wish.facts.account),
		.call_id_hash = l->fact.call_id_hash,
		.contact_hash = l->fact.contact_hash,
		.cseq = l->fact.cseq,
		.response_hash = l->response_hash,
	};
}

/* A 401 of ours, without state: with a nonce of the PBX's if it takes one from us, else nothing. */
static void challenge_here(struct border *b, const struct inbound *in, uint16_t home)
{
	const struct challenge *c = probe_shared_challenge(b, home);
	char lines_text[LOGIN_LINES_MAX];
	struct buffer lines = BUFFER_ON(lines_text);

	border_count(b, c ? COUNT_challenged : COUNT_dropped_bound);
	if (!c)
		return;
	challenge_write(b, c, &in->flow->remote, COOKIE_USER_ORDINARY, &lines);
	if (lines.err == ERR_NONE)
		reply_stateless(b, in, c->status, buffer_view(&lines));
}

static void fire(struct timer *timer, uint64_t now_us)
{
	struct login *l = HOLDER(timer, struct login, timer);
	struct border *b = l->registrar->border;

	(void)now_us;
	reply_status(b, l->server, l->status, view_of(l->to_tag),
	             view_bytes(l->lines, l->lines_len));
	login_drop(b, l);
}

void login_drop(struct border *b, struct login *l)
{
	struct guard_login key = login_key(l);

	if (l->flags & LOGIN_HOLDS_SLOT)
		guard_login_left(b->logins, &key, b->now.us);
	if (!ua_server_is_final(b->ua, l->server))
		ua_server_drop(b->ua, l->server);
	wheel_cancel(&b->wheel, &l->timer);
	pool_give(b->registrar->logins, l);
}

static struct login *take_in_hand(struct border *b, const struct inbound *in,
                                  const struct login_wish *wish, const struct credentials *found)
{
	struct login *l = pool_take(b->registrar->logins);

	if (!l) {
		border_count(b, COUNT_limit_transactions);
		reply_busy(b, in);
		return NULL;
	}
	l->wish = *wish;
	l->registrar = b->registrar;
	l->came_us = b->now.us;
	l->wish.facts.login_hash = found->login_hash;
	l->nonce_hash = found->nonce_hash;
	l->response_hash = found->response_hash;
	l->fact = fact_of(b, in, FACT_LOGIN);
	fact_account(&l->fact, view_of(wish->facts.account));
	reply_to_tag(b, in, l->to_tag);
	timer_init(&l->timer, fire);
	if (found->is_proven)
		l->flags |= LOGIN_HAS_CREDENTIALS;
	else if (found->is_here)
		l->flags |= LOGIN_ANSWERS_US;
	if (found->is_unknown_user)
		l->flags |= LOGIN_IS_UNKNOWN;
	return l;
}

void login_say(struct border *b, const struct login *l, enum fact_kind kind,
               enum fact_outcome outcome)
{
	struct fact fact = l->fact;

	fact.kind = (uint8_t)kind;
	fact.outcome = (uint8_t)outcome;
	fact_emit(b, &fact);
}

/* An answer to a marked challenge: refused as a wrong password, and the PBX never hears of it. */
static void refuse_unknown(struct border *b, struct login *l)
{
	struct guard_login key = login_key(l);
	uint16_t status = probe_knowledge(b, l->wish.home)->refusal_status;

	guard_login_decided(b->logins, &key, OUTCOME_FAILED, status, b->now.us);
	border_count(b, COUNT_logins_refused);
	l->fact.status = status;
	login_say(b, l, FACT_UNKNOWN_USER, OUTCOME_FAILED);
	login_refuse(b, l, status);
}

static void proceed(struct border *b, const struct inbound *in, struct login *l,
                    struct view credentials)
{
	struct guard_login key = login_key(l);
	enum guard_login_answer answer = LOGIN_PASS;
	uint16_t status = 0;

	if (l->flags & LOGIN_HAS_CREDENTIALS) {
		answer = guard_login_ask(b->logins, &key, b->now.us, &status);
		if (answer != LOGIN_DROP && answer != LOGIN_GUESS)
			l->flags |= LOGIN_HOLDS_SLOT;
	}
	if (status == 0)
		status = probe_knowledge(b, l->wish.home)->refusal_status;
	if (answer == LOGIN_GUESS)
		login_say(b, l, FACT_CAPPED, OUTCOME_FAILED);
	if (answer == LOGIN_DROP || answer == LOGIN_GUESS) {
		border_count(b, COUNT_dropped_inflight);
		login_drop(b, l);
	} else if (reply_open(b, in, PURPOSE_REGISTER, pool_handle_of(b->registrar->logins, l),
	                      &l->server) != ERR_NONE) {
		login_drop(b, l);
	} else if (answer == LOGIN_REPEAT_LAST) {
		l->fact.status = status;
		login_say(b, l, FACT_OLD_PASSWORD, OUTCOME_FAILED);
		login_refuse(b, l, status);
	} else if (answer == LOGIN_REFUSE) {
		border_count(b, COUNT_logins_capped);
		l->fact.status = status;
		login_say(b, l, FACT_CAPPED, OUTCOME_FAILED);
		login_refuse(b, l, status);
	} else if (l->flags & LOGIN_IS_UNKNOWN) {
		refuse_unknown(b, l);
	} else if (forward(b, in, l, credentials) != ERR_NONE) {
		reply_status(b, l->server, 503, view_of(l->to_tag), VIEW_EMPTY);
		login_drop(b, l);
	} else {
		l->flags |= LOGIN_WENT_ON;
	}
}

static void refuse_reading(struct border *b, const struct inbound *in)
{
	struct fact fact = fact_of(b, in, FACT_ANOMALY);

	fact.grade = SIP_GRADE_SLOPPY;
	fact_emit(b, &fact);
	if (in->standing == STANDING_STRANGER) {
		border_count(b, COUNT_dropped_malformed);
		return;
	}
	border_count(b, COUNT_refused_malformed);
	reply_at_once(b, in, 400, VIEW_EMPTY);
}

/* A flow is known for its own accounts. Whoever asks for another is a stranger there and
 * answers for it with his address: with one account of his own, a guesser would begin
 * with a clean record at each new port. */
static void meet_account(const struct border *b, struct inbound *in, struct view account)
{
	struct verdict v;

	if (in->standing != STANDING_KNOWN || registration_of(&b->registrations, account, in->flow))
		return;
	in->standing = STANDING_STRANGER;
	if (verdict_table_find(b->ports.verdicts, &in->flow->remote, b->now.us, &v) &&
	    verdict_acts(&v, verdict_table_mode(b->ports.verdicts)))
		in->is_blocked = true;
}

/* Half of what the PBX hears is kept for those who bring credentials: they are nearly in. */
static bool keeps_pace(struct border *b, uint16_t home, bool has_credentials)
{
	struct guard_rate rate = b->settings.subscribers.pace, half = rate;

	half.count = (rate.count + 1) / 2;
	if (rate.count == 0)
		return true;
	if (!has_credentials &&
	    !guard_bucket_take(&b->registrar->pace_blank[home], &half, b->now.us))
		return false;
	return guard_bucket_take(&b->registrar->pace[home], &rate, b->now.us);
}

/* The PBX has enough to do: who has shown himself comes back, at a time drawn for him. */
static void hold_off(struct border *b, const struct inbound *in, uint16_t home)
{
	char text[192];
	struct buffer lines = BUFFER_ON(text);

	border_count(b, COUNT_limit_pace);
	if (in->standing == STANDING_STRANGER && !fact_is_proven(in->proof)) {
		challenge_here(b, in, home);
		return;
	}
	reply_retry_after(b, &lines);
	if (in->standing != STANDING_STRANGER)
		reply_warning(&lines, REFUSAL_BUSY);
	reply_stateless(b, in, 503, buffer_view(&lines));
}

/* RFC 5626 6. A stranger is challenged, whatever he demands. */
static bool refuses_edge(struct border *b, const struct inbound *in, const struct login_wish *wish,
                         const struct credentials *found)
{
	if (!wish->lacks_edge || (!found->is_proven && in->standing != STANDING_KNOWN))
		return false;
	reply_at_once(b, in, 439, VIEW_EMPTY);
	return true;
}

void registrar_request(struct border *b, struct inbound *in, enum guard_treatment treatment)
{
	char credentials_text[CREDENTIAL_LINES_MAX];
	struct buffer credentials = BUFFER_ON(credentials_text);
	struct login_wish wish = { 0 };
	struct credentials found;
	struct login *l;
	bool needs_proof, is_within;

	if (in->peer && stay_request(b, in))
		return;
	if (!b->settings.subscribers.is_on || home_is_on_side(b, in->flow->side)) {
		border_count(b, COUNT_dropped_stranger);
		return;
	}
	if (login_wish_read(b, in, &wish) != ERR_NONE) {
		refuse_reading(b, in);
		return;
	}
	meet_account(b, in, view_of(wish.facts.account));
	found = credentials_pass(b, in, CREDENTIALS_PROVEN, &credentials);
	if (credentials.err != ERR_NONE)
		found = (struct credentials){ 0 };
	if ((found.is_proven || found.is_here) && !fact_is_proven(in->proof))
		in->proof = PROOF_COOKIE;
	if (found.is_proven && in->standing == STANDING_STRANGER)
		sample_take(b, in);
	if (in->is_blocked &&
	    !registration_is_at(&b->registrations, view_of(wish.facts.account), &in->flow->remote))
		found = (struct credentials){ 0 };
	if (refuses_edge(b, in, &wish, &found))
		return;
	if (!in->is_blocked && treatment != TREAT_CHALLENGE &&
	    refresh_answers(b, in, &wish, &found, false))
		return;
	needs_proof = in->is_blocked || treatment == TREAT_CHALLENGE ||
	              b->settings.subscribers.proof_always;
	is_within =
		found.is_proven || fact_is_proven(in->proof) ||
		registration_is_continued(&b->registrations, in->flow, wish.facts.call_id_hash,
	                                  wish.facts.cseq) ||
		(!needs_proof && guard_bounds_register(b->bounds, &in->flow->remote, b->now.us));
	if (!found.is_proven && in->standing == STANDING_STRANGER) {
		struct fact fact = fact_of(b, in, FACT_REQUEST);

		fact_account(&fact, view_of(wish.facts.account));
		fact_emit(b, &fact);
	}
	if (!is_within) {
		challenge_here(b, in, wish.home);
		return;
	}
	if (!found.is_unknown_user && !keeps_pace(b, wish.home, found.is_proven)) {
		if (!refresh_answers(b, in, &wish, &found, true))
			hold_off(b, in, wish.home);
		return;
	}
	l = take_in_hand(b, in, &wish, &found);
	if (l)
		proceed(b, in, l, found.is_proven ? buffer_view(&credentials) : VIEW_EMPTY);
}
