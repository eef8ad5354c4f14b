/* SPDX-License-Identifier: Apache-2.0 */
/* Counts of calls with each peer, and OPTIONS to those that shall be asked. */
#include "border/peers.h"
#include "border/common.h"

#include "base/object.h"
#include "border/ways.h"
#include "sip/build.h"

#include <stdlib.h>
#include <string.h>

enum { SECOND_MS = 1000, FIRST_ASK_US = 100 * MILLISECOND_US, REST_US = 30 * SECOND_US };
enum { HEAR_US = 200 * MILLISECOND_US }; /* of what another worker has asked */
enum { WAY_SHIFT = 16 }; /* in what a question is known by: the row, and the way above it */

struct peer_state {
	struct border *border;
	struct timer timer; /* of the next question */
	struct guard_bucket begun;
	uint32_t calls;
	uint32_t cseq;
	uint64_t serial; /* of Call-ID and From tag of what it is asked */
	struct ways ways;
};

struct peers {
	struct peer_state rows[MAX_PEERS], before[MAX_PEERS];
	struct resolved_table resolved;
};

static struct peer_state *state_of(const struct border *b, uint16_t row)
{
	return row < b->settings.peer_count ? &b->peers->rows[row] : NULL;
}

static void ask_later(struct peer_state *s, uint16_t row)
{
	struct border *b = s->border;
	uint32_t check_s = b->settings.peers[row].check_s;

	if (check_s)
		wheel_set(&b->wheel, &s->timer, b->now.us + (uint64_t)check_s * SECOND_US);
}

/* ---- asking ---- */

static void write_question(struct border *b, struct peer_state *s, const struct border_peer *peer,
                           struct request *r)
{
	char call_id_text[UA_NAME_LEN], tag_text[UA_NAME_LEN], uri_text[BORDER_DOMAIN_SIZE + 8];
	struct buffer call_id = BUFFER_ON(call_id_text), tag = BUFFER_ON(tag_text);
	struct buffer uri = BUFFER_ON(uri_text);
	struct addr ours = party_our_address(b, &r->to);

	ua_name_write(&call_id, &b->namer, UA_NAME_CALL_ID, s->serial);
	ua_name_write(&tag, &b->namer, UA_NAME_TAG, s->serial);
	sip_build_number(&r->out, SIP_HEADER_MAX_FORWARDS, 70);
	buffer_text(&uri, "sip:");
	addr_write_host(&uri, &ours);
	sip_build_name_addr(&r->out, SIP_HEADER_FROM, VIEW_EMPTY, buffer_view(&uri),
	                    buffer_view(&tag));
	uri = BUFFER_ON(uri_text);
	buffer_text(&uri, "sip:");
	party_write_domain(&uri, peer);
	sip_build_name_addr(&r->out, SIP_HEADER_TO, VIEW_EMPTY, buffer_view(&uri), VIEW_EMPTY);
	sip_build_header(&r->out, SIP_HEADER_CALL_ID, buffer_view(&call_id));
	sip_build_cseq(&r->out, ++s->cseq, VIEW("OPTIONS"));
	sip_build_header(&r->out, SIP_HEADER_ACCEPT, VIEW("application/sdp"));
	sip_build_body(&r->out, VIEW_EMPTY);
}

static void ask_way(struct border *b, uint16_t row, unsigned at)
{
	const struct border_peer *peer = &b->settings.peers[row];
	struct peer_state *s = &b->peers->rows[row];
	struct way *w = &s->ways.ways[at];
	const struct target_way way = { w->to.to, w->to.transport };
	char uri_text[BORDER_DOMAIN_SIZE + 8];
	struct buffer uri = BUFFER_ON(uri_text);
	struct pool_handle object = { .index = row | at << WAY_SHIFT,
		                      .generation = s->ways.edition };
	struct pool_handle client;
	struct request r;
	struct flow to;

	if (w->is_asked || party_flow_by(b, peer, &way, &to) != ERR_NONE)
		return;
	buffer_text(&uri, "sip:");
	party_write_domain(&uri, peer);
	r = request_begin(b, &to, VIEW("OPTIONS"), buffer_view(&uri));
	write_question(b, s, peer, &r);
	w->is_asked = request_send(b, &r, PURPOSE_PEER, object, &client) == ERR_NONE;
}

/* One worker asks; the others hear of it. */
static void hear(struct peer_state *s, uint16_t row)
{
	struct border *b = s->border;
	bool is_changed = false;

	for (unsigned i = 0; i < s->ways.count; i++) {
		struct way *w = &s->ways.ways[i];
		uint8_t presence = common_presence(b, row, w);

		if (w->presence == presence)
			continue;
		is_changed = true;
		w->presence = presence;
	}
	if (is_changed)
		ways_settle(b, row, &s->ways);
	wheel_set(&b->wheel, &s->timer, b->now.us + HEAR_US);
}

