/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the registrar as a phone would, before and beside the phones. */
#include "border/probe.h"

#include "base/list.h"
#include "base/object.h"
#include "base/secret.h"
#include "border/digest.h"
#include "sip/auth.h"
#include "sip/build.h"
#include "ua/digest.h"

#include <stdlib.h>
#include <string.h>

/* A shared nonce is handed out for this long: a third of the shortest life seen on a PBX (30 s). */
enum { FRESH_US = 10 * SECOND_US, RETRY_US = 3 * SECOND_US, SOON_US = 1 * MILLISECOND_US };
/* A refusal that took longer was lost on its way and asked for again. */
enum { REFUSAL_MAX_US = 4 * SECOND_US };
enum { SHARED_NONCES = 8, USER_SIZE = 64 };

enum stage { STAGE_RANDOM_USER, STAGE_PROBE_USER, STAGE_WRONG_PASSWORD, STAGES };

struct probe {
	struct probe_knowledge known;
	struct border *border;
	struct timer timer;
	uint64_t name_serial; /* of Call-ID and From tag */
	uint64_t asked_us;    /* the last probe */
	uint32_t cseq;
	uint8_t sharing; /* enum probe_sharing */
	bool has_answered;
	uint8_t next_shared;
	uint64_t shared[SHARED_NONCES]; /* hashes of nonces that we gave away */
	char user[USER_SIZE];           /* of the last probe: who is challenged */
};

struct probes {
	struct probe rows[MAX_HOMES];
};

static uint16_t home_of(const struct probe *p) { return (uint16_t)(p - p->border->probes->rows); }

static void random_user(struct border *b, char ret[USER_SIZE])
{
	struct buffer out = buffer_on(ret, USER_SIZE - 1);
	uint8_t drawn[6];

	b->ports.random(b->ports.context, drawn, sizeof(drawn));
	buffer_hex(&out, drawn, sizeof(drawn));
	ret[out.len] = 0;
}

static void write_identity(struct buffer *out, const struct probe *p, struct view user)
{
	buffer_text(out, "sip:");
	if (!view_is_empty(user)) {
		buffer_put(out, user);
		buffer_char(out, '@');
	}
	home_write_domain(out, p->border, home_of(p));
}

/* Credentials with a password drawn at random: right with a chance of 2^-128. */
static void write_wrong_password(struct border *b, const struct challenge *c, struct view user,
                                 struct view uri, struct buffer *out)
{
	char password_text[33];
	struct buffer password = BUFFER_ON(password_text);
	struct digest_login login = {
		.row = view_of(c->rows[0]),
		.user = user,
		.method = VIEW("REGISTER"),
		.uri = uri,
		.nonce_count = 1,
		.status = c->status,
	};
	uint8_t drawn[16];
	enum err err;

	b->ports.random(b->ports.context, drawn, sizeof(drawn));
	buffer_hex(&password, drawn, sizeof(drawn));
	login.password = buffer_view(&password);
	err = digest_write(b, &login, out);
	secret_wipe(password_text, sizeof(password_text));
	/* Without credentials it is a question like the one before. */
	if (err != ERR_NONE)
		border_count(b, COUNT_refused_malformed);
}

struct asking {
	struct view user;
	const struct challenge *answered; /* NULL: without credentials */
	enum purpose purpose;
	struct pool_handle object;
};

static enum err ask(struct probe *p, const struct asking *asking)
{
	char uri_text[BORDER_DOMAIN_SIZE + 8], identity_text[BORDER_DOMAIN_SIZE + USER_SIZE + 8];
	char call_id_text[UA_NAME_LEN], tag_text[UA_NAME_LEN];
	struct buffer uri = BUFFER_ON(uri_text), identity = BUFFER_ON(identity_text);
	struct buffer call_id = BUFFER_ON(call_id_text), tag = BUFFER_ON(tag_text);
	struct border *b = p->border;
	struct pool_handle client;
	struct request r;
	struct flow to;
	enum err err;

	err = party_flow_to(b, home_peer(b, home_of(p)), &to);
	if (err != ERR_NONE)
		return err;
	write_identity(&uri, p, VIEW_EMPTY);
	write_identity(&identity, p, asking->user);
	ua_name_write(&call_id, &b->namer, UA_NAME_CALL_ID, p->name_serial);
	ua_name_write(&tag, &b->namer, UA_NAME_TAG, p->name_serial);
	r = request_begin(b, &to, VIEW("REGISTER"), buffer_view(&uri));
	sip_build_number(&r.out, SIP_HEADER_MAX_FORWARDS, 70);
	sip_build_name_addr(&r.out, SIP_HEADER_FROM, VIEW_EMPTY, buffer_view(&identity),
	                    buffer_view(&tag));
	sip_build_name_addr(&r.out, SIP_HEADER_TO, VIEW_EMPTY, buffer_view(&identity), VIEW_EMPTY);
	sip_build_header(&r.out, SIP_HEADER_CALL_ID, buffer_view(&call_id));
	sip_build_cseq(&r.out, ++p->cseq, VIEW("REGISTER"));
	if (asking->answered)
		write_wrong_password(b, asking->answered, asking->user, buffer_view(&uri), &r.out);
	sip_build_body(&r.out, VIEW_EMPTY);
	return request_send(b, &r, asking->purpose, asking->object, &client);
}

