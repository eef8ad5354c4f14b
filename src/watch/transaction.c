/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs requests and responses, leg by leg, whichever of the two passes here. */
#include "watch/watch_priv.h"

#include "sip/contact.h"
#include "sip/number.h"

#include <string.h>

enum {
	ACK_WAIT_S = 4, /* a refused INVITE is acknowledged at once, if by anybody at all */
	DEFAULT_EXPIRES_S = 3600,
};

/* ---- names ---- */

/* The note by which requests that we do not see are told apart. */
static uint64_t asks_key(const struct watch *w, const struct watch_reading *r)
{
	return watch_join(w, r->call_id, r->asker);
}

/* Some servers give all who ask within a second the same nonce: who asks under two
 * addresses is told at one what was sent to the other. By the nonce's hash. */
static uint64_t any_nonce_key(const struct watch *w, uint64_t nonce)
{
	return watch_join(w, nonce, 2);
}

static bool is_own_nonce(const struct watch *w, uint64_t nonce)
{
	enum watch_note_state state;

	return watch_note_find(w, any_nonce_key(w, nonce), &state) && state == NOTE_CHALLENGED;
}

/* ---- end of one ---- */

void watch_transaction_forget(void *watch, void *seen)
{
	struct watch_transaction *t = ((struct watch_seen *)seen)->whole;
	struct watch *w = watch;

	if (!t)
		return;
	wheel_cancel(&w->wheel, &t->timer);
	watch_decide(w, t);
	pool_give(w->transactions, t);
}

static void wait_s(struct watch *w, struct watch_transaction *t, uint32_t seconds)
{
	wheel_set(&w->wheel, &t->timer, w->now.us + (uint64_t)seconds * SECOND_US);
}

/* Something may still be said of it. */
static bool is_needed_whole(const struct watch_transaction *t)
{
	return (t->flags & IS_NON_SIP) || ((t->flags & IS_WAITING_FOR_ACK) && t->fact.status < 300);
}

/* Its row is kept for a while, so that what repeats it is recognised. */
static void decide(struct watch *w, struct watch_transaction *t)
{
	watch_decide(w, t);
	if (!is_needed_whole(t)) {
		watch_transaction_end(w, t);
		return;
	}
	watch_table_keep(&w->seen, t->seen, false);
	wait_s(w, t, w->settings.answer_s);
}

static void fire(struct timer *timer, uint64_t now_us)
{
	struct watch_transaction *t = HOLDER(timer, struct watch_transaction, timer);
	struct watch *w = t->watch;

	(void)now_us;
	if (!(t->flags & IS_DECIDED)) {
		decide(w, t);
		return;
	}
	if (t->flags & IS_WAITING_FOR_ACK && t->fact.status < 300)
		watch_say_unacknowledged(w, t);
	watch_transaction_drop(w, t);
}

/* ---- credentials ---- */

static void read_credential(struct watch *w, const struct watch_reading *r,
                            struct watch_transaction *t, const struct sip_header *h)
{
	enum watch_note_state state;
	struct sip_digest spare __attribute__((uninitialized)); /* filled, or not looked at */
	const struct sip_digest *d = sip_parts_digest_at(r->msg, h, &spare);
	uint64_t nonce;

	if (!d || view_is_empty(d->values[SIP_DIGEST_RESPONSE]) ||
	    view_is_empty(d->values[SIP_DIGEST_NONCE]))
		return;
	t->flags |= HAS_CREDENTIALS;
	t->realms[t->realms[0] != 0] = watch_hash(w, d->values[SIP_DIGEST_REALM]);
	if (t->method != SIP_METHOD_REGISTER) {
		struct sip_uri who = { .user = d->values[SIP_DIGEST_USERNAME],
			               .host = r->from->uri.host };

		if (view_find(who.user, '@', 0) < who.user.len)
			who.host = (struct sip_host){ 0 };
		memset(t->fact.account, 0, sizeof(t->fact.account));
		watch_account(&who, t->fact.account, sizeof(t->fact.account));
		memcpy(t->caller, t->fact.account, sizeof(t->caller));
		t->account = watch_hash(w, view_of(t->fact.account));
	}
	nonce = watch_hash(w, d->values[SIP_DIGEST_NONCE]);
	t->nonce = watch_join(w, nonce, r->asker);
	/* A phone answers an old nonce before it is told of a new one; only for an
	 * account that it had, or one good login would hide all guesses. */
	if (watch_has_served(w, r, t->account, t->nonce))
		t->flags |= IS_STALE;
	if (!fact_is_proven((enum fact_proof)t->fact.proof) &&
	    watch_note_find(w, t->nonce, &state) && is_own_nonce(w, nonce))
		t->fact.proof = PROOF_COOKIE;
}

