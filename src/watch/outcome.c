/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a request, as facts. A reply that was not captured is neither
 * success nor failure. */
#include "watch/watch_priv.h"

#include <string.h>

/* ---- saying ---- */

static void say(struct watch *w, const struct watch_transaction *t, enum fact_kind kind,
                enum fact_outcome outcome)
{
	struct fact fact = t->fact;

	fact.kind = (uint8_t)kind;
	fact.outcome = (uint8_t)outcome;
	fact.is_unheard = !(t->flags & HAS_REQUEST);
	watch_say(w, &fact);
}

/* About who called, as border says it. */
static void say_call(struct watch *w, const struct watch_transaction *t, enum fact_kind kind,
                     enum fact_outcome outcome)
{
	struct fact fact = t->fact;

	fact.kind = (uint8_t)kind;
	fact.outcome = (uint8_t)outcome;
	memcpy(fact.account, t->caller, sizeof(t->caller));
	watch_say(w, &fact);
}

static bool is_challenge(uint16_t status) { return status == 401 || status == 407; }
static bool is_success(uint16_t status) { return status >= 200 && status < 300; }

/* As border understands a registrar: some say so of a user that they do not know. */
static bool is_unknown_user(uint16_t status)
{
	return status == 404 || status == 410 || status == 480 || status == 604;
}

static void say_request(struct watch *w, const struct watch_transaction *t)
{
	enum fact_outcome outcome = OUTCOME_FAILED;

	if (t->fact.standing != STANDING_STRANGER)
		return;
	if (t->fact.status == 0 || is_challenge(t->fact.status))
		outcome = OUTCOME_UNKNOWN;
	else if (is_success(t->fact.status))
		outcome = OUTCOME_SUCCEEDED;
	say(w, t, FACT_REQUEST, outcome);
}

/* ---- logins ---- */

static void let_in(struct watch *w, struct watch_transaction *t)
{
	uint64_t term_s = t->method == SIP_METHOD_REGISTER ? t->expires_s : w->settings.known_s;
	struct watch_known_account *as;

	watch_note_admission(w, t);
	/* Who is not seen to ask needs no standing, and could have forged the answer. */
	if (!(t->flags & HAS_REQUEST))
		return;
	if (t->method == SIP_METHOD_REGISTER && (t->flags & IS_QUERY))
		term_s = w->settings.known_s;
	if (term_s == 0) {
		watch_make_stranger(w, &t->fact.flow, t->account);
		return;
	}
	as = watch_make_known(w, &t->fact.flow, t->account, term_s);
	if (as)
		*(t->method == SIP_METHOD_REGISTER ? &as->registered : &as->other) = t->nonce;
}

/* Whoever is known and may not dial that number has not mistaken his password. */
static bool is_barred(const struct watch_transaction *t)
{
	return t->method != SIP_METHOD_REGISTER && t->fact.standing != STANDING_STRANGER;
}

/* Of a request with credentials. */
static void decide_login(struct watch *w, struct watch_transaction *t)
{
	uint16_t status = t->fact.status;

	if (is_success(status)) {
		say(w, t, FACT_LOGIN, OUTCOME_SUCCEEDED);
		let_in(w, t);
	} else if (is_challenge(status)) {
		if (!(t->flags & (IS_STALE | IS_OTHER_REALM)))
			say(w, t, FACT_LOGIN, OUTCOME_FAILED);
		else if (t->flags & IS_OTHER_REALM)
			say_request(w, t);
	} else if (status == 403 && !is_barred(t)) {
		say(w, t, FACT_LOGIN, OUTCOME_FAILED);
	} else if (t->method == SIP_METHOD_REGISTER && is_unknown_user(status)) {
		say(w, t, FACT_UNKNOWN_USER, OUTCOME_FAILED);
	} else if (t->method == SIP_METHOD_INVITE && (t->flags & IS_RINGING)) {
		say(w, t, FACT_LOGIN, OUTCOME_SUCCEEDED);
		let_in(w, t);
	} else {
		say(w, t, FACT_LOGIN, OUTCOME_UNKNOWN);
	}
}

/* A REGISTER that was granted to a stranger whom nobody asked for a password. */
static bool is_open(const struct watch_transaction *t)
{
	return (t->flags & HAS_REQUEST) && !(t->flags & HAS_AUTHORIZATION) &&
	       t->fact.standing == STANDING_STRANGER;
}

static void decide_register(struct watch *w, struct watch_transaction *t)
{
	uint16_t status = t->fact.status;

	if (is_success(status)) {
		bool open = is_open(t);

		t->fact.reason = open ? WATCH_LOGIN_OPEN : WATCH_LOGIN_PASSWORD;
		if ((t->flags & HAS_CREDENTIALS) || t->fact.standing == STANDING_STRANGER)
			say(w, t, FACT_LOGIN, OUTCOME_SUCCEEDED);
		let_in(w, t);
		t->fact.reason = 0;
		if (!(t->flags & IS_QUERY))
			watch_registration_granted(w, t, open);
	} else if (t->flags & HAS_CREDENTIALS) {
		decide_login(w, t);
	} else if (is_unknown_user(status)) {
		say(w, t, FACT_UNKNOWN_USER, OUTCOME_UNKNOWN);
	} else {
		say_request(w, t);
	}
}

/* ---- calls ---- */