static void ask_stage(struct probe *p, enum stage stage, const struct challenge *answered)
{
	struct border *b = p->border;
	struct asking asking = { .answered = answered,
		                 .purpose = PURPOSE_PROBE,
		                 .object = { .index = home_of(p) * STAGES + stage } };

	if (stage == STAGE_RANDOM_USER)
		random_user(b, p->user);
	else if (stage == STAGE_PROBE_USER)
		(void)VIEW_COPY(home_probe_user(b, home_of(p)), p->user);
	asking.user = view_of(p->user);
	p->asked_us = b->now.us;
	(void)ask(p, &asking);
}

static void fire(struct timer *timer, uint64_t now_us)
{
	struct probe *p = HOLDER(timer, struct probe, timer);
	struct border *b = p->border;

	/* An answer sets it earlier or later; this stands where none comes. */
	wheel_set(&b->wheel, &p->timer, now_us + FRESH_US);
	if (p->known.has_challenge && !p->known.challenges_all)
		ask_stage(p, STAGE_PROBE_USER, NULL);
	else
		ask_stage(p, STAGE_RANDOM_USER, NULL);
}

static void begin(struct border *b, uint16_t home)
{
	struct probe *p = &b->probes->rows[home];
	char realm[BORDER_DOMAIN_SIZE];
	struct buffer out = BUFFER_ON(realm);

	*p = (struct probe){ .border = b, .known = { .refusal_status = 401 } };
	b->ports.random(b->ports.context, &p->name_serial, sizeof(p->name_serial));
	home_write_domain(&out, b, home);
	challenge_default(b, buffer_view(&out), &p->known.challenge);
	timer_init(&p->timer, fire);
	wheel_set(&b->wheel, &p->timer, b->now.us + SOON_US);
}

enum err probes_new(struct border *b, struct probes **ret)
{
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return ERR_NO_MEMORY;
	for (uint16_t home = 0; home < home_count(b); home++)
		begin(b, home);
	return ERR_NONE;
}

void probes_free(struct probes **p)
{
	free(*p);
	*p = NULL;
}

static bool is_as_before(const struct border *b, uint16_t home)
{
	const struct border_settings *now = &b->settings, *old = &b->before;
	const struct border_peer *peer = home_peer(b, home), *was;
	uint16_t row = home ? old->registrars[home - 1].peer : old->subscribers.register_to;

	if (!old->subscribers.is_on || home > old->registrar_count || row >= old->peer_count)
		return false;
	was = &old->peers[row];
	if (home && memcmp(&now->registrars[home - 1].domain, &old->registrars[home - 1].domain,
	                   sizeof(old->registrars[0].domain)) != 0)
		return false;
	return addr_equal(&peer->address, &was->address) &&
	       view_equal(view_of(peer->domain), view_of(was->domain));
}

void probes_apply(struct border *b)
{
	for (uint16_t home = 0; home < MAX_HOMES; home++) {
		struct probe *p = &b->probes->rows[home];

		if (home < home_count(b) && p->border && is_as_before(b, home))
			continue;
		if (p->border)
			wheel_cancel(&b->wheel, &p->timer);
		*p = (struct probe){ 0 };
		if (home < home_count(b))
			begin(b, home);
	}
}

const struct probe_knowledge *probe_knowledge(const struct border *b, uint16_t home)
{
	return &b->probes->rows[home].known;
}

static uint64_t nonce_hash_of(const struct border *b, const struct challenge *c)
{
	struct sip_digest digest;

	if (sip_auth_parse(view_of(c->rows[0]), SIP_AUTH_CHALLENGE, &digest) != ERR_NONE)
		return 0;
	return fact_hash(b, digest.values[SIP_DIGEST_NONCE]);
}

const struct challenge *probe_shared_challenge(const struct border *b, uint16_t home)
{
	struct probe *p = &b->probes->rows[home];
	uint64_t hash;

	if (p->sharing == SHARING_REFUSED || !p->known.has_challenge ||
	    now_since(b->now.us, p->known.challenge_us) > FRESH_US)
		return NULL;
	hash = nonce_hash_of(b, &p->known.challenge);
	for (unsigned i = 0; i < SHARED_NONCES; i++) {
		if (p->shared[i] == hash)
			return &p->known.challenge;
	}
	p->shared[p->next_shared] = hash;
	p->next_shared = (uint8_t)((p->next_shared + 1) % SHARED_NONCES);
	return &p->known.challenge;
}

