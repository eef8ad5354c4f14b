/* SPDX-License-Identifier: Apache-2.0 */
/* Client transactions: finding them by the name in our branch (RFC 3261
 * 17.1.3), opening and ending them. What differs by the kind of request is in
 * client_invite.c and client_other.c. */
#include "ua/ua_priv.h"

#include <string.h>

#include "sip/values.h"
#include "sip/via.h"

/* CANCEL shares the branch of its INVITE (RFC 3261 9.1). */
struct client_key {
	uint64_t serial;
	uint64_t is_cancel;
};

static struct view method_of(struct view request)
{
	return view_first(request, view_find(request, ' ', 0));
}

/* An INVITE's text may be gone before its transaction is. */
static struct view method_asked(const struct ua_client *c)
{
	return c->is_invite ? VIEW("INVITE") : method_of(ua_text_view(c->request));
}

static uint64_t hash_of(const struct ua *ua, const struct client_key *key)
{
	return map_hash(&ua->client_map, key, sizeof(*key));
}

static bool is_client(const struct map_node *node, const void *wanted)
{
	const struct client_key *key = wanted;
	const struct ua_client *c = HOLDER(node, struct ua_client, node);

	return c->serial == key->serial && c->is_cancel == (key->is_cancel != 0);
}

static struct ua_client *find(const struct ua *ua, const struct client_key *key)
{
	struct map_node *node = map_find(&ua->client_map, hash_of(ua, key), is_client, key);

	return node ? HOLDER(node, struct ua_client, node) : NULL;
}

static struct ua_event event_of(const struct ua_client *c)
{
	return (struct ua_event){
		.transaction = pool_handle_of(c->ua->clients, c),
		.user = c->user,
		.status = c->status,
		.is_invite = c->is_invite,
		.path = c->path,
	};
}

void ua_client_expect(const struct ua *ua, uint64_t serial)
{
	const struct client_key key = { .serial = serial };

	map_expect(&ua->client_map, hash_of(ua, &key));
}

enum err ua_client_open(struct ua *ua, const struct ua_client_opening *opening, uint64_t now_us,
                        struct pool_handle *ret)
{
	struct view method = method_of(opening->bytes);

	if (view_equal(method, VIEW("ACK")) || view_equal(method, VIEW("CANCEL")))
		return ERR_DENIED;
	return ua_client_open_any(ua, opening, now_us, ret);
}

enum err ua_client_open_any(struct ua *ua, const struct ua_client_opening *opening, uint64_t now_us,
                            struct pool_handle *ret)
{
	struct view method = method_of(opening->bytes);
	struct client_key key = { opening->serial, view_equal(method, VIEW("CANCEL")) };
	struct ua_client *c;
	enum err err;

	if (find(ua, &key))
		return ERR_EXISTS;
	c = pool_take(ua->clients);
	if (!c) {
		ua->counts.refused_full++;
		return ERR_FULL;
	}
	err = ua_text_keep(ua, opening->bytes, &c->request);
	if (err != ERR_NONE) {
		pool_give(ua->clients, c);
		return err;
	}

	c->ua = ua;
	c->serial = opening->serial;
	c->user = opening->user;
	c->path = opening->path;
	c->is_reliable = opening->is_reliable;
	c->is_cancel = key.is_cancel != 0;
	c->is_invite = view_equal(method, VIEW("INVITE"));
	map_insert(&ua->client_map, &c->node, hash_of(ua, &key));
	if (c->is_invite)
		ua_client_invite_open(c, now_us);
	else
		ua_client_other_open(c, now_us);
	*ret = pool_handle_of(ua->clients, c);
	if (!opening->is_sent)
		ua_client_send(c, ua_text_view(c->request));
	return ERR_NONE;
}

static struct ua_client *find_answered(const struct ua *ua, const struct ua_namer *namer,
                                       const struct sip_msg *response)
{
	struct client_key key;
	struct ua_client *c;
	struct sip_via via;
	const struct sip_via *top = sip_parts_via_at(response, &via);
	struct ua_name name;

	if (!top || ua_name_read(top->branch, namer, UA_NAME_BRANCH, &name) != ERR_NONE)
		return NULL;
	key = (struct client_key){ name.serial, response->method == SIP_METHOD_CANCEL };
	c = find(ua, &key);
	if (!c || !view_equal(response->cseq.method_text, method_asked(c)))
		return NULL;
	return c;
}

enum ua_answer ua_response(struct ua *ua, const struct ua_namer *namer,
                           const struct sip_msg *response, uint64_t now_us, struct ua_event *ret)
{
	struct ua_client *c = find_answered(ua, namer, response);
	struct ua_event event;
	enum ua_answer answer;

	if (!c) {
		ua->counts.responses_stray++;
		return UA_ANSWER_STRAY;
	}
	event = event_of(c);
	event.status = response->status;
	answer = c->is_invite ? ua_client_invite_answer(c, response, now_us)
	                      : ua_client_other_answer(c, response, now_us);
	if (answer == UA_ANSWER_REPEATED)
		ua->counts.responses_absorbed++;
	else
		*ret = event;
	return answer;
}

void ua_client_send(struct ua_client *c, struct view bytes)
{
	if (!view_is_empty(bytes))
		c->ua->ports.send(c->ua->ports.context, &c->path, bytes);
}

static void give_back(struct ua_client *c)
{
	struct ua *ua = c->ua;

	wheel_cancel(ua->wheel, &c->repeat);
	wheel_cancel(ua->wheel, &c->end);
	map_remove(&ua->client_map, &c->node);
	ua_text_drop(ua, &c->request);
	ua_text_drop(ua, &c->ack);
	ua_text_drop(ua, &c->cancel_headers);
	pool_give(ua->clients, c);
}

void ua_client_end(struct ua_client *c, const enum ua_notice *first, uint64_t now_us)
{
	struct ua *ua = c->ua;
	struct ua_event event = event_of(c);
	bool is_ours = c->is_cancel;

	/* Given back first: the owner may open another one from the notice. */
	give_back(c);
	if (is_ours)
		return;
	if (first)
		ua->ports.notice(ua->ports.context, *first, &event, now_us);
	ua->ports.notice(ua->ports.context, UA_ENDED, &event, now_us);
}

void ua_client_drop(struct ua *ua, struct pool_handle client)
{
	struct ua_client *c = pool_at(ua->clients, client);

	if (c)
		give_back(c);
}

/* Until a first answer comes it is timer B or F. */
static uint64_t opened_us(const struct ua_client *c)
{
	return c->end.due_us - ua_give_up_us(c->ua);
}

void ua_path_failed(struct ua *ua, const struct ua_path *path, uint64_t until_us, uint64_t now_us)
{
	static const enum ua_notice timeout = UA_TIMEOUT;
	struct ua_client *c;
	uint32_t place = 0;

	ua_server_path_failed(ua, path);
	while ((c = pool_next(ua->clients, &place))) {
		if (c->state == UA_TRYING && opened_us(c) <= until_us &&
		    memcmp(&c->path, path, sizeof(*path)) == 0)
			ua_client_end(c, &timeout, now_us);
	}
}

struct view ua_client_request(const struct ua *ua, struct pool_handle client)
{
	const struct ua_client *c = pool_at(ua->clients, client);

	return c ? ua_text_view(c->request) : VIEW_EMPTY;
}