static void ask(struct timer *t, uint64_t now_us)
{
	struct peer_state *s = HOLDER(t, struct peer_state, timer);
	uint16_t row = (uint16_t)(s - s->border->peers->rows);

	(void)now_us;
	if (common_is_asked_elsewhere(s->border)) {
		hear(s, row);
		return;
	}
	ask_later(s, row);
	for (unsigned i = 0; i < s->ways.count; i++)
		ask_way(s->border, row, i);
}

/* The way that was asked; NULL where it is another peer's or another address by now. */
static struct way *way_of(const struct border *b, const struct ua_event *event)
{
	struct pool_handle object = event->user.object;
	struct peer_state *s = state_of(b, (uint16_t)object.index);
	uint32_t at = object.index >> WAY_SHIFT;

	return s && object.generation == s->ways.edition && at < s->ways.count ? &s->ways.ways[at]
	                                                                       : NULL;
}

static void note(struct border *b, const struct ua_event *event, enum presence presence)
{
	uint16_t row = (uint16_t)event->user.object.index;
	struct way *w = way_of(b, event);

	if (!w)
		return;
	w->is_asked = false;
	w->presence = (uint8_t)presence;
	if (presence == PRESENCE_HERE) {
		w->rest_until_us = 0;
		common_tell_rest(b, w, 0);
	}
	ways_settle(b, row, &b->peers->rows[row].ways);
	common_tell_presence(b, row, &b->peers->rows[row].ways);
}

void peers_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                  enum ua_answer answer)
{
	/* Whatever it says to OPTIONS it is there; 503 says that it does not want to be. */
	if (answer == UA_ANSWER_FINAL)
		note(b, event, in->msg->status == 503 ? PRESENCE_AWAY : PRESENCE_HERE);
}

void peers_notice(struct border *b, enum ua_notice notice, const struct ua_event *event)
{
	if (notice == UA_TIMEOUT)
		note(b, event, PRESENCE_AWAY);
}

void peers_missed(struct border *b, const struct flow *flow)
{
	const struct border_peer *peer = party_peer_of(b, flow);
	uint16_t row = peer ? (uint16_t)(peer - b->settings.peers) : PEER_GONE;
	struct peer_state *s = state_of(b, row);

	for (unsigned i = 0; s && s->ways.count > 1 && i < s->ways.count; i++) {
		struct way *w = &s->ways.ways[i];

		if (w->to.transport != flow->transport || !addr_equal(&w->to.to, &flow->remote))
			continue;
		if (b->ports.common)
			common_tell_rest(b, w, b->now.us + REST_US);
		else
			w->rest_until_us = b->now.us + REST_US;
		ways_settle(b, row, &s->ways);
	}
}

bool peers_is_away(const struct border *b, uint16_t row)
{
	const struct peer_state *s = state_of(b, row);
	unsigned away = 0;

	for (unsigned i = 0; s && i < s->ways.count; i++)
		away += ways_is_away(b, &s->ways.ways[i]);
	return s && s->ways.count == away;
}

bool peers_is_way_away(const struct border *b, uint16_t row, const struct target_way *way)
{
	const struct peer_state *s = state_of(b, row);

	for (unsigned i = 0; s && i < s->ways.count; i++)
		if (s->ways.ways[i].to.transport == way->transport &&
		    addr_equal(&s->ways.ways[i].to.to, &way->to))
			return ways_is_away(b, &s->ways.ways[i]);
	return s != NULL;
}

/* ---- counting ---- */

bool peers_may_begin(struct border *b, uint16_t row)
{
	struct peer_state *s = state_of(b, row);
	const struct border_peer *peer;
	struct guard_rate rate;

	if (!s)
		return true;
	peer = &b->settings.peers[row];
	rate = (struct guard_rate){ peer->max_new_calls, SECOND_MS };
	if (!peers_has_room(b, row))
		return false;
	if (peer->max_new_calls && b->ports.common)
		return common_may_begin(b, row, peer->max_new_calls);
	return !peer->max_new_calls || guard_bucket_take(&s->begun, &rate, b->now.us);
}

bool peers_has_room(const struct border *b, uint16_t row)
{
	const struct peer_state *s = state_of(b, row);
	uint32_t most = s ? b->settings.peers[row].max_calls : 0;

	return most == 0 || s->calls + common_peer_calls(b, row) < most;
}

