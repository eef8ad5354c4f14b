/* SPDX-License-Identifier: Apache-2.0 */
/* Client transactions: requests that we send. The owner draws a name (name.h),
 * writes the request with that branch in its top Via, and opens the transaction
 * with the finished bytes. Responses are matched by the name in the branch and
 * the method of CSeq, so a forged one fails at the name's code, without state. */
#ifndef UA_CLIENT_H
#define UA_CLIENT_H

#include "ua/name.h"
#include "ua/ua.h"

struct sip_msg;

struct ua_client_opening {
	struct view bytes; /* the request; borrowed, kept as a copy */
	uint64_t serial;   /* of the name in its branch */
	struct ua_path path;
	struct ua_user user;
	bool is_reliable;
	bool is_sent; /* by another process, before: it is not sent now, but repeated */
};

/* One of this name will be opened soon: what is looked at then is fetched meanwhile. */
void ua_client_expect(const struct ua *ua, uint64_t serial);
/* Sends it and repeats it as RFC 3261 17.1 says. Not for ACK, which you
 * send yourself, nor CANCEL (ERR_DENIED): see ua_client_cancel. ERR_FULL,
 * ERR_LIMIT (does not fit a stored message), ERR_EXISTS. */
enum err ua_client_open(struct ua *ua, const struct ua_client_opening *opening, uint64_t now_us,
                        struct pool_handle *ret) MUST_USE;

enum ua_answer {
	UA_ANSWER_STRAY,    /* belongs to nothing of ours: to be dropped; event untouched */
	UA_ANSWER_REPEATED, /* dealt with here (its ACK was sent again); event untouched */
	UA_ANSWER_PROVISIONAL,
	UA_ANSWER_FINAL,  /* first final; a refusal of INVITE is acknowledged here */
	UA_ANSWER_FORKED, /* further 2xx to INVITE, other To tag: ACK and BYE it (6026 7.2) */
};

/* For each response. `namer` proves the branch. */
enum ua_answer ua_response(struct ua *ua, const struct ua_namer *namer,
                           const struct sip_msg *response, uint64_t now_us,
                           struct ua_event *ret) MUST_USE;

/* The ACK to the first 2xx, whole: sent now on the transaction's path, and again
 * for each repetition of that 2xx. ERR_NOT_FOUND: the INVITE's transaction is
 * over (ACK is then sent by yourself); ERR_DENIED: no 2xx came. */
enum err ua_client_acknowledge(struct ua *ua, struct pool_handle client, struct view ack,
                               uint64_t now_us) MUST_USE;

/* Cancels an INVITE, by a transaction of this layer's own: CANCEL leaves at once
 * if a provisional answer was there, else after the first one (RFC 3261 9.1).
 * `headers`: whole lines to add, such as Reason, or empty. If no final answer
 * follows within 64*T1: UA_TIMEOUT. Twice is once. ERR_NOT_FOUND,
 * ERR_DENIED (a final answer is there, or no INVITE), ERR_FULL. */
enum err ua_client_cancel(struct ua *ua, struct pool_handle client, struct view headers,
                          uint64_t now_us) MUST_USE;

/* A transaction that was opened anew for an INVITE to which a provisional answer came to another
 * process, or (with its To tag) a 2xx: further ones are repetitions. */
void ua_client_resume(struct ua *ua, struct pool_handle client, struct view to_tag,
                      uint64_t now_us);

/* Answered, or gone. */
bool ua_client_is_final(const struct ua *ua, struct pool_handle client);

/* The transport could not send (RFC 3261 17.1.4): ends it at once, no notice. */
void ua_client_drop(struct ua *ua, struct pool_handle client);
/* Ends the clients that were opened until then and still wait for a first answer from that path;
 * each gets UA_TIMEOUT and UA_ENDED. What was asked since went by another connection. Of a
 * connection: who asks again what he asked there may do so by another way (ua_request_is_merged).
 * Linear in the number of transactions, so the caller bounds how often. */
void ua_path_failed(struct ua *ua, const struct ua_path *path, uint64_t until_us, uint64_t now_us);

/* The request as it was sent; empty where it is gone: an INVITE is once its 2xx was
 * acknowledged. Lives until the transaction's next change. */
struct view ua_client_request(const struct ua *ua, struct pool_handle client);

#endif
