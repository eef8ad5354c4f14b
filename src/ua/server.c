/* SPDX-License-Identifier: Apache-2.0 */
/* Server transactions: finding them by what a request says (RFC 3261 17.2.3),
 * opening, answering and ending them. What differs by the kind of request is
 * in server_invite.c and server_other.c. */
#include "ua/ua_priv.h"

#include <string.h>

#include "sip/name_addr.h"
#include "sip/values.h"
#include "sip/via.h"

enum { KEY_PIECES = 7 };

static struct view tag_of(const struct sip_msg *m, enum sip_header_id id)
{
	struct sip_name_addr address;

	if (sip_parts_address(m, id, &address) != ERR_NONE)
		return VIEW_EMPTY;
	return address.tag;
}

static uint64_t hash_pieces(const struct hash_key *key, const struct view *pieces, size_t count)
{
	uint64_t hashes[KEY_PIECES] __attribute__((uninitialized)); /* `count` guards them */

	/* Hashes of hashes: pieces cannot flow into one another. */
	for (size_t i = 0; i < count; i++)
		hashes[i] = ua_hash_view(key, pieces[i]);
	return hash_quick(key, hashes, count * sizeof(hashes[0]));
}

/* `method` stands for the request's own: an ACK or CANCEL looks for INVITE. */
static enum err key_of(const struct ua *ua, const struct sip_msg *request, struct view method,
                       const struct ua_path *from, struct ua_request_key *ret)
{
	struct sip_values walk = sip_values_of(request, SIP_HEADER_VIA);
	struct view pieces[KEY_PIECES] __attribute__((uninitialized)); /* `n` guards them */
	struct view top = VIEW_EMPTY;
	struct sip_via via __attribute__((uninitialized)); /* filled before it is read */
	uint32_t numbers[2];
	size_t n = 0;
	enum err err;

	ret->is_read = false;
	if (request->parts.known & SIP_PART_VIA)
		err = sip_parts_via(request, &via);
	else
		err = sip_values_next(&walk, &top) ? sip_via_parse(top, &via) : ERR_SYNTAX;
	if (err != ERR_NONE)
		return err;

	pieces[n++] = method;
	pieces[n++] = view_bytes(from->bytes, sizeof(from->bytes));
	numbers[0] = via.port;
	numbers[1] = 0;
	ret->is_rfc2543 = !sip_via_is_rfc3261(&via);
	if (ret->is_rfc2543) {
		if (request->parts.known & SIP_PART_VIA)
			(void)!sip_values_next(&walk, &top);
		numbers[1] = request->cseq.number;
		pieces[n++] = request->uri;
		pieces[n++] = request->call_id;
		pieces[n++] = tag_of(request, SIP_HEADER_FROM);
		pieces[n++] = top;
	} else {
		pieces[n++] = via.branch;
		pieces[n++] = via.host.text;
	}
	pieces[n++] = view_bytes(numbers, sizeof(numbers));
	ret->hash = hash_pieces(&ua->server_map.key, pieces, n);
	ret->identity = hash_pieces(&ua->identity_key, pieces, n);
	/* Asked for where branches repeat only. */
	ret->to_tag = ret->is_rfc2543 ? tag_of(request, SIP_HEADER_TO) : VIEW_EMPTY;
	ret->is_read = true;
	return ERR_NONE;
}

/* ---- what it says, whatever way it came ---- */

struct content_key {
	uint64_t hash, identity, way;
};

/* False where it cannot be the same as another: within a dialog, or without From tag. */
static bool read_content(const struct ua *ua, const struct sip_msg *request, uint64_t sender,
                         struct content_key *ret)
{
	const uint64_t numbers[2] = { request->cseq.number, sender };
	struct view pieces[] = { request->method_text, request->uri, request->call_id,
		                 tag_of(request, SIP_HEADER_FROM),
		                 view_bytes(numbers, sizeof(numbers)) };
	size_t count = sizeof(pieces) / sizeof(pieces[0]);
	struct sip_via via;

	if (view_is_empty(pieces[3]) || !view_is_empty(tag_of(request, SIP_HEADER_TO)) ||
	    sip_parts_via(request, &via) != ERR_NONE)
		return false;
	ret->hash = hash_pieces(&ua->content_map.key, pieces, count);
	ret->identity = hash_pieces(&ua->identity_key, pieces, count);
	pieces[0] = via.branch;
	pieces[1] = via.host.text;
	ret->way = hash_pieces(&ua->identity_key, pieces, 2);
	return true;
}

static bool is_same_content(const struct map_node *node, const void *wanted)
{
	const struct ua_server *s = HOLDER(node, struct ua_server, content);
	const struct content_key *key = wanted;

	return s->content_identity == key->identity && s->way != key->way && s->status < 300;
}

bool ua_request_is_merged(const struct ua *ua, const struct sip_msg *request, uint64_t sender)
{
	struct content_key key;

	return read_content(ua, request, sender, &key) &&
	       map_find(&ua->content_map, key.hash, is_same_content, &key);
}