static inline void read_credentials(struct watch *w, const struct watch_reading *r,
                                    struct watch_transaction *t, enum sip_header_id id)
{
	const struct sip_header *h = sip_msg_header(r->msg, id);

	for (; h; h = sip_msg_next(r->msg, h)) {
		t->flags |= HAS_AUTHORIZATION;
		read_credential(w, r, t, h);
	}
}

/* Whether it is for credentials that were sent. */
static bool read_challenge(struct watch *w, const struct watch_reading *r,
                           struct watch_transaction *t, const struct sip_header *h)
{
	struct sip_digest spare __attribute__((uninitialized)); /* filled, or not looked at */
	const struct sip_digest *d = sip_parts_digest_at(r->msg, h, &spare);
	uint64_t realm, nonce, own, any;

	if (!d)
		return false;
	realm = watch_hash(w, d->values[SIP_DIGEST_REALM]);
	if (sip_digest_is_stale(d))
		t->flags |= IS_STALE;
	/* One that nobody asked for proves nothing about whom it was sent to. */
	if (t->flags & HAS_REQUEST) {
		nonce = watch_hash(w, d->values[SIP_DIGEST_NONCE]);
		own = watch_join(w, nonce, r->asker);
		any = any_nonce_key(w, nonce);
		watch_table_expect(&w->notes, own);
		watch_table_expect(&w->notes, any);
		watch_note_put(w, own, NOTE_CHALLENGED);
		watch_note_give(w, any, r->asked, r->asker);
	}
	return realm == t->realms[0] || realm == t->realms[1];
}

static void read_challenges(struct watch *w, const struct watch_reading *r,
                            struct watch_transaction *t, enum sip_header_id id, bool *ret_is_same)
{
	const struct sip_header *h = sip_msg_header(r->msg, id);

	for (; h; h = sip_msg_next(r->msg, h))
		*ret_is_same |= read_challenge(w, r, t, h);
}

/* ---- requests ---- */

static void read_contact(const struct watch_reading *r, struct watch_transaction *t)
{
	struct sip_contact contact __attribute__((uninitialized)); /* filled if counted */
	size_t count = 0;
	uint32_t expires_s = DEFAULT_EXPIRES_S;
	enum err err;

	(void)sip_seconds_of(r->msg, SIP_HEADER_EXPIRES, &expires_s);
	err = sip_contacts_read(r->msg, &contact, 1, &count);
	/* With several the first counts: they are of one phone. */
	if (err == ERR_NONE && count == 0)
		t->flags |= IS_QUERY;
	if (err == ERR_NONE && count == 1 && !contact.is_star) {
		if (contact.has_expires)
			expires_s = contact.expires_s;
		WATCH_TEXT(contact.address.uri.text, t->contact);
	}
	t->expires_s = expires_s;
}

/* About who asks; of a response only what it repeats. */
static void fill_fact(struct watch *w, struct watch_reading *r, struct watch_transaction *t)
{
	const struct sip_msg *msg = r->msg;
	bool is_server;

	watch_fact_begin(w, r, FACT_REQUEST, &t->fact);
	t->fact.flow = r->flow;
	t->fact.standing = (uint8_t)watch_standing_of_asker(w, r, &is_server);
	t->fact.is_server = is_server;
	t->standing_at = watch_standings(w);
	if (msg->is_request) {
		r->has_standing = true;
		r->is_server = is_server;
		r->standing = t->fact.standing;
	}
	if (msg->cseq.method == SIP_METHOD_OTHER)
		watch_text(msg->cseq.method_text, t->fact.method, sizeof(t->fact.method));
	else
		memcpy(t->fact.method, w->methods[msg->cseq.method], sizeof(t->fact.method));
	watch_account(&r->to->uri, t->fact.account, sizeof(t->fact.account));
	if (t->method != SIP_METHOD_REGISTER)
		watch_text(msg->is_request ? r->uri->user : r->to->uri.user, t->fact.number,
		           sizeof(t->fact.number));
}

