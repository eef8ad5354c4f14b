/* SPDX-License-Identifier: Apache-2.0 */
/* The layer of transactions (RFC 3261 17 with 6026 and 4320): absorbs what is
 * repeated, repeats what is lost, and knows when to give up. Pure: time is an
 * argument, datagrams leave through a port, all memory is taken by ua_new.
 *
 * One way through: a message is shown to ua_request (server.h) or ua_response
 * (client.h), which say whether it was dealt with here or is meant for the
 * owner. Only timers call back, through `notice`. Transactions are named by
 * pool handles: one that is over is simply not found any more. */
#ifndef UA_UA_H
#define UA_UA_H

#include "base/hash.h"
#include "base/pool.h"
#include "base/wheel.h"

struct ua;

/* Where a datagram goes or came from, opaque to this layer: the owner fills it
 * with a plain value of its own, unused bytes zero, because it is compared
 * byte for byte. */
enum { UA_PATH_SIZE = 56 };
struct ua_path {
	uint8_t bytes[UA_PATH_SIZE];
};

/* What the owner wants to find again by a transaction; never looked at. */
struct ua_user {
	struct pool_handle object;
	uint32_t purpose;
	uint32_t detail;
};

/* What a request is found by: hashes of everything that must agree (RFC 3261 17.2.3). */
struct ua_request_key {
	uint64_t hash, identity;
	struct view to_tag; /* in the request */
	bool is_rfc2543;
	bool is_read; /* else there is nothing in it */
};

struct ua_event {
	struct pool_handle transaction;
	struct ua_user user;
	uint16_t status; /* last status that this transaction got or gave; 0: none */
	bool is_server;
	bool is_invite;
	struct ua_path path;       /* of a client: where its request went */
	struct ua_request_key key; /* of a request that is new */
};

enum ua_notice {
	/* Client: no final answer within 64*T1 (timer B or F, or after CANCEL). */
	UA_TIMEOUT,
	/* Server INVITE: no ACK within 64*T1 of the final (timer H; 2xx: 13.3.1.4). */
	UA_UNACKED,
	/* Server INVITE: no PRACK within 64*T1 of a reliable 1xx: answer it with 5xx (RFC 3262
	 * 3). The transaction stands: this one may be answered from the notice. */
	UA_UNPRACKED,
	/* Server, no INVITE: 64*T1 without an answer; too late now (RFC 4320 4.2). */
	UA_UNANSWERED,
	/* Said once of each transaction, last; its handle finds nothing afterwards. */
	UA_ENDED,
};

struct ua_ports {
	void *context;
	/* Bytes are borrowed for the call. Must not call back into this layer. */
	void (*send)(void *context, const struct ua_path *to, struct view bytes);
	/* May open, answer and end any transaction but the one it is told of. */
	void (*notice)(void *context, enum ua_notice notice, const struct ua_event *event,
	               uint64_t now_us);
};

/* Ceilings and times. A time of 0 takes the RFC's: 500, 4000, 5000 ms. */
enum { MAX_UA_TRANSACTIONS = 1 << 20, MAX_UA_TEXTS = 1 << 21 };
struct ua_settings {
	uint32_t max_servers, max_clients;         /* 1 .. MAX_UA_TRANSACTIONS */
	uint32_t max_small, max_medium, max_large; /* stored messages, 1 .. MAX_UA_TEXTS */
	uint32_t t1_ms, t2_ms, t4_ms;
};

/* Size classes of stored messages. A class that is used up borrows from the
 * next larger one; a message beyond the largest is refused with ERR_LIMIT. */
enum { UA_SMALL_SIZE = 1024, UA_MEDIUM_SIZE = 4096, UA_LARGE_SIZE = 65536 };

struct ua_counts {
	uint64_t requests_absorbed, responses_absorbed; /* repeated by the other end */
	uint64_t requests_repeated, responses_repeated; /* sent again by us on a timer */
	uint64_t responses_stray; /* no transaction of ours (late or forged) */
	uint64_t refused_full;    /* a table was full */
	uint64_t own_unsent;      /* ACK or CANCEL of this layer that could not be kept */
};

/* The wheel and the ports outlive the layer. `key` keys its tables: strangers
 * choose branches. ERR_NO_MEMORY; ERR_LIMIT where a ceiling is out of range. */
enum err ua_new(const struct ua_settings *settings, const struct ua_ports *ports,
                struct wheel *wheel, const struct hash_key *key, struct ua **ret) MUST_USE;
/* Ends everything in silence: no notice is given. */
void ua_free(struct ua **ua);

const struct ua_counts *ua_counts(const struct ua *ua);
uint32_t ua_servers_used(const struct ua *ua);
uint32_t ua_clients_used(const struct ua *ua);

#endif
