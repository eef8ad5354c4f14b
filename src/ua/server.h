/* SPDX-License-Identifier: Apache-2.0 */
/* Server transactions: requests that came to us. The way of a request:
 *
 *     switch (ua_request(ua, request, &from, now_us, &event)) {
 *     case UA_ABSORBED: return;            // repeated, answered from store
 *     case UA_PASSED:   ...                // ACK that concerns event.transaction
 *     case UA_NEW:      ...                // screen it, then ua_server_open
 *     }
 *
 * A request matches by branch, sent-by and method (RFC 3261 17.2.3), or where
 * the branch lacks the magic cookie by Request-URI, tags, Call-ID, CSeq and top
 * Via; and always by the path it came on, because phones behind two NATs may
 * write the same private sent-by and the same poor branch. */
#ifndef UA_SERVER_H
#define UA_SERVER_H

#include "base/addr.h"
#include "ua/reply.h"
#include "ua/ua.h"

struct sip_msg;

enum ua_receipt {
	UA_NEW,      /* no transaction knows it; of the event only the key is filled */
	UA_ABSORBED, /* dealt with here; event untouched */
	UA_PASSED,   /* for the owner of event.transaction */
	UA_SETTLED,  /* dealt with here: the first ACK to the refusal of event.transaction */
};

/* For each request that may be believed to be one. An ACK to a refusal
 * settles it; an ACK that matches an accepted INVITE (sent wrongly with its
 * branch) is passed; any other ACK is UA_NEW: match it by its dialog. The key is for who
 * opens a transaction for the request, and lives as long as its bytes. */
enum ua_receipt ua_request(struct ua *ua, const struct sip_msg *request, const struct ua_path *from,
                           uint64_t now_us, struct ua_event *ret) MUST_USE;

/* Whether a request that is UA_NEW is one that is in hand already and came by another way
 * (RFC 3261 8.2.2.2): no To tag, and From tag, Call-ID, CSeq and Request-URI of one from the same
 * sender. A PBX that rings several phones asks for each by its own Request-URI. What was refused
 * is not in hand any more: proxies ask once more, and some count on too late. Nor is what came by
 * a connection that is gone (ua_path_failed): its answer reaches nobody there, so it is asked for
 * again (RFC 3263 4.3). */
bool ua_request_is_merged(const struct ua *ua, const struct sip_msg *request,
                          uint64_t sender) MUST_USE;

/* The INVITE that this CANCEL means (RFC 3261 9.2). ERR_NOT_FOUND: 481. */
enum err ua_server_find_cancelled(struct ua *ua, const struct sip_msg *cancel,
                                  const struct ua_path *from, struct ua_event *ret) MUST_USE;

enum ua_retransmission {
	RETRANSMIT_AS_RFC,
	/* For an unproven stranger: at most one datagram out for each datagram in. Provisional
	 * answers are kept and not sent; a final one leaves once, and once for each repetition. */
	RETRANSMIT_NEVER,
};

struct ua_server_opening {
	const struct sip_msg *request; /* borrowed for the call */
	/* As ua_request read it, of the same request and path; NULL: it is read here. */
	const struct ua_request_key *key;
	struct ua_path path;       /* where it came from; answers go there */
	const struct addr *source; /* for received and rport (RFC 3581) */
	struct ua_user user;
	uint64_t sender; /* whose requests may be one and the same (ua_request_is_merged) */
	/* An answer beyond is not sent, nor one to a repetition shorter than the request was;
	 * 0: no bound. */
	uint16_t reply_size_max;
	uint8_t retransmission; /* enum ua_retransmission */
	bool is_reliable;       /* the transport repeats lost bytes by itself */
};

/* Not for ACK (ERR_DENIED). Keeps what each answer repeats: Via, From, To,
 * Call-ID, CSeq, Record-Route, Timestamp. ERR_FULL; ERR_EXISTS where the request
 * has a transaction; ERR_LIMIT where its head is too large to keep. */
enum err ua_server_open(struct ua *ua, const struct ua_server_opening *opening, uint64_t now_us,
                        struct pool_handle *ret) MUST_USE;

/* Builds the answer from the stored head, keeps it as long as it may be asked
 * for again, sends it. A 2xx to INVITE is repeated until ua_server_acknowledged
 * (RFC 3261 13.3.1.4), other finals to INVITE until their ACK. ERR_NOT_FOUND: the
 * transaction is over; ERR_DENIED: a second final, or to a request that is no
 * INVITE what RFC 4320 forbids: 408 and 1xx (the 100 that it asks for after 3.5 s
 * leaves by itself); ERR_LIMIT, ERR_FULL: not kept, not sent, but a final answer to
 * INVITE that finds no room (ERR_FULL) leaves once and is the last. An INVITE that is
 * never answered stays for ever: its owner answers it. A 1xx that awaits its PRACK is
 * repeated too; ERR_DENIED for a second one before that. */
enum err ua_server_reply(struct ua *ua, struct pool_handle server, const struct ua_reply *reply,
                         uint64_t now_us) MUST_USE;

/* A transaction that was opened anew for an INVITE whose 2xx another process gave: that answer is
 * sent and repeated as if it had been given here. ERR_NOT_FOUND, ERR_FULL: it is not. */
enum err ua_server_resume(struct ua *ua, struct pool_handle server, struct view answer,
                          uint64_t now_us) MUST_USE;

/* A refusal of an INVITE, for another process to go on with: plain values. */
struct ua_refusal {
	/* The INVITE and its ACK are known by them. */
	uint64_t hash, identity, request_tag, reply_tag;
	uint64_t ends_us; /* timer H */
	struct ua_path path;
	uint16_t status;
	uint8_t is_rfc2543;
};

/* Right after it was given. ERR_NOT_FOUND: nobody need go on with it; it is none, or was not kept,
 * or who asked was told nothing before and asks again by himself, or not by datagrams, or is a
 * stranger who gets none unasked. The text is that of ua_server_answered. */
enum err ua_server_refusal(const struct ua *ua, struct pool_handle server, uint64_t now_us,
                           struct ua_refusal *ret) MUST_USE;
/* What the user's detail is from now on. */
void ua_server_note(struct ua *ua, struct pool_handle server, uint32_t detail);
/* One that another process gave: sent now, to each repetition of the INVITE, and by its timer
 * until the ACK or timer H; nobody's. ERR_STALE: its time is over; ERR_EXISTS, ERR_FULL. */
enum err ua_server_refuse_again(struct ua *ua, const struct ua_refusal *refusal, struct view answer,
                                uint64_t now_us, struct pool_handle *ret) MUST_USE;

/* The ACK to the 2xx came (matched by its dialog): stops the repetition; the answer is gone. */
void ua_server_acknowledged(struct ua *ua, struct pool_handle server);

/* The PRACK to the reliable 1xx came: stops its repetition. */
void ua_server_pracked(struct ua *ua, struct pool_handle server);
/* The reliable 1xx whose PRACK is awaited; empty: none. Lives until it is acknowledged. */
struct view ua_server_unpracked(const struct ua *ua, struct pool_handle server);

/* The last answer as it was made, sent or not; empty where there is none or it is
 * gone. Lives until the next answer, and of a 2xx to INVITE until its ACK. */
struct view ua_server_answered(const struct ua *ua, struct pool_handle server);
/* Answered, or gone. */
bool ua_server_is_final(const struct ua *ua, struct pool_handle server);
/* Ends it now, in silence towards the other end; notice UA_ENDED is not given. */
void ua_server_drop(struct ua *ua, struct pool_handle server);

#endif