static void enter_content(struct ua_server *s, const struct ua_server_opening *opening)
{
	struct content_key key;

	if (!read_content(s->ua, opening->request, opening->sender, &key))
		return;
	s->content_identity = key.identity;
	s->way = key.way;
	map_insert(&s->ua->content_map, &s->content, key.hash);
}

/* Of datagrams ICMP alone says so, which anybody may send. */
void ua_server_path_failed(struct ua *ua, const struct ua_path *path)
{
	struct ua_server *s;
	uint32_t place = 0;

	while ((s = pool_next(ua->servers, &place))) {
		if (s->is_reliable && memcmp(&s->path, path, sizeof(*path)) == 0)
			map_remove(&ua->content_map, &s->content);
	}
}

/* ---- finding it ---- */

static bool is_server(const struct map_node *node, const void *wanted)
{
	const uint64_t *identity = wanted;

	return HOLDER(node, struct ua_server, node)->identity == *identity;
}

static struct ua_server *find(const struct ua *ua, const struct ua_request_key *key)
{
	struct map_node *node = map_find(&ua->server_map, key->hash, is_server, &key->identity);

	return node ? HOLDER(node, struct ua_server, node) : NULL;
}

static struct view matched_method(const struct sip_msg *request)
{
	return request->method == SIP_METHOD_ACK ? VIEW("INVITE") : request->method_text;
}

static struct ua_event event_of(const struct ua_server *s)
{
	return (struct ua_event){
		.transaction = pool_handle_of(s->ua->servers, s),
		.user = s->user,
		.status = s->status,
		.is_server = true,
		.is_invite = s->is_invite,
	};
}

bool ua_server_is_open(const struct ua *ua, uint64_t hash, uint64_t identity)
{
	return map_find(&ua->server_map, hash, is_server, &identity) != NULL;
}

enum ua_receipt ua_request(struct ua *ua, const struct sip_msg *request, const struct ua_path *from,
                           uint64_t now_us, struct ua_event *ret)
{
	bool is_ack = request->method == SIP_METHOD_ACK;
	struct ua_server *s;
	enum ua_receipt receipt;

	if (key_of(ua, request, matched_method(request), from, &ret->key) != ERR_NONE)
		return UA_NEW;
	s = find(ua, &ret->key);
	if (!s)
		return UA_NEW;
	if (s->old.is_needed) {
		uint64_t tag = ua_hash_view(&ua->identity_key, ret->key.to_tag);

		if (tag != (is_ack ? s->old.reply_tag : s->old.request_tag))
			return UA_NEW;
	}

	if (is_ack) {
		struct ua_event event = event_of(s);

		receipt = ua_server_invite_ack(s, now_us);
		if (receipt != UA_ABSORBED)
			*ret = event;
		if (receipt != UA_PASSED)
			ua->counts.requests_absorbed++;
		return receipt;
	}
	ua->counts.requests_absorbed++;
	/* One large request must not buy large answers to small ones (reply_size_max). */
	if (s->reply_size_max > 0 && request->text.len < s->request_size)
		return UA_ABSORBED;
	if (s->is_invite)
		ua_server_invite_repeated(s);
	else
		ua_server_other_repeated(s);
	return UA_ABSORBED;
}

enum err ua_server_find_cancelled(struct ua *ua, const struct sip_msg *cancel,
                                  const struct ua_path *from, struct ua_event *ret)
{
	struct ua_request_key key;
	struct ua_server *s;
	enum err err = key_of(ua, cancel, VIEW("INVITE"), from, &key);

	if (err != ERR_NONE)
		return err;
	s = find(ua, &key);
	if (!s)
		return ERR_NOT_FOUND;
	if (s->old.is_needed && ua_hash_view(&ua->identity_key, key.to_tag) != s->old.request_tag)
		return ERR_NOT_FOUND;
	*ret = event_of(s);
	return ERR_NONE;
}

/* The head goes where it stays before anything else is changed. */
static enum err keep_head(struct ua *ua, const struct ua_server_opening *opening,
                          struct ua_server *s)
{
	struct buffer b = buffer_on(ua->scratch, UA_LARGE_SIZE);
	enum err err = ua_reply_head(opening->request, opening->source, &b, &s->head);

	if (err != ERR_NONE)
		return err;
	err = ua_text_keep(ua, s->head.text, &s->head_text);
	if (err != ERR_NONE)
		return err;
	s->head.text = ua_text_view(s->head_text);
	return ERR_NONE;
}

enum err ua_server_open(struct ua *ua, const struct ua_server_opening *opening, uint64_t now_us,
                        struct pool_handle *ret)
{
	const struct sip_msg *request = opening->request;
	struct ua_request_key key = { 0 };
	struct ua_server *s;
	enum err err = ERR_NONE;

	if (request->method == SIP_METHOD_ACK)
		return ERR_DENIED;
	if (opening->key)
		key = *opening->key;
	if (!key.is_read)
		err = key_of(ua, request, request->method_text, &opening->path, &key);
	if (err != ERR_NONE)
		return err;
	/* With RFC 2543's key two requests may differ by the To tag alone. */
	if (find(ua, &key))
		return ERR_EXISTS;
	s = pool_take(ua->servers);
	if (!s) {
		ua->counts.refused_full++;
		return ERR_FULL;
	}
	err = keep_head(ua, opening, s);
	if (err != ERR_NONE) {
		pool_give(ua->servers, s);
		return err;
	}