void probe_learn_sharing(struct border *b, uint16_t home, uint64_t nonce_hash, bool was_stale)
{
	struct probe *p = &b->probes->rows[home];

	for (unsigned i = 0; i < SHARED_NONCES; i++) {
		if (p->shared[i] && p->shared[i] == nonce_hash)
			p->sharing = was_stale ? SHARING_REFUSED : SHARING_TAKEN;
	}
}

enum err probe_ask(struct border *b, uint16_t home, struct pool_handle object)
{
	struct probe *p = &b->probes->rows[home];
	char user[USER_SIZE];
	struct asking asking = { .purpose = PURPOSE_ASK, .object = object };

	asking.user = home_probe_user(b, home);
	if (!view_is_empty(asking.user))
		return ask(p, &asking);
	if (p->known.challenges_all) {
		random_user(b, user);
		asking.user = view_of(user);
	} else {
		return ERR_UNSUPPORTED;
	}
	return ask(p, &asking);
}

void probe_saw_challenge(struct border *b, uint16_t home, const struct challenge *c)
{
	struct probe *p = &b->probes->rows[home];

	if (p->known.has_challenge)
		return;
	p->known.challenge = *c;
	p->known.challenge_us = 0; /* a phone's: its shape is kept, the nonce is not for sharing */
}

void probe_saw_refusal(struct border *b, uint16_t home, uint16_t status)
{
	b->probes->rows[home].known.refusal_status = status;
	b->probes->rows[home].known.has_refusal = true;
}

void probe_saw_refusal_take(struct border *b, uint16_t home, uint64_t took_us)
{
	b->probes->rows[home].known.refusal_us =
		took_us < REFUSAL_MAX_US ? took_us : REFUSAL_MAX_US;
}

static void learn_challenge(struct probe *p, const struct sip_msg *response, enum stage stage)
{
	struct border *b = p->border;
	struct challenge c;

	if (challenge_read(response, &c) != ERR_NONE)
		return;
	p->known.challenge = c;
	p->known.challenge_us = b->now.us;
	p->known.has_challenge = true;
	if (stage == STAGE_RANDOM_USER)
		p->known.challenges_all = true;
	if (!p->known.has_refusal)
		ask_stage(p, STAGE_WRONG_PASSWORD, &c);
}

/* NULL: the settings changed since it was asked. */
static struct probe *probe_at(struct border *b, const struct ua_event *event)
{
	uint32_t home = event->user.object.index / STAGES;

	return home < home_count(b) ? &b->probes->rows[home] : NULL;
}

void probe_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                  enum ua_answer answer)
{
	enum stage stage = (enum stage)(event->user.object.index % STAGES);
	struct probe *p = probe_at(b, event);
	uint16_t status = in->msg->status;

	if (!p || answer != UA_ANSWER_FINAL)
		return;
	if (!p->known.is_answering && p->has_answered)
		p->known.back_us = b->now.us;
	p->known.is_answering = p->has_answered = true;
	if (stage == STAGE_WRONG_PASSWORD) {
		if (status >= 400 && status < 500) {
			probe_saw_refusal(b, home_of(p), status);
			probe_saw_refusal_take(b, home_of(p), now_since(b->now.us, p->asked_us));
		}
	} else if (status == 401 || status == 407) {
		learn_challenge(p, in->msg, stage);
	} else if (stage == STAGE_RANDOM_USER) {
		p->known.challenges_all = false;
		if (!view_is_empty(home_probe_user(b, home_of(p))))
			ask_stage(p, STAGE_PROBE_USER, NULL);
	}
}

void probe_notice(struct border *b, enum ua_notice notice, const struct ua_event *event)
{
	struct probe *p = probe_at(b, event);

	if (!p || notice != UA_TIMEOUT)
		return;
	p->known.is_answering = false;
	wheel_set(&b->wheel, &p->timer, b->now.us + RETRY_US);
}

/* The PBX's own text on its way into JSON: what would need escaping there becomes "?". */
static void write_realm(struct buffer *out, const struct challenge *c)
{
	struct sip_digest digest;

	if (c->count == 0 ||
	    sip_auth_parse(view_of(c->rows[0]), SIP_AUTH_CHALLENGE, &digest) != ERR_NONE)
		return;
	object_text(out, "realm", digest.values[SIP_DIGEST_REALM]);
}

void probe_write(struct buffer *out, const struct border *b, const struct border_peer *peer)
{
	uint16_t home = home_of_peer(b, peer);
	const struct probe_knowledge *k;

	if (home == HOME_NONE)
		return;
	k = probe_knowledge(b, home);
	object_truth(out, "answers", k->is_answering);
	object_truth(out, "challenge_learnt", k->has_challenge);
	object_truth(out, "challenges_unknown_users", k->challenges_all);
	object_truth(out, "refusal_learnt", k->has_refusal);
	object_number(out, "refusal", k->refusal_status);
	write_realm(out, &k->challenge);
}
