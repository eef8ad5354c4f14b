/* SPDX-License-Identifier: Apache-2.0 */
/* Dialogs (RFC 3261 12): what two user agents must agree on to talk on. A plain
 * value without pointers, of fixed size: may be copied and goes into the
 * checkpoint as it stands. Text is NUL-terminated; what does not fit is refused
 * (ERR_LIMIT), never cut. */
#ifndef UA_DIALOG_H
#define UA_DIALOG_H

#include "base/buffer.h"

struct sip_msg;

enum {
	UA_DIALOG_CALL_ID_MAX = 160,
	UA_DIALOG_TAG_MAX = 96,
	UA_DIALOG_OUR_TAG_MAX = 40,
	UA_DIALOG_URI_MAX = 192,
	UA_DIALOG_TARGET_MAX = 256,
	UA_DIALOG_ROUTES_MAX = 480,
};

enum ua_dialog_state { UA_DIALOG_NONE, UA_DIALOG_EARLY, UA_DIALOG_CONFIRMED, UA_DIALOG_ENDED };

struct ua_dialog {
	char call_id[UA_DIALOG_CALL_ID_MAX];
	char local_tag[UA_DIALOG_OUR_TAG_MAX];
	char remote_tag[UA_DIALOG_TAG_MAX]; /* empty: an RFC 2543 element */
	char local_uri[UA_DIALOG_URI_MAX];  /* URI alone, without <> and display name */
	char remote_uri[UA_DIALOG_URI_MAX];
	char remote_target[UA_DIALOG_TARGET_MAX]; /* Contact of the other end */
	char routes[UA_DIALOG_ROUTES_MAX];        /* "<uri>, <uri>" as Route is sent; empty: none */
	uint32_t local_cseq;                      /* of our last request; 0: none yet */
	uint32_t remote_cseq;                     /* of its last request; 0: none yet */
	uint8_t state;                            /* enum ua_dialog_state */
	bool has_remote_cseq;
	bool is_secure; /* made by a sips: request over TLS (12.1.1) */
};

_Static_assert(sizeof(struct ua_dialog) <= 1536, "a dialog fits its share of a checkpoint");

/* As the one who was called: from the request that came, and the tag that our
 * answer bears. Route set in order, target from Contact. ERR_LIMIT; ERR_SYNTAX
 * where Contact is missing or unreadable. */
enum err ua_dialog_accept(const struct sip_msg *request, struct view local_tag, bool is_secure,
                          struct ua_dialog *ret) MUST_USE;

/* As the caller: what the request that we send will say. No tag of the other
 * end yet: complete it by ua_dialog_answer. ERR_LIMIT. */
struct ua_dialog_start {
	struct view call_id, local_tag, local_uri, remote_uri, target;
	struct view routes; /* preloaded route set, or empty */
	uint32_t cseq;
	bool is_secure;
};
enum err ua_dialog_begin(const struct ua_dialog_start *start, struct ua_dialog *ret) MUST_USE;
/* A 1xx with tag or 2xx came: takes the other end's tag, route set (turned
 * round) and target; a 2xx confirms. A later response of the same tag updates the
 * target, and the route set once more at the 2xx (13.2.2.4). ERR_DENIED: another
 * tag (a fork); ERR_SYNTAX, ERR_LIMIT: dialog unchanged. */
enum err ua_dialog_answer(struct ua_dialog *d, const struct sip_msg *response) MUST_USE;

/* Whether Call-ID and both tags of a message that came are this dialog's. */
bool ua_dialog_matches(const struct ua_dialog *d, const struct sip_msg *msg);

/* A request came within the dialog. Its CSeq must be higher than the last one's,
 * gaps allowed (12.2.2), else ERR_STALE: 500. ACK and CANCEL carry an old number
 * and are not shown here. The number is kept. */
enum err ua_dialog_request(struct ua_dialog *d, const struct sip_msg *request) MUST_USE;
/* Target refresh by Contact of a re-INVITE or UPDATE and of its 2xx; one without
 * Contact changes nothing. */
enum err ua_dialog_refresh(struct ua_dialog *d, const struct sip_msg *msg) MUST_USE;

/* Takes the number for a new request of ours. ERR_LIMIT at 2^31 - 1. */
enum err ua_dialog_next_cseq(struct ua_dialog *d, uint32_t *ret) MUST_USE;

/* For who takes a dialog up as it was kept: leaves out the UA_DIALOG_SKIP numbers that its
 * predecessor may have used since. To the other end it is as if these requests were lost on
 * their way (12.2.2). Without effect near the largest number. */
enum { UA_DIALOG_SKIP = 64 };
void ua_dialog_skip(struct ua_dialog *d);

/* Request-URI and Route by 12.2.1.1: with a strict router first (no lr), its URI
 * is the Request-URI and the target goes last into Route. Both views are empty
 * after ERR_LIMIT. `routes` is written without the header's name; empty: none. */
enum err ua_dialog_route(const struct ua_dialog *d, struct buffer *uri,
                         struct buffer *routes) MUST_USE;
/* Where the next request goes: URI of the first Route, else of the target.
 * Lives with the dialog. */
struct view ua_dialog_next_hop(const struct ua_dialog *d);

struct ua_dialog_line {
	struct view method;
	struct view via; /* value of the one Via */
	uint32_t cseq;   /* ua_dialog_next_cseq; ACK and CANCEL: the INVITE's */
	uint32_t max_forwards;
};

/* Start of an in-dialog request, CRLF after each line: request line, Via, Route,
 * Max-Forwards, From, To, Call-ID, CSeq. */
enum err ua_dialog_write(const struct ua_dialog *d, const struct ua_dialog_line *line,
                         struct buffer *b) MUST_USE;

#endif