/* A new row, all zeros. */
static void fill(struct watch *w, struct watch_reading *r, struct watch_transaction *t)
{
	const struct sip_msg *msg = r->msg;
	bool has_tag = msg->is_request && !view_is_empty(r->to->tag);

	t->method = msg->method;
	t->asker = r->asker;
	t->asked = r->asked;
	t->asker_place = r->asker_place;
	fill_fact(w, r, t);
	/* Who called is said of calls, and of leaks within them. */
	if (t->method == SIP_METHOD_INVITE || has_tag)
		watch_account(&r->from->uri, t->caller, sizeof(t->caller));
	if (t->method == SIP_METHOD_REGISTER) {
		t->account = watch_hash(w, view_of(t->fact.account));
		if (t->fact.standing == STANDING_KNOWN)
			t->fact.standing = (uint8_t)watch_standing_as(w, r->asker_way, t->account);
	}
	if (has_tag)
		t->flags |= IS_IN_DIALOG;
	if (t->method == SIP_METHOD_CANCEL)
		t->flags |= IS_SILENT;
}

/* Only the caller whom the answer was sent to could know its tag; who called from one
 * address can write the same tags under another. */
static void meet_dialog(struct watch *w, const struct watch_reading *r, struct watch_transaction *t,
                        const struct watch_dialog *call)
{
	if (!call)
		return;
	t->flags |= IS_DIALOG_SEEN;
	if (!fact_is_proven((enum fact_proof)t->fact.proof) && call->callee_tag != 0 &&
	    addr_same_host(&call->report.caller, &r->flow.remote) && watch_tags_prove(w, r->asked))
		t->fact.proof = PROOF_TAG;
}

static void say_scanner(struct watch *w, const struct watch_transaction *t, uint16_t signature)
{
	struct fact fact = t->fact;

	fact.kind = FACT_SCANNER;
	fact.reason = signature;
	watch_say(w, &fact);
}

static void screen(struct watch *w, const struct watch_reading *r, struct watch_transaction *t)
{
	const struct inspector *inspector = w->ports.inspector;
	uint16_t signature;

	t->fact.agent = watch_agent(w, r->msg);
	if (t->fact.standing != STANDING_STRANGER || !inspector)
		return;
	signature = inspector->signature(inspector->context, r->msg, r->in->flow);
	if (signature != 0)
		say_scanner(w, t, signature);
}

static void begin(struct watch *w, struct watch_reading *r, struct watch_transaction *t)
{
	struct watch_dialog *call = NULL;

	t->flags |= HAS_REQUEST;
	fill(w, r, t);
	timer_init(&t->timer, fire);
	watch_table_keep(&w->seen, t->seen, true);
	wait_s(w, t, w->settings.answer_s);
	read_credentials(w, r, t, SIP_HEADER_AUTHORIZATION);
	read_credentials(w, r, t, SIP_HEADER_PROXY_AUTHORIZATION);
	if (t->method == SIP_METHOD_REGISTER) {
		watch_text(sip_msg_value(r->msg, SIP_HEADER_USER_AGENT), t->agent,
		           sizeof(t->agent));
		read_contact(r, t);
	}
	if (t->flags & IS_IN_DIALOG) {
		call = watch_call_find(w, r);
		meet_dialog(w, r, t, call);
	}
	screen(w, r, t);
	watch_say_oddities(w, r, r->msg->anomalies);
	if (t->method == SIP_METHOD_CANCEL)
		watch_call_cancelled(w, r);
	else if (t->flags & IS_IN_DIALOG)
		watch_call_within(w, r, t, call);
	else if (t->method == SIP_METHOD_INVITE)
		watch_call_invite(w, r, t);
}

/* Names what it acknowledges: by the branch of a refused INVITE, or by the dialog. */
static void acknowledge(struct watch *w, struct watch_reading *r)
{
	struct watch_seen *seen = watch_seen_find(w, r->transaction);
	struct watch_transaction *t = seen ? seen->whole : NULL;

	watch_call_acknowledged(w, r);
	if (!t || !(t->flags & IS_WAITING_FOR_ACK))
		return;
	t->flags &= (uint16_t)~IS_WAITING_FOR_ACK;
	if (t->flags & IS_DECIDED)
		return;
	if (t->to_tag != 0 && t->to_tag == watch_to_tag(w, r) &&
	    !fact_is_proven((enum fact_proof)t->fact.proof) && watch_tags_prove(w, r->asked))
		t->fact.proof = PROOF_TAG;
	decide(w, t);
}