	s->ua = ua;
	s->identity = key.identity;
	s->user = opening->user;
	s->path = opening->path;
	s->reply_size_max = opening->reply_size_max;
	s->request_size = (uint32_t)request->text.len;
	s->retransmission = opening->retransmission;
	s->is_reliable = opening->is_reliable;
	s->is_invite = request->method == SIP_METHOD_INVITE;
	s->old.is_needed = key.is_rfc2543;
	if (key.is_rfc2543)
		s->old.request_tag = s->old.reply_tag = ua_hash_view(&ua->identity_key, key.to_tag);
	map_insert(&ua->server_map, &s->node, key.hash);
	enter_content(s, opening);
	if (s->is_invite)
		ua_server_invite_open(s);
	else
		ua_server_other_open(s, now_us);
	*ret = pool_handle_of(ua->servers, s);
	return ERR_NONE;
}

static void send_bytes(struct ua_server *s, struct view bytes)
{
	if (view_is_empty(bytes))
		return;
	if (s->reply_size_max > 0 && bytes.len > s->reply_size_max)
		return;
	/* One final for the request and one for each repetition of it, none by a timer: with no
	 * provisional answer beside them that is never more than came. */
	if (s->retransmission == RETRANSMIT_NEVER && s->status < 200)
		return;
	s->ua->ports.send(s->ua->ports.context, &s->path, bytes);
}

void ua_server_close(struct ua_server *s)
{
	ua_text_drop(s->ua, &s->head_text);
	s->head.text = VIEW_EMPTY;
}

void ua_server_send(struct ua_server *s) { send_bytes(s, ua_text_view(s->answer)); }

enum err ua_server_answer(struct ua_server *s, const struct ua_reply *reply)
{
	struct ua *ua = s->ua;
	struct buffer b = buffer_on(ua->scratch, UA_LARGE_SIZE);
	struct ua_text *text;
	enum err err = ua_reply_write(&b, &s->head, reply);

	if (err != ERR_NONE)
		return err;
	err = ua_text_keep(ua, buffer_view(&b), &text);
	if (err == ERR_FULL && s->is_invite && reply->status >= 200) {
		s->status = reply->status;
		send_bytes(s, buffer_view(&b));
		/* What it said before is no answer to a repetition any more. */
		if (reply->status >= 300)
			ua_text_drop(ua, &s->answer);
	}
	if (err != ERR_NONE)
		return err;
	ua_text_drop(ua, &s->answer);
	s->answer = text;
	s->status = reply->status;
	if (s->old.is_needed && !s->head.has_tag)
		s->old.reply_tag = ua_hash_view(&ua->identity_key, reply->to_tag);
	ua_server_send(s);
	return ERR_NONE;
}

enum err ua_server_reply(struct ua *ua, struct pool_handle server, const struct ua_reply *reply,
                         uint64_t now_us)
{
	struct ua_server *s = pool_at(ua->servers, server);

	if (!s)
		return ERR_NOT_FOUND;
	return s->is_invite ? ua_server_invite_reply(s, reply, now_us)
	                    : ua_server_other_reply(s, reply, now_us);
}

void ua_server_acknowledged(struct ua *ua, struct pool_handle server)
{
	struct ua_server *s = pool_at(ua->servers, server);

	if (!s || s->state != UA_ACCEPTED)
		return;
	s->is_acknowledged = true;
	wheel_cancel(ua->wheel, &s->repeat);
	ua_text_drop(ua, &s->answer);
}

struct view ua_server_answered(const struct ua *ua, struct pool_handle server)
{
	const struct ua_server *s = pool_at(ua->servers, server);

	return s ? ua_text_view(s->answer) : VIEW_EMPTY;
}

bool ua_server_is_final(const struct ua *ua, struct pool_handle server)
{
	const struct ua_server *s = pool_at(ua->servers, server);

	return !s || s->status >= 200;
}

static void give_back(struct ua_server *s)
{
	struct ua *ua = s->ua;

	wheel_cancel(ua->wheel, &s->repeat);
	wheel_cancel(ua->wheel, &s->end);
	map_remove(&ua->server_map, &s->node);
	map_remove(&ua->content_map, &s->content);
	ua_text_drop(ua, &s->head_text);
	ua_text_drop(ua, &s->answer);
	ua_text_drop(ua, &s->reliable);
	pool_give(ua->servers, s);
}

void ua_server_end(struct ua_server *s, const enum ua_notice *first, uint64_t now_us)
{
	struct ua *ua = s->ua;
	struct ua_event event = event_of(s);

	/* Given back first: the owner may open another one from the notice. */
	give_back(s);
	if (first)
		ua->ports.notice(ua->ports.context, *first, &event, now_us);
	ua->ports.notice(ua->ports.context, UA_ENDED, &event, now_us);
}

void ua_server_drop(struct ua *ua, struct pool_handle server)
{
	struct ua_server *s = pool_at(ua->servers, server);

	if (s)
		give_back(s);
}
