/* SPDX-License-Identifier: Apache-2.0 */
/* The watch: pairs requests and responses that pass by (in a capture, on a
 * mirror port), and says as facts (event/fact.h) what border says live. Sends
 * nothing, knows no clock, takes all memory at start (about 27 MiB with the
 * defaults); full tables forget what was quiet for longest, and what is
 * forgotten undecided is said first.
 *
 * What the facts say beyond event/fact.h:
 * - `flow.remote` is who asked (of FACT_DIGEST_LEAK: who challenged),
 *   `flow.local` whom. `now_us`, `wall_us`: when it was decided; where no answer
 *   came, when it was asked, so facts are not in order of time by some minutes.
 * - FACT_REQUEST, strangers alone: outcome FAILED where refused, UNKNOWN where
 *   challenged (status 401, 407) or never answered (status 0), SUCCEEDED for an
 *   OPTIONS that got a 2xx. A retransmission is no second request.
 * - FACT_LOGIN: reason is an enum watch_login.
 * - FACT_CALL, FACT_UNACKED: account is who called (his login, else From).
 * - FACT_UNKNOWN_USER: outcome FAILED where credentials were sent, else UNKNOWN.
 * - FACT_NON_SIP: reason is the sub-kind that the caller gave; outcome SUCCEEDED
 *   where the other side answered in that kind (no SIP port, then), else UNKNOWN.
 * - PROOF_COOKIE: it carries a nonce that was sent to this address before;
 *   PROOF_TAG: the source acknowledged the tag of the answer, of a server whose
 *   tags do not begin alike for different hosts; PROOF_BRANCH: the response
 *   repeats the branch of a request that was seen.
 * - Standing: PEER is a host of `inside`, a host that challenged or registered
 *   others who had asked it (its port alone, where they share the host; no host
 *   that challenged a server's calls and nothing else), and one that relays a
 *   call of which it got the INVITE. KNOWN is a flow with a login that succeeded,
 *   until its registration runs out, or one that a peer called and that answered. */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include "base/err.h"
#include "base/hash.h"
#include "base/now.h"
#include "event/inspector.h"
#include "watch/report.h"

struct sip_msg;
struct watch;

enum watch_login {
	WATCH_LOGIN_PASSWORD, /* credentials were sent, or nothing says otherwise */
	WATCH_LOGIN_OPEN,     /* a REGISTER was granted to a stranger who was asked for none */
};

enum { MAX_WATCH_INSIDE = 32 };

struct watch_settings {
	uint32_t max_transactions, max_hosts, max_known, max_nonces;
	uint32_t max_calls, max_media, max_streams, max_phones;
	uint32_t answer_s;  /* how long an answer is waited for (RFC 3261 timer F) */
	uint32_t ringing_s; /* the same once a call rings */
	uint32_t call_s;    /* a call without its end, and without media, is over */
	uint32_t silence_s; /* a stream without packets is over */
	uint32_t known_s;   /* how long a flow is known by a login that has no term */
	struct addr_net inside[MAX_WATCH_INSIDE];
	size_t inside_count;
};

extern const struct watch_settings watch_settings_default;

/* All are called from within the calls below; `fact`, `call` ... live during the call. None
 * may call back into the watch. Those of a report may be NULL. */
struct watch_ports {
	void *context;
	void (*fact)(void *context, const struct fact *fact);
	void (*call)(void *context, const struct watch_call *call);
	void (*stream)(void *context, const struct watch_stream *stream);
	void (*phone)(void *context, const struct watch_phone *phone);
	/* Asked for the signature of a stranger's request (FACT_SCANNER), the tool that any request
	 * names, and the oddity of a stranger's request or of a response that nobody was seen to
	 * ask for (FACT_ANOMALY, hostile). Outlives the watch. NULL: none, and a grade is its
	 * reason's. */
	const struct inspector *inspector;
};

/* What the watch did not do, and why. */
struct watch_counters {
	uint64_t messages, requests, responses, keep_alives;
	uint64_t malformed;        /* refused by the parser */
	uint64_t cut;              /* ended early by the capture */
	uint64_t unreadable_cut;   /* of these, too little was left to pair them */
	uint64_t retransmissions;  /* requests and responses seen before */
	uint64_t unasked;          /* responses to a host whose requests we see, but not this one */
	uint64_t forgotten;        /* rows that a full table gave up */
	uint64_t rtp, rtcp, other; /* datagrams of media */
};

struct watch_message {
	const struct flow *flow; /* remote: sender, local: receiver */
	char *bytes;             /* may be changed (sip_msg_parse folds in place) */
	size_t len;
	struct now now;    /* of the packet; now.us may run back a little, then it stands still */
	bool is_cut;       /* the capture ended it early: read up to its last whole line */
	bool is_connected; /* the sender is proven by a handshake that both sides took part in */
};

/* Takes all memory. ERR_NO_MEMORY; ERR_LIMIT for a table of 0 rows or too many. */
enum err watch_new(const struct watch_settings *settings, const struct watch_ports *ports,
                   const struct hash_key *key, struct watch **ret) MUST_USE;
size_t watch_memory_bytes(const struct watch_settings *settings); /* what the rows will take */
void watch_free(struct watch **w); /* says nothing; watch_end before it does */

/* One SIP message. Nothing but line ends and NULs is a keep-alive and says nothing. */
void watch_message(struct watch *w, const struct watch_message *in);
/* Bytes to a SIP port that are no SIP; `kind` becomes the fact's reason. `in` as above. Said
 * some seconds later, once for all of that flow until then. */
void watch_non_sip(struct watch *w, const struct watch_message *in, uint16_t kind);
/* Any other UDP datagram: RTP, RTCP, or of no interest. */
void watch_datagram(struct watch *w, const struct flow *flow, struct view payload, struct now now);
/* Fires what is due. The two above do so by themselves: for times when nothing passes. */
void watch_advance(struct watch *w, struct now now);
/* Nothing more is to come: says all that was undecided, reports what is left.
 * The watch is empty afterwards and may be used again. */
void watch_end(struct watch *w);

const struct watch_counters *watch_counters_of(const struct watch *w); /* lives with the watch */

#endif