void watch_request(struct watch *w, struct watch_reading *r)
{
	w->counters.requests++;
	watch_note_request(w, r);
	if (r->msg->method == SIP_METHOD_ACK) {
		acknowledge(w, r);
		return;
	}
	if (watch_seen_is_repeated(w, r->transaction))
		w->counters.retransmissions++;
	else
		begin(w, r, watch_transaction_add(w, r->transaction));
}

/* ---- responses ---- */

/* Of an INVITE whose response alone we see: the first one, or one within the call? */
static void meet_call(struct watch *w, struct watch_reading *r, struct watch_transaction *t)
{
	struct watch_dialog *call = watch_call_find(w, r);

	if (t->method == SIP_METHOD_INVITE && !(call && call->report.answered_wall_us != 0)) {
		watch_call_invite(w, r, t);
		return;
	}
	t->flags |= IS_IN_DIALOG | (call ? IS_DIALOG_SEEN : 0);
	watch_call_within(w, r, t, call);
}

/* The request did not pass here. Where others of that host do, this answers none. */
static struct watch_transaction *reconstruct(struct watch *w, struct watch_reading *r)
{
	enum watch_note_state state;
	struct watch_transaction *t;

	if (watch_is_asking(w, r->asker)) {
		w->counters.unasked++;
		return NULL;
	}
	t = watch_transaction_add(w, r->transaction);
	fill(w, r, t);
	t->fact.proof = PROOF_NONE;
	/* Of a PBX we may see the phones' answers alone: it is not trying their doors. */
	if (watch_is_registrar(w, r->asker))
		t->fact.standing = STANDING_PEER;
	timer_init(&t->timer, fire);
	watch_table_keep(&w->seen, t->seen, true);
	t->expires_s = DEFAULT_EXPIRES_S;
	if (watch_note_find(w, asks_key(w, r), &state) && state == NOTE_CHALLENGED)
		t->flags |= HAS_CREDENTIALS;
	if (t->method == SIP_METHOD_INVITE || t->method == SIP_METHOD_BYE)
		meet_call(w, r, t);
	return t;
}

static void ring(struct watch *w, const struct watch_reading *r, struct watch_transaction *t)
{
	if (r->msg->status > 100)
		t->flags |= IS_RINGING;
	wait_s(w, t, t->method == SIP_METHOD_INVITE ? w->settings.ringing_s : w->settings.answer_s);
}

static bool is_challenge(uint16_t status) { return status == 401 || status == 407; }

static void read_final(struct watch *w, struct watch_reading *r, struct watch_transaction *t)
{
	bool is_same_realm = false;

	t->fact.status = r->msg->status;
	t->fact.now_us = w->now.us;
	t->fact.wall_us = w->now.wall_us;
	/* One that the request brought, or none, anybody could repeat. */
	if (!(t->flags & IS_IN_DIALOG) && !view_is_empty(r->to->tag)) {
		t->to_tag = watch_to_tag(w, r);
		if ((t->flags & HAS_REQUEST) && t->fact.standing == STANDING_STRANGER)
			watch_note_tag(w, r);
	}
	if (is_challenge(r->msg->status)) {
		read_challenges(w, r, t, SIP_HEADER_WWW_AUTHENTICATE, &is_same_realm);
		read_challenges(w, r, t, SIP_HEADER_PROXY_AUTHENTICATE, &is_same_realm);
		if (!is_same_realm && t->realms[0] != 0)
			t->flags |= IS_OTHER_REALM;
		watch_note_challenge(w, t);
	}
	if (!(t->flags & HAS_REQUEST))
		watch_note_put(w, asks_key(w, r),
		               is_challenge(r->msg->status) ? NOTE_CHALLENGED : NOTE_SEEN);
	if (t->method == SIP_METHOD_REGISTER && r->msg->status < 300)
		t->expires_s = watch_registration_term_s(w, r->msg, t);
}

/* Worth waiting for: the ACK of a stranger's refused INVITE proves who he is. */
static bool may_be_proven(const struct watch_transaction *t)
{
	return t->method == SIP_METHOD_INVITE && t->fact.status >= 300 &&
	       (t->flags & HAS_REQUEST) && t->fact.standing == STANDING_STRANGER &&
	       !fact_is_proven((enum fact_proof)t->fact.proof);
}

/* Retransmissions of what belongs to nothing are known by their name alone. */
static bool is_noted(struct watch *w, uint64_t key)
{
	enum watch_note_state state;
	bool is_seen = watch_note_find(w, key, &state);

	watch_note_put(w, key, NOTE_SEEN);
	return is_seen;
}