/* Whom a peer calls, and who answers, may call back. */
static void befriend_callee(struct watch *w, const struct watch_transaction *t)
{
	struct flow back = t->fact.flow;

	if (t->fact.standing != STANDING_PEER || !(t->flags & HAS_REQUEST))
		return;
	back.remote = t->fact.flow.local;
	back.local = t->fact.flow.remote;
	(void)watch_make_known(w, &back, 0, w->settings.known_s);
}

static void decide_invite(struct watch *w, struct watch_transaction *t)
{
	uint16_t status = t->fact.status;
	bool has_login = t->flags & HAS_CREDENTIALS;

	if (has_login)
		decide_login(w, t);
	if (is_success(status)) {
		/* Who has just logged in is no stranger. */
		if (has_login && t->fact.standing == STANDING_STRANGER)
			t->fact.standing = STANDING_KNOWN;
		say_call(w, t, FACT_CALL, OUTCOME_SUCCEEDED);
		befriend_callee(w, t);
	} else if (is_challenge(status)) {
		if (!has_login)
			say_request(w, t);
	} else if (t->fact.standing != STANDING_STRANGER) {
		say_call(w, t, FACT_CALL, status == 0 ? OUTCOME_UNKNOWN : OUTCOME_FAILED);
	} else if (!has_login) {
		say_request(w, t);
	} else if (t->flags & IS_RINGING) {
		t->fact.standing = STANDING_KNOWN;
		say_call(w, t, FACT_CALL, status == 0 ? OUTCOME_UNKNOWN : OUTCOME_FAILED);
	}
}

/* ---- within a dialog ---- */

/* Who called, was hung up on, and asks for a password: he wants a digest to try
 * words on. A server that has the account challenges too, but others' requests. */
static bool is_leak(const struct watch *w, const struct watch_transaction *t)
{
	const struct watch_dialog *call = watch_table_find(&w->calls, t->call);

	return (t->flags & HAS_REQUEST) && is_challenge(t->fact.status) && call &&
	       addr_same_host(&call->report.caller, &t->fact.flow.local) &&
	       !watch_is_peer(w, &t->fact.flow.local);
}

static void say_leak(struct watch *w, const struct watch_transaction *t)
{
	struct fact fact = t->fact;

	fact.kind = FACT_DIGEST_LEAK;
	fact.flow.remote = t->fact.flow.local;
	fact.flow.local = t->fact.flow.remote;
	fact.standing = (uint8_t)watch_standing(w, &fact.flow);
	memcpy(fact.account, t->caller, sizeof(t->caller));
	fact.is_server = false;
	fact.agent = 0;
	if (!fact_is_proven((enum fact_proof)fact.proof) || fact.proof == PROOF_TAG)
		fact.proof = PROOF_BRANCH;
	watch_say(w, &fact);
}

static void decide_within(struct watch *w, struct watch_transaction *t)
{
	uint16_t status = t->fact.status;

	if (is_leak(w, t))
		say_leak(w, t);
	else if (status == 481 && t->fact.standing == STANDING_STRANGER)
		say(w, t, FACT_OUT_OF_DIALOG, OUTCOME_FAILED);
	else if (t->flags & HAS_CREDENTIALS)
		decide_login(w, t);
	else if (!(t->flags & IS_DIALOG_SEEN) && !is_success(status))
		say_request(w, t);
}

/* ---- all ---- */

static void decide_other(struct watch *w, struct watch_transaction *t)
{
	if (t->flags & HAS_CREDENTIALS)
		decide_login(w, t);
	else if (!is_success(t->fact.status) || t->method == SIP_METHOD_OPTIONS)
		say_request(w, t);
}

/* What it is may have shown only now: a proxy is asked before it asks. */
static void look_again(const struct watch *w, struct watch_transaction *t)
{
	bool is_server = watch_is_server(w, t->asker, t->asker_place);

	if (is_server || watch_is_inside(w, &t->fact.flow.remote)) {
		t->fact.standing = STANDING_PEER;
		t->fact.is_server = is_server;
	}
}

void watch_decide(struct watch *w, struct watch_transaction *t)
{
	if (t->flags & IS_DECIDED)
		return;
	t->flags |= IS_DECIDED;
	if (t->flags & IS_SILENT)
		return;
	/* A ringing of which we see neither beginning nor end says nothing of who asked. */
	if (t->fact.status == 0 && !(t->flags & HAS_REQUEST))
		return;
	if (t->standing_at != watch_standings(w))
		look_again(w, t);
	if (t->flags & IS_NON_SIP)
		say(w, t, FACT_NON_SIP,
		    t->flags & IS_RINGING ? OUTCOME_SUCCEEDED : OUTCOME_UNKNOWN);
	else if (t->flags & IS_IN_DIALOG)
		decide_within(w, t);
	else if (t->method == SIP_METHOD_REGISTER)
		decide_register(w, t);
	else if (t->method == SIP_METHOD_INVITE)
		decide_invite(w, t);
	else
		decide_other(w, t);
}

void watch_say_unacknowledged(struct watch *w, const struct watch_transaction *t)
{
	const struct watch_dialog *call = watch_table_find(&w->calls, t->call);

	if (!call || call->is_acknowledged || (t->flags & IS_IN_DIALOG))
		return;
	say_call(w, t, FACT_UNACKED, OUTCOME_FAILED);
}