void peers_count(struct border *b, uint16_t row, bool is_more)
{
	struct peer_state *s = state_of(b, row);

	if (!s)
		return;
	if (is_more)
		s->calls++;
	else if (s->calls > 0)
		s->calls--;
	common_tell_peer(b, row, s->calls);
}

/* ---- the table ---- */

static const struct resolved_row *resolved_of(const struct border *b, uint16_t row)
{
	const struct border_peer *peer = &b->settings.peers[row];

	return resolved_find(&b->peers->resolved, view_of(peer->name), view_of(peer->host));
}

static void begin(struct border *b, uint16_t row)
{
	struct peer_state *s = &b->peers->rows[row];

	s->border = b;
	timer_init(&s->timer, ask);
	ways_fill(b, row, resolved_of(b, row), &s->ways);
	ways_settle(b, row, &s->ways);
	common_tell_presence(b, row, &s->ways);
	if (!b->settings.peers[row].check_s)
		return;
	if (!s->serial)
		b->ports.random(b->ports.context, &s->serial, sizeof(s->serial));
	wheel_set(&b->wheel, &s->timer, b->now.us + FIRST_ASK_US);
}

enum err peers_new(struct border *b, struct peers **ret)
{
	struct peers *p = calloc(1, sizeof(*p));

	if (!p)
		return ERR_NO_MEMORY;
	*ret = p;
	for (uint16_t row = 0; row < MAX_PEERS; row++)
		common_tell_peer(b, row, 0);
	for (uint16_t row = 0; row < b->settings.peer_count; row++)
		begin(b, row);
	return ERR_NONE;
}

void peers_free(struct peers **p)
{
	free(*p);
	*p = NULL;
}

uint16_t peers_row_now(const struct border *b, const struct border_settings *old, uint16_t row)
{
	if (row >= old->peer_count)
		return row;
	for (uint16_t i = 0; i < b->settings.peer_count; i++) {
		if (view_equal(view_of(b->settings.peers[i].name), view_of(old->peers[row].name)))
			return i;
	}
	return PEER_GONE;
}

void peers_apply(struct border *b, const struct border_settings *old)
{
	struct peers *p = b->peers;

	for (uint16_t row = 0; row < old->peer_count; row++)
		wheel_cancel(&b->wheel, &p->rows[row].timer);
	memcpy(p->before, p->rows, sizeof(p->before));
	memset(p->rows, 0, sizeof(p->rows));
	for (uint16_t row = 0; row < old->peer_count; row++) {
		uint16_t now = peers_row_now(b, old, row);

		if (now < MAX_PEERS)
			p->rows[now] = p->before[row];
	}
	for (uint16_t row = 0; row < MAX_PEERS; row++)
		common_tell_peer(b, row, p->rows[row].calls);
	for (uint16_t row = 0; row < b->settings.peer_count; row++)
		begin(b, row);
}

void peers_resolve(struct border *b, const struct resolved_table *table)
{
	b->peers->resolved = *table;
	for (uint16_t row = 0; row < b->settings.peer_count; row++) {
		struct peer_state *s = &b->peers->rows[row];

		if (!b->settings.peers[row].host[0])
			continue;
		ways_fill(b, row, resolved_of(b, row), &s->ways);
		ways_settle(b, row, &s->ways);
		common_tell_presence(b, row, &s->ways);
		/* Addresses that are new are asked at once. */
		if (b->settings.peers[row].check_s)
			wheel_set(&b->wheel, &s->timer, b->now.us + FIRST_ASK_US);
	}
}

const struct ways *peers_ways(const struct border *b, uint16_t row)
{
	const struct peer_state *s = state_of(b, row);

	return s ? &s->ways : NULL;
}

static enum presence presence_of(const struct border *b, const struct peer_state *s)
{
	bool is_any_here = false;

	for (unsigned i = 0; i < s->ways.count; i++)
		is_any_here = is_any_here || (s->ways.ways[i].presence == PRESENCE_HERE &&
		                              !ways_is_away(b, &s->ways.ways[i]));
	if (is_any_here)
		return PRESENCE_HERE;
	return s->ways.count == 0 || !peers_is_away(b, (uint16_t)(s - b->peers->rows))
	             ? PRESENCE_UNKNOWN
	             : PRESENCE_AWAY;
}

void peers_write(struct buffer *out, const struct border *b, uint16_t row)
{
	static const char *const kinds[] = { "pbx", "carrier", "customer", "speech-server",
		                             "board" };
	static const char *const states[] = { "not asked", "answers", "away" };
	const struct peer_state *s = &b->peers->rows[row];

	object_text(out, "kind", view_of(kinds[b->settings.peers[row].kind]));
	object_text(out, "state", view_of(states[presence_of(b, s)]));
	object_number(out, "calls", s->calls + common_peer_calls(b, row));
}