/* What is odd about the first response to it is said. */
static void meet_response(struct watch *w, struct watch_reading *r, uint16_t *flags)
{
	r->is_unasked = !(*flags & HAS_REQUEST);
	if (*flags & IS_RESPONSE_ODD)
		return;
	*flags |= IS_RESPONSE_ODD;
	watch_say_oddities(w, r, r->msg->anomalies);
}

static void repeat_response(struct watch *w, struct watch_reading *r, struct watch_seen *seen)
{
	meet_response(w, r, &seen->flags);
	w->counters.retransmissions += r->msg->status >= 200;
}

void watch_response(struct watch *w, struct watch_reading *r)
{
	struct watch_seen *seen = watch_seen_find(w, r->transaction);
	struct watch_transaction *t;

	w->counters.responses++;
	if (seen && !seen->whole) {
		repeat_response(w, r, seen);
		return;
	}
	t = seen ? seen->whole : reconstruct(w, r);
	if (!t) {
		r->is_unasked = true;
		if (!is_noted(w, r->transaction))
			watch_say_oddities(w, r, r->msg->anomalies);
		return;
	}
	meet_response(w, r, &t->flags);
	if ((t->flags & IS_DECIDED) || t->fact.status != 0) {
		w->counters.retransmissions += r->msg->status >= 200;
		return;
	}
	if (t->method == SIP_METHOD_INVITE)
		watch_call_response(w, r, t);
	if (r->msg->status < 200) {
		ring(w, r, t);
		return;
	}
	read_final(w, r, t);
	if (may_be_proven(t)) {
		t->flags |= IS_WAITING_FOR_ACK;
		wait_s(w, t, ACK_WAIT_S);
		return;
	}
	if (t->method == SIP_METHOD_INVITE && (t->flags & HAS_REQUEST) && t->fact.status < 300)
		t->flags |= IS_WAITING_FOR_ACK;
	decide(w, t);
}

/* ---- what is no SIP ---- */

enum { OWN_KIND_S = 5 }; /* how long the other side has to answer in the same kind */

static uint64_t non_sip_key(const struct watch *w, const struct addr *from, const struct addr *to,
                            uint16_t kind)
{
	return watch_hash_place(w, watch_hash_place(w, (uint64_t)kind << 32, from), to);
}

static void begin_non_sip(struct watch *w, const struct watch_message *in, uint16_t kind,
                          struct watch_transaction *t)
{
	t->asker = watch_hash_host(w, &in->flow->remote);
	t->asked = watch_hash_host(w, &in->flow->local);
	t->asker_place = watch_place_key(w, &in->flow->remote);
	t->flags = HAS_REQUEST | IS_NON_SIP | (t->flags & IS_RINGING);
	t->fact = (struct fact){
		.kind = FACT_NON_SIP,
		.count = 1,
		.flow = *in->flow,
		.proof = in->is_connected ? PROOF_CONNECTION : PROOF_NONE,
		.standing = (uint8_t)watch_standing(w, in->flow),
		.reason = kind,
		.now_us = w->now.us,
		.wall_us = w->now.wall_us,
	};
	watch_table_keep(&w->seen, t->seen, true);
	wait_s(w, t, OWN_KIND_S);
}

/* Until its end such a row is whole. */
static struct watch_transaction *find_non_sip(const struct watch *w, uint64_t key)
{
	const struct watch_seen *seen = watch_table_find(&w->seen, key);

	return seen ? seen->whole : NULL;
}

/* Where both sides speak the same, it is no SIP port, and nobody knocked at one. */
void watch_non_sip(struct watch *w, const struct watch_message *in, uint16_t kind)
{
	const struct flow *flow = in->flow;
	struct watch_transaction *t;
	uint64_t key;

	watch_advance(w, in->now);
	t = find_non_sip(w, non_sip_key(w, &flow->local, &flow->remote, kind));
	if (t) {
		t->flags |= IS_RINGING;
		return;
	}
	key = non_sip_key(w, &flow->remote, &flow->local, kind);
	t = find_non_sip(w, key);
	if (t) {
		watch_table_front(&w->seen, t->seen);
	} else {
		t = watch_transaction_add(w, key);
		timer_init(&t->timer, fire);
	}
	if (t->flags == 0 || (t->flags & IS_DECIDED))
		begin_non_sip(w, in, kind, t);
	else
		t->fact.count++;
}
