/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the transaction layer: its tables and what its files share. */
#ifndef UA_UA_PRIV_H
#define UA_UA_PRIV_H

#include "base/map.h"
#include "ua/client.h"
#include "ua/server.h"
#include "ua/ua.h"

/* A stored message or head. */
struct ua_text {
	uint32_t len;
	uint32_t size_class;
	char bytes[];
};

enum { UA_CLASSES = 3 };

struct ua {
	struct ua_ports ports;
	struct wheel *wheel;
	struct pool *servers, *clients;
	struct pool *texts[UA_CLASSES];
	struct map server_map, content_map, client_map;
	struct hash_key identity_key;
	struct ua_counts counts;
	uint64_t t1_us, t2_us, t4_us;
	char *scratch; /* UA_LARGE_SIZE: messages are built here, then kept */
};

enum ua_state {
	UA_TRYING, /* client: CALLING too */
	UA_PROCEEDING,
	UA_COMPLETED,
	UA_CONFIRMED, /* server INVITE */
	UA_ACCEPTED,  /* INVITE after 2xx (RFC 6026) */
};

/* What RFC 2543 elements are matched by besides the key: their branches repeat. */
struct ua_old_match {
	uint64_t request_tag, reply_tag; /* keyed hashes of the To tags */
	bool is_needed;
};

struct ua_server {
	struct map_node node;
	uint64_t identity; /* second keyed hash over the same key as node.hash */
	/* The same of what it says, where it has no To tag; and of the way that it came. */
	struct map_node content;
	uint64_t content_identity, way;
	struct ua *ua;
	struct timer repeat, end;
	struct ua_user user;
	struct ua_path path;
	struct ua_reply_head head; /* over head_text */
	struct ua_text *head_text, *answer;
	struct ua_text *reliable; /* 1xx whose PRACK is awaited */
	struct ua_old_match old;
	uint64_t interval_us; /* of the repeat timer */
	uint16_t status, reply_size_max;
	uint32_t request_size;
	uint8_t state;          /* enum ua_state */
	uint8_t retransmission; /* enum ua_retransmission */
	bool is_reliable, is_invite, is_acknowledged;
	bool is_tried; /* INVITE: a provisional answer was given, so it is not asked again */
};

struct ua_client {
	struct map_node node;
	uint64_t serial;
	struct ua *ua;
	struct timer repeat, end;
	struct ua_user user;
	struct ua_path path;
	struct ua_text *request;
	struct ua_text *ack; /* INVITE: what answers a repeated final */
	struct ua_text *cancel_headers;
	uint64_t answer_tag; /* keyed hash of the To tag of the first 2xx */
	uint64_t interval_us;
	uint16_t status;
	uint8_t state; /* enum ua_state */
	bool is_reliable, is_invite;
	bool is_cancel; /* a CANCEL of this layer: its owner is the layer */
	bool is_cancelled, is_cancel_sent;
};

/* texts.c: NULL where no class has room. */
enum err ua_text_keep(struct ua *ua, struct view bytes, struct ua_text **ret) MUST_USE;
void ua_text_drop(struct ua *ua, struct ua_text **text);
static inline struct view ua_text_view(const struct ua_text *t)
{
	return t ? view_bytes(t->bytes, t->len) : VIEW_EMPTY;
}

/* ua.c */
uint64_t ua_hash_view(const struct hash_key *key, struct view v);
static inline uint64_t ua_give_up_us(const struct ua *ua) { return 64 * ua->t1_us; }

/* server.c */
void ua_server_send(struct ua_server *s);
enum err ua_server_answer(struct ua_server *s, const struct ua_reply *reply) MUST_USE;
bool ua_server_is_open(const struct ua *ua, uint64_t hash, uint64_t identity);
/* After its final answer: the head, from which no other is written, goes. */
void ua_server_close(struct ua_server *s);
/* What came by that connection is not looked for by what it says any more. */
void ua_server_path_failed(struct ua *ua, const struct ua_path *path);
/* Gives everything back, then tells the owner: `first` unless NULL, and UA_ENDED. */
void ua_server_end(struct ua_server *s, const enum ua_notice *first, uint64_t now_us);

/* server_invite.c */
void ua_server_invite_open(struct ua_server *s);
/* One whose refusal lies in it already; sends that. */
void ua_server_invite_refused(struct ua_server *s, uint64_t ends_us, uint64_t now_us);
void ua_server_invite_repeated(struct ua_server *s);
enum ua_receipt ua_server_invite_ack(struct ua_server *s, uint64_t now_us);
enum err ua_server_invite_reply(struct ua_server *s, const struct ua_reply *reply,
                                uint64_t now_us) MUST_USE;

/* server_other.c */
void ua_server_other_open(struct ua_server *s, uint64_t now_us);
void ua_server_other_repeated(struct ua_server *s);
enum err ua_server_other_reply(struct ua_server *s, const struct ua_reply *reply,
                               uint64_t now_us) MUST_USE;

/* client.c: the first also opens CANCEL, whose owner is the layer. */
enum err ua_client_open_any(struct ua *ua, const struct ua_client_opening *opening, uint64_t now_us,
                            struct pool_handle *ret) MUST_USE;
void ua_client_send(struct ua_client *c, struct view bytes);
void ua_client_end(struct ua_client *c, const enum ua_notice *first, uint64_t now_us);

/* client_invite.c */
void ua_client_invite_open(struct ua_client *c, uint64_t now_us);
enum ua_answer ua_client_invite_answer(struct ua_client *c, const struct sip_msg *response,
                                       uint64_t now_us);

/* client_other.c */
void ua_client_other_open(struct ua_client *c, uint64_t now_us);
enum ua_answer ua_client_other_answer(struct ua_client *c, const struct sip_msg *response,
                                      uint64_t now_us);

/* hop.c: the requests that an INVITE transaction writes by itself, from the
 * INVITE as it was sent (RFC 3261 17.1.1.3 and 9.1). */
enum err ua_hop_ack(struct view invite, struct view to, struct buffer *b) MUST_USE;
enum err ua_hop_cancel(struct view invite, struct view headers, struct buffer *b) MUST_USE;

#endif
